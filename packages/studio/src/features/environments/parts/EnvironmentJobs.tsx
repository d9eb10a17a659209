import { PlayCircle } from 'lucide-react'
import type { ArmResource } from '../../../api.ts'
import { Failure } from '../../../app/PageFailure.tsx'
import { useArmList } from '../../../app/queries.ts'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { Card } from '../../../ui/Card.tsx'
import { EmptyState, Skeleton } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import { usesVersion } from '../build-log.ts'

type Job = ArmResource<{
  readonly displayName?: string
  readonly status?: string
  readonly environmentId?: string | null
  readonly parentJobName?: string | null
}>

const lookedAt = 500

/** The jobs, steps of pipelines among them, that ran in this environment. */
export function EnvironmentJobs({ versionId, workspace }: { versionId: string; workspace: WorkspaceInView }) {
  const jobs = useArmList<Job>(workspace.id && `${workspace.id}/jobs`, { includeChildren: 'true', $top: lookedAt })
  const rows = jobs.rows?.filter(({ properties }) => usesVersion(properties.environmentId, versionId))
  const href = (name: string) => `${workspace.path}/jobs/${encodeURIComponent(name)}`
  return (
    <Card title="Jobs in this environment" note={`Among the newest ${lookedAt} jobs of the workspace`} isFlush>
      {rows === undefined && (jobs.error ? <Failure error={jobs.error} onRetry={jobs.retry} /> : <Skeleton height={120} />)}
      {rows?.length === 0 && (
        <EmptyState icon={<PlayCircle />} title="No recent job names this version">
          Jobs name an environment as “environment” of their YAML; the first one builds it.
        </EmptyState>
      )}
      {rows && rows.length > 0 && (
        <SimpleTable
          label="Jobs"
          rows={rows}
          rowKey={({ id }) => id}
          columns={[
            {
              id: 'name',
              header: 'Job',
              cell: ({ name, properties }) => <Link href={href(name)}>{properties.displayName ?? name}</Link>,
            },
            {
              id: 'parent',
              header: 'Step of',
              cell: ({ properties: { parentJobName: parent } }) => (parent ? <Link href={href(parent)}>{parent}</Link> : '–'),
            },
            { id: 'status', header: 'Status', cell: ({ properties }) => <StatusDot status={properties.status} /> },
            { id: 'created', header: 'Created', cell: ({ systemData }) => <RelativeTime time={systemData?.createdAt} /> },
          ]}
        />
      )}
    </Card>
  )
}
