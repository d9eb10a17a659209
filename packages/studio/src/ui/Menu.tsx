import { DropdownMenu } from 'radix-ui'
import { Check } from 'lucide-react'
import type { ReactElement, ReactNode } from 'react'
import { cx } from './cx.ts'
import { Keys } from './Keys.tsx'
import styles from './overlay.module.css'

export type MenuItem =
  | { readonly kind: 'separator'; readonly id: string }
  | { readonly kind: 'label'; readonly id: string; readonly label: string }
  | {
      readonly kind?: 'item'
      readonly id: string
      readonly label: ReactNode
      readonly detail?: string
      readonly icon?: ReactNode
      readonly shortcut?: string | undefined
      readonly isChecked?: boolean
      readonly isDangerous?: boolean
      /** Why it cannot be chosen now. */
      readonly disabledReason?: string | undefined
      onSelect(): void
    }

/**
 * A menu that opens from its child. Not modal: the modal form of the library locks scrolling with an injected
 * style element, which the content security policy refuses.
 */
export function Menu({
  items,
  children,
  align = 'end',
}: {
  items: readonly MenuItem[]
  children: ReactElement
  align?: 'start' | 'end'
}) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{children}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={styles.menu} align={align} sideOffset={5} collisionPadding={8} loop>
          {items.map((item) => (
            <MenuRow key={item.id} item={item} />
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function MenuRow({ item }: { item: MenuItem }) {
  if (item.kind === 'separator') return <DropdownMenu.Separator className={styles.separator} />
  if (item.kind === 'label') return <DropdownMenu.Label className={styles.menuLabel}>{item.label}</DropdownMenu.Label>
  return (
    <DropdownMenu.Item
      className={cx(styles.item, item.isDangerous && styles.dangerous)}
      disabled={Boolean(item.disabledReason)}
      onSelect={() => item.onSelect()}
      // Given as undefined it would take away the library's own role.
      {...(item.isChecked !== undefined && { role: 'menuitemradio', 'aria-checked': item.isChecked })}
    >
      {item.icon}
      <span className={styles.itemText}>
        {item.label}
        {(item.disabledReason ?? item.detail) && <small>{item.disabledReason ?? item.detail}</small>}
      </span>
      {item.isChecked && <Check aria-hidden="true" className={styles.tick} />}
      {item.shortcut && <Keys shortcut={item.shortcut} />}
    </DropdownMenu.Item>
  )
}
