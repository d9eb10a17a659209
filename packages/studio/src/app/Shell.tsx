import { useRouter, useRouterState } from '@tanstack/react-router'
import { Menu as MenuIcon, Search } from 'lucide-react'
import { Suspense, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { Badge } from '../ui/Status.tsx'
import { Button, IconButton } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { Notice, Skeleton } from '../ui/Feedback.tsx'
import { Keys } from '../ui/Keys.tsx'
import { AccountMenu, AppearanceMenu } from './AccountMenu.tsx'
import { CommandBar, ShortcutSheet } from './CommandBar.tsx'
import { globalActions } from './global-actions.ts'
import { LiveUpdates, useLiveState } from './LiveUpdates.tsx'
import type { Session, WorkspaceRef } from './queries.ts'
import { useWorkspaces } from './queries.ts'
import { Logo, Rail } from './Rail.tsx'
import styles from './shell.module.css'
import { useActions, useShortcuts } from './use-actions.ts'
import { useOptionalWorkspace } from './workspace.tsx'
import { WorkspaceSwitcher } from './WorkspaceSwitcher.tsx'

type OpenDialog = 'none' | 'commands' | 'shortcuts' | 'rail'

/** Everything around a page: rail, top bar, command bar, shortcuts, live updates. */
export function Shell({ session, children }: { session: Session; children: ReactNode }) {
  const router = useRouter()
  const path = useRouterState({ select: (state) => state.location.pathname })
  const inView = useOptionalWorkspace()
  const { workspaces } = useWorkspaces()
  const remembered = useRememberedWorkspace(inView?.path, workspaces)
  const workspacePath = inView?.path ?? remembered
  const [open, setOpen] = useState<OpenDialog>('none')
  const context = useMemo(() => ({ workspacePath }), [workspacePath])
  const actions = useMemo(
    () =>
      globalActions({
        go: (href) => router.history.push(href),
        openCommands: () => setOpen('commands'),
        openShortcuts: () => setOpen('shortcuts'),
        workspaces: workspaces ?? [],
      }),
    [router, workspaces],
  )
  useActions(actions)
  useShortcuts(context)
  useEffect(() => setOpen((shown) => (shown === 'rail' ? 'none' : shown)), [path])
  const main = useRef<HTMLElement>(null)
  const close = () => setOpen('none')
  return (
    <LiveUpdates>
      <a
        className={styles.skip}
        href="#main"
        onClick={(event) => {
          event.preventDefault()
          main.current?.focus()
        }}
      >
        Skip to content
      </a>
      <div className={styles.shell}>
        <aside className={styles.side}>
          <Rail path={path} workspacePath={workspacePath} />
        </aside>
        <header className={styles.top}>
          <IconButton label="Sections" icon={<MenuIcon />} className={styles.onlyNarrow} onClick={() => setOpen('rail')} />
          <span className={styles.onlyNarrow}>
            <Logo />
          </span>
          <WorkspaceSwitcher workspaces={workspaces} current={inView} lastPath={workspacePath} path={path} />
          <span className={styles.spring} />
          <Button className={styles.searchButton} icon={<Search />} onClick={() => setOpen('commands')}>
            {/* On narrow screens only the icon is shown. */}
            <span className="visually-hidden">Search and commands</span>
            <span className={styles.searchText} aria-hidden="true">
              Search and commands
            </span>
            <Keys shortcut="mod+k" />
          </Button>
          <LiveMark />
          <AppearanceMenu onShortcuts={() => setOpen('shortcuts')} />
          <AccountMenu session={session} />
        </header>
        <main ref={main} id="main" className={styles.main} tabIndex={-1}>
          <ReconnectingBanner />
          <Suspense fallback={<PageSkeleton />}>{children}</Suspense>
        </main>
      </div>
      <CommandBar isOpen={open === 'commands'} onClose={close} context={context} />
      <ShortcutSheet isOpen={open === 'shortcuts'} onClose={close} />
      <Dialog isOpen={open === 'rail'} onClose={close} title="Sections" edge="left" isBare>
        <Rail path={path} workspacePath={workspacePath} />
      </Dialog>
    </LiveUpdates>
  )
}

const storageKey = 'fulcrum.workspace'

/** On instance-wide pages the workspace sections lead to the workspace seen last, or to the first there is. */
function useRememberedWorkspace(
  current: string | undefined,
  workspaces: readonly WorkspaceRef[] | undefined,
): string | undefined {
  useEffect(() => {
    if (current) localStorage.setItem(storageKey, current)
  }, [current])
  if (!workspaces) return undefined
  const last = localStorage.getItem(storageKey)
  return (workspaces.find((workspace) => workspace.path === last) ?? workspaces[0])?.path
}

function LiveMark() {
  const state = useLiveState()
  return state === 'live' ? (
    <span className={styles.live} title="Changes appear by themselves">
      <Badge tone="ok">Live</Badge>
    </span>
  ) : undefined
}

function ReconnectingBanner() {
  const state = useLiveState()
  return (
    <div aria-live="polite">
      {state === 'reconnecting' && (
        <Notice tone="warn">Reconnecting to the server. What you see may be out of date; it recovers by itself.</Notice>
      )}
    </div>
  )
}

function PageSkeleton() {
  return (
    <div className={styles.pageSkeleton}>
      <Skeleton lines={6} />
    </div>
  )
}
