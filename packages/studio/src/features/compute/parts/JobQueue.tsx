import { useQuery } from '@tanstack/react-query'
import { api, type ArmResource, type Page } from '../../../api.ts'
import { Panel } from '../../../app/Panel.tsx'
import { useArmList, useSession } from '../../../app/queries.ts'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { StatTile } from '../../../charts/SmallCharts.tsx'
import { CardGrid } from '../../../ui/Card.tsx'
import { Link } from '../../../ui/Link.tsx'
import { describeStatus } from '../../../ui/status.ts'

interface Usage {
  readonly name: { readonly value: string; readonly localizedValue: string }
  readonly currentValue: number
  readonly limit: number
}

type QueuedJob = ArmResource<{ readonly jobType: string; readonly status?: string }>

/** How busy this host is, and what waits. */
export function JobQueue({ workspace }: { workspace: WorkspaceInView }) {
  const { subscriptionId } = useSession()
  const usages = useQuery({
    queryKey: ['arm', `/subscriptions/${subscriptionId}/usages`],
    queryFn: async ({ signal }) => {
      const path = `/subscriptions/${subscriptionId}/providers/Microsoft.MachineLearningServices/locations/local/usages`
      return (await api.get<Page<Usage>>(path, { signal })).value
    },
    refetchInterval: 5000,
  })
  const jobs = useArmList<QueuedJob>(workspace.id && `${workspace.id}/jobs`, { $top: 200 })
  const own = jobs.rows?.filter((job) => job.properties.jobType !== 'Pipeline') ?? []
  const waiting = own.filter((job) => ['NotStarted', 'Queued'].includes(job.properties.status ?? ''))
  const running = own.filter((job) => describeStatus(job.properties.status).isLive && !waiting.includes(job))
  return (
    <CardGrid minWidth={200}>
      <Panel query={usages} height={84}>
        {(rows) =>
          rows.map((usage) => (
            <StatTile
              key={usage.name.value}
              label={usage.name.localizedValue}
              value={`${usage.currentValue} of ${usage.limit}`}
              unit="slots"
            />
          ))
        }
      </Panel>
      <StatTile
        label="Running in this workspace"
        value={running.length}
        note={<Link href={`${workspace.path}/jobs?status=Running&steps=all`}>Show them</Link>}
      />
      <StatTile
        label="Waiting in this workspace"
        value={waiting.length}
        note={<Link href={`${workspace.path}/jobs?status=NotStarted&steps=all`}>Show them</Link>}
      />
    </CardGrid>
  )
}
