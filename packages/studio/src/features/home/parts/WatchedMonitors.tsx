import type { MonitorRun } from '@fulcrum/contract'
import { useQueries } from '@tanstack/react-query'
import { Gauge } from 'lucide-react'
import { api, ApiError, type Page } from '../../../api.ts'
import { Failure } from '../../../app/PageFailure.tsx'
import type { WorkspaceRef } from '../../../app/queries.ts'
import { Card } from '../../../ui/Card.tsx'
import { EmptyState, Skeleton } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import { statusOfVerdict } from '../../../app/monitor-verdict.ts'
import styles from './home.module.css'

/** The newest verdict of each monitor, breaches first. */
export function WatchedMonitors({ workspaces }: { workspaces: readonly WorkspaceRef[] }) {
  const lists = useQueries({
    queries: workspaces.map((workspace) => ({
      queryKey: ['arm', `${workspace.id}/monitorRuns`, 'home'],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        api.get<Page<MonitorRun>>(`${workspace.id}/monitorRuns`, { query: { $top: 50 }, signal }),
    })),
  })
  const failure = lists.find(({ error }) => error && !(error instanceof ApiError && error.status === 403))?.error
  const newest = new Map<string, { readonly run: MonitorRun; readonly workspace: WorkspaceRef }>()
  lists.forEach((list, position) => {
    const workspace = workspaces[position]
    if (!workspace) return
    for (const run of list.data?.value ?? []) {
      const key = run.properties.scheduleId.toLowerCase()
      if (!newest.has(key)) newest.set(key, { run, workspace })
    }
  })
  const breachFirst = (verdict: string | null) => (verdict === 'breach' ? 0 : verdict === 'ok' ? 2 : 1)
  const rows = [...newest.values()].toSorted(
    (a, b) => breachFirst(a.run.properties.verdict) - breachFirst(b.run.properties.verdict),
  )
  return (
    <Card title="Monitors">
      {failure && <Failure error={failure} />}
      {lists.some((list) => list.isPending) && <Skeleton height={90} />}
      {rows.length > 0 ? (
        <ul className={styles.list}>
          {rows.map(({ run, workspace }) => (
            <li key={run.id}>
              <div className={styles.what}>
                <Link href={`${workspace.path}/monitors/${encodeURIComponent(run.properties.scheduleName)}`}>
                  {run.properties.scheduleName}
                </Link>
                <small>
                  {workspace.name}, <RelativeTime time={run.properties.createdAt} />
                </small>
              </div>
              <StatusDot status={statusOfVerdict(run.properties.verdict ?? run.properties.status)} />
            </li>
          ))}
        </ul>
      ) : (
        !failure &&
        lists.every((list) => !list.isPending) && (
          <EmptyState isCompact icon={<Gauge />} title="No monitor has run yet">
            A monitor compares what an endpoint sees with what its model was trained on, and raises an event beyond its
            thresholds.
          </EmptyState>
        )
      )}
    </Card>
  )
}
