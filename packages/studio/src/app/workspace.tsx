import { useParams } from '@tanstack/react-router'
import { workspaceId } from '../arm.ts'
import { useSubscription } from './queries.ts'

export interface WorkspaceInView {
  readonly resourceGroup: string
  readonly name: string
  /** Base path in the studio, such as `/w/rg-dev/churn`. */
  readonly path: string
  /** ARM id; undefined until the subscription is known. */
  readonly id: string | undefined
  /** Why there is no id. */
  readonly error: Error | undefined
}

/** The workspace the URL names, or undefined on instance-wide pages. */
export function useOptionalWorkspace(): WorkspaceInView | undefined {
  const { resourceGroup, workspace } = useParams({ strict: false }) as { resourceGroup?: string; workspace?: string }
  const { subscriptionId, error } = useSubscription()
  if (!resourceGroup || !workspace) return undefined
  return {
    resourceGroup,
    name: workspace,
    path: `/w/${encodeURIComponent(resourceGroup)}/${encodeURIComponent(workspace)}`,
    id: subscriptionId && workspaceId(subscriptionId, resourceGroup, workspace),
    error: error ?? undefined,
  }
}

/** The workspace the URL names. Only for pages below `/w/…`. */
export function useWorkspace(): WorkspaceInView {
  const workspace = useOptionalWorkspace()
  if (!workspace) throw new Error('This page belongs below /w/{resourceGroup}/{workspace}')
  return workspace
}
