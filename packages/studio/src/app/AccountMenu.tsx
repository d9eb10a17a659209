import { useQueryClient } from '@tanstack/react-query'
import { CircleUser, Contrast, LogOut, Monitor, Moon, Rows2, Rows4, SunMedium, Keyboard } from 'lucide-react'
import { api } from '../api.ts'
import { IconButton } from '../ui/Button.tsx'
import { Menu } from '../ui/Menu.tsx'
import { setAppearance, useAppearance } from '../ui/theme.ts'
import { useToast } from '../ui/Toast.tsx'
import type { Session } from './queries.ts'

/** Theme, contrast, density and shortcuts; kept in this browser. */
export function AppearanceMenu({ onShortcuts }: { onShortcuts(): void }) {
  const { theme, isHighContrast, density, hasShortcuts } = useAppearance()
  const icon = theme === 'dark' ? <Moon /> : theme === 'light' ? <SunMedium /> : <Monitor />
  return (
    <Menu
      items={[
        { kind: 'label', id: 'theme', label: 'Theme' },
        {
          id: 'system',
          label: 'As the system',
          icon: <Monitor />,
          isChecked: theme === 'system',
          onSelect: () => setAppearance({ theme: 'system' }),
        },
        {
          id: 'light',
          label: 'Light',
          icon: <SunMedium />,
          isChecked: theme === 'light',
          onSelect: () => setAppearance({ theme: 'light' }),
        },
        {
          id: 'dark',
          label: 'Dark',
          icon: <Moon />,
          isChecked: theme === 'dark',
          onSelect: () => setAppearance({ theme: 'dark' }),
        },
        {
          id: 'contrast',
          label: 'High contrast',
          icon: <Contrast />,
          isChecked: isHighContrast,
          onSelect: () => setAppearance({ isHighContrast: !isHighContrast }),
        },
        { kind: 'label', id: 'density', label: 'Density' },
        {
          id: 'comfortable',
          label: 'Comfortable',
          icon: <Rows2 />,
          isChecked: density === 'comfortable',
          onSelect: () => setAppearance({ density: 'comfortable' }),
        },
        {
          id: 'compact',
          label: 'Compact',
          icon: <Rows4 />,
          isChecked: density === 'compact',
          onSelect: () => setAppearance({ density: 'compact' }),
        },
        { kind: 'separator', id: 'line' },
        {
          id: 'keys',
          label: 'Single-key shortcuts',
          icon: <Keyboard />,
          isChecked: hasShortcuts,
          onSelect: () => setAppearance({ hasShortcuts: !hasShortcuts }),
        },
        { id: 'sheet', label: 'Show all shortcuts', shortcut: '?', onSelect: onShortcuts },
      ]}
    >
      <IconButton label="Appearance" icon={icon} />
    </Menu>
  )
}

/** Who one is, and the way out. */
export function AccountMenu({ session }: { session: Session }) {
  const client = useQueryClient()
  const toast = useToast()
  const name = session.displayName ?? session.name ?? session.email ?? 'Signed in'
  const signOut = () => {
    api.delete('/auth/session').then(
      () => {
        // First the answer that the page stands on: a cleared cache would not tell it.
        client.setQueryData(['session'], null)
        client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' })
      },
      (error: Error) => toast({ text: `Signing out failed: ${error.message}`, status: 'Failed' }),
    )
  }
  return (
    <Menu
      items={[
        { kind: 'label', id: 'who', label: name },
        { id: 'sign-out', label: 'Sign out', icon: <LogOut />, onSelect: signOut },
      ]}
    >
      <IconButton label={`Account: ${name}`} icon={<CircleUser />} />
    </Menu>
  )
}
