import { ChevronsUpDown } from 'lucide-react'
import { Menu, type MenuItem } from '../ui/Menu.tsx'
import { useNavigation } from '../ui/navigation.tsx'
import type { WorkspaceRef } from './queries.ts'
import styles from './shell.module.css'
import type { WorkspaceInView } from './workspace.tsx'

interface WorkspaceSwitcherProps {
  readonly workspaces: readonly WorkspaceRef[] | undefined
  readonly current: WorkspaceInView | undefined
  readonly lastPath: string | undefined
  /** Path of the page in view. */
  readonly path: string
}

/** Goes to the same section of another workspace. The workspace is part of the URL, so a link names it. */
export function WorkspaceSwitcher({ workspaces, current, lastPath, path }: WorkspaceSwitcherProps) {
  const { push } = useNavigation()
  const remembered = workspaces?.find((workspace) => workspace.path === lastPath)
  const shown = current ?? remembered
  if (!shown && (workspaces?.length ?? 0) === 0) return undefined
  const section = current ? (path.slice(current.path.length).split('/')[1] ?? 'jobs') : 'jobs'
  const groups = [...new Set(workspaces?.map((workspace) => workspace.resourceGroup))]
  const items = groups.flatMap((group): readonly MenuItem[] => [
    { kind: 'label', id: `group-${group}`, label: group },
    ...(workspaces ?? [])
      .filter((workspace) => workspace.resourceGroup === group)
      .map((workspace) => ({
        id: workspace.id,
        label: workspace.name,
        ...(workspace.friendlyName && { detail: workspace.friendlyName }),
        isChecked: workspace.path === current?.path,
        onSelect: () => push(`${workspace.path}/${section}`),
      })),
  ])
  return (
    <Menu items={items} align="start">
      <button type="button" className={styles.switcher}>
        <span className="visually-hidden">Switch workspace, now </span>
        <span className={styles.switcherText}>
          <small>{shown?.resourceGroup ?? 'Workspace'}</small>
          <strong>{shown?.name ?? 'Choose'}</strong>
        </span>
        <ChevronsUpDown aria-hidden="true" />
      </button>
    </Menu>
  )
}
