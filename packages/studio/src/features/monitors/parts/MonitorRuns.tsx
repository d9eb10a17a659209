import type { MonitorRun } from '@fulcrum/contract'
import { useQueries, type UseQueryResult } from '@tanstack/react-query'
import { Gauge } from 'lucide-react'
import { statusOfVerdict } from '../../../app/monitor-verdict.ts'
import { Panel } from '../../../app/Panel.tsx'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameRead } from '../../../app/same-by.ts'
import { useSearchState } from '../../../app/search-state.ts'
import { LineChart } from '../../../charts/LineChart.tsx'
import { Card } from '../../../ui/Card.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Select } from '../../../ui/Field.tsx'
import { formatDateTime } from '../../../ui/format.ts'
import { Link } from '../../../ui/Link.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { Duration } from '../../../ui/Time.tsx'
import { byStrain, historyOf, type Schedule } from '../monitor.ts'
import { monitorRunQuery } from '../queries.ts'

interface MonitorRunsProps {
  readonly workspaceId: string
  readonly schedule: Schedule
  readonly runs: UseQueryResult<readonly MonitorRun[]>
  readonly workspacePath: string
}

/** Runs whose metrics the curve is made of. */
const drawnAtMost = 20

/** Every run with its verdict, and one metric over the newest of them. */
export function MonitorRuns({ workspaceId, schedule, runs, workspacePath }: MonitorRunsProps) {
  const base = `${workspacePath}/monitors/${encodeURIComponent(schedule.name)}`
  return (
    <>
      <Panel query={runs}>
        {(rows) =>
          rows.length > 0 ? (
            <>
              <MetricHistory workspaceId={workspaceId} runs={rows.slice(0, drawnAtMost)} />
              <Card title="Runs" isFlush>
                <SimpleTable
                  label="Runs"
                  rows={rows}
                  rowKey={({ id }) => id}
                  columns={[
                    {
                      id: 'when',
                      header: 'When',
                      cell: ({ name, properties }) => (
                        <Link href={`${base}?run=${encodeURIComponent(name)}`}>
                          {formatDateTime(Date.parse(properties.createdAt))}
                        </Link>
                      ),
                    },
                    {
                      id: 'verdict',
                      header: 'Verdict',
                      cell: ({ properties }) => <StatusDot status={statusOfVerdict(properties.verdict ?? properties.status)} />,
                    },
                    {
                      id: 'breached',
                      header: 'Breached',
                      cell: ({ properties }) =>
                        [...new Set(properties.signals.flatMap((signal) => signal.breachedFeatures))].join(', ') || '–',
                    },
                    {
                      id: 'by',
                      header: 'Started by',
                      cell: ({ properties }) => `${properties.trigger}, ${properties.requestedBy}`,
                    },
                    {
                      id: 'took',
                      header: 'Took',
                      isNumeric: true,
                      cell: ({ properties }) => <Duration start={properties.startedAt} end={properties.endedAt} />,
                    },
                  ]}
                />
              </Card>
            </>
          ) : (
            <Card>
              <EmptyState icon={<Gauge />} title="No runs yet">
                Each run leaves its figures, so that drift is seen as a curve and not as a surprise.
              </EmptyState>
            </Card>
          )
        }
      </Panel>
      <SameByCard
        {...sameRead(`fulcrum monitor runs ${schedule.name}`, `${workspaceId}/monitorRuns?scheduleName=${schedule.name}`)}
      />
    </>
  )
}

function MetricHistory({ workspaceId, runs }: { workspaceId: string; runs: readonly MonitorRun[] }) {
  const [search, setSearch] = useSearchState()
  const details = useQueries({ queries: runs.map(({ name }) => monitorRunQuery(workspaceId, name)) })
  const loaded = details.flatMap(({ data }) => (data ? [data] : []))
  const options = loaded
    .slice(0, 1)
    .flatMap(({ properties }) =>
      properties.signals.flatMap((signal) =>
        byStrain(signal.metrics ?? []).map(({ feature, metric }) => ({ signal: signal.name, feature, metric })),
      ),
    )
  const keyOf = (option: { signal: string; feature: string; metric: string }) =>
    `${option.signal}/${option.feature}/${option.metric}`
  const chosen = options.find((option) => keyOf(option) === search['metric']) ?? options[0]
  if (!chosen) return undefined
  const series = historyOf(loaded, chosen.signal, chosen.feature, chosen.metric)
  return (
    <Card
      title="Over time"
      actions={
        <Select
          look="s"
          aria-label="Metric"
          value={keyOf(chosen)}
          options={options.map((option) => ({
            value: keyOf(option),
            label: `${option.signal}: ${option.feature || 'all'}, ${option.metric.replaceAll('_', ' ')}`,
          }))}
          onChange={(event) => setSearch({ metric: event.target.value })}
        />
      }
    >
      <LineChart
        title={`${chosen.feature || chosen.signal} ${chosen.metric.replaceAll('_', ' ')}`}
        series={series}
        xLabel="run"
      />
    </Card>
  )
}
