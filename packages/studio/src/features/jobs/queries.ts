import { useQuery } from '@tanstack/react-query'
import { resourceQuery, useArmList } from '../../app/queries.ts'
import type { WorkspaceInView } from '../../app/workspace.tsx'
import { describeStatus } from '../../ui/status.ts'
import type { Job } from './job.ts'

/** Jobs of a workspace, newest first as the server gives them; with the children of pipelines and sweeps if wanted. An empty type means all. */
export function useJobs(workspace: WorkspaceInView, jobType: string, hasSteps: boolean) {
  const includeChildren = hasSteps ? 'true' : undefined
  return useArmList<Job>(workspace.id && `${workspace.id}/jobs`, { jobType: jobType || undefined, includeChildren, $top: 200 })
}

/** One job. While it lives it is also asked for now and then, in case the event stream is behind a proxy that holds it back. */
export function useJob(workspace: WorkspaceInView, name: string) {
  return useQuery({
    ...resourceQuery<Job>(workspace.id && `${workspace.id}/jobs/${encodeURIComponent(name)}`),
    refetchInterval: (query) => (describeStatus(query.state.data?.properties.status).isLive ? 15_000 : false),
  })
}
