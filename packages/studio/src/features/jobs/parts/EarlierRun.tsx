import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { Link } from '../../../ui/Link.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import { useJob } from '../queries.ts'

/** The run that a step was compared with: by its own name, the pipeline it stood in, and when. */
export function EarlierRun({ name, workspace }: { name: string; workspace: WorkspaceInView }) {
  const { data: job } = useJob(workspace, name)
  const pathOf = (jobName: string) => `${workspace.path}/jobs/${encodeURIComponent(jobName)}`
  const parent = job?.properties.parentJobName
  return (
    <>
      <Link href={pathOf(name)}>{job?.properties.displayName ?? name}</Link>
      {parent && (
        <>
          {' '}
          of <Link href={pathOf(parent)}>{parent}</Link>
        </>
      )}
      {job?.systemData?.createdAt && (
        <>
          , <RelativeTime time={job.systemData.createdAt} />
        </>
      )}
    </>
  )
}
