import type { JobQueue } from '@fulcrum/contract'
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../api.ts'

const shownAtMost = 200

/** What runs and what waits in a workspace. Turns change without an event of a resource, so it is asked for again and again. */
export function queueQuery(workspaceId: string | undefined, compute?: string) {
  return queryOptions({
    queryKey: ['arm', `${workspaceId}/queue`, compute],
    queryFn: ({ signal }) => api.get<JobQueue>(`${workspaceId}/queue`, { query: { compute, top: shownAtMost }, signal }),
    enabled: workspaceId !== undefined,
    refetchInterval: 3000,
  })
}
