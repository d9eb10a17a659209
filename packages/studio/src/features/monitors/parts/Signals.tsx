import type { MonitorRun, MonitorSignalResult } from '@fulcrum/contract'
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { Gauge } from 'lucide-react'
import { statusOfVerdict } from '../../../app/monitor-verdict.ts'
import { Panel } from '../../../app/Panel.tsx'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameWrite } from '../../../app/same-by.ts'
import { useSearchState } from '../../../app/search-state.ts'
import { Card } from '../../../ui/Card.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState, ErrorPanel, Notice } from '../../../ui/Feedback.tsx'
import { formatDateTime, formatNumber } from '../../../ui/format.ts'
import { Select } from '../../../ui/Field.tsx'
import { Toolbar } from '../../../ui/Page.tsx'
import { StatusBadge } from '../../../ui/Status.tsx'
import type { Schedule } from '../monitor.ts'
import { monitorRunQuery } from '../queries.ts'
import { FeatureHistogram } from './FeatureHistogram.tsx'
import { MetricTable } from './MetricTable.tsx'

interface SignalsProps {
  readonly workspaceId: string
  readonly schedule: Schedule
  readonly runs: UseQueryResult<readonly MonitorRun[]>
}

/** What one run found, signal by signal; the run and the column in view are part of the URL. */
export function Signals({ workspaceId, schedule, runs }: SignalsProps) {
  const [search, setSearch] = useSearchState()
  return (
    <>
      <Panel query={runs}>
        {(rows) => {
          const chosen = rows.find(({ name }) => name === search['run']) ?? rows[0]
          if (!chosen) return <NeverRun schedule={schedule} />
          return (
            <>
              <Toolbar label="Run">
                <Select
                  aria-label="Run"
                  value={chosen.name}
                  options={rows.map(({ name, properties }) => ({
                    value: name,
                    label: `${formatDateTime(Date.parse(properties.createdAt))}, ${statusOfVerdict(properties.verdict ?? properties.status)}`,
                  }))}
                  onChange={(event) => setSearch({ run: event.target.value })}
                />
              </Toolbar>
              <RunSignals workspaceId={workspaceId} runId={chosen.name} />
            </>
          )
        }}
      </Panel>
      <SameByCard {...sameWrite(`fulcrum monitor run ${schedule.name}`, 'POST', `${schedule.id}/runMonitor`, {})} />
    </>
  )
}

function NeverRun({ schedule }: { schedule: Schedule }) {
  const signals = Object.entries(schedule.properties.action?.monitorDefinition?.signals ?? {})
  return (
    <Card>
      <EmptyState
        icon={<Gauge />}
        title="This monitor has not run yet"
        teach={<CodeBlock code={`fulcrum monitor run ${schedule.name}`} label="Run it now" />}
      >
        It will compare {signals.length > 0 ? signals.map(([name]) => name).join(', ') : 'its signals'} with their reference. Run
        it now with the button above, or wait for its schedule.
      </EmptyState>
    </Card>
  )
}

function RunSignals({ workspaceId, runId }: { workspaceId: string; runId: string }) {
  const run = useQuery(monitorRunQuery(workspaceId, runId))
  return (
    <Panel query={run} height={320}>
      {({ properties }) => (
        <>
          {properties.error && <ErrorPanel title="The run failed" error={{ message: properties.error }} />}
          {properties.signals.length === 0 && !properties.error && (
            <Notice>The run is {properties.status.toLowerCase()}; its signals appear as they are computed.</Notice>
          )}
          {properties.signals.map((signal) => (
            <SignalCard key={signal.name} signal={signal} workspaceId={workspaceId} runId={runId} />
          ))}
        </>
      )}
    </Panel>
  )
}

function SignalCard({ signal, workspaceId, runId }: { signal: MonitorSignalResult; workspaceId: string; runId: string }) {
  const [search, setSearch] = useSearchState()
  const metrics = signal.metrics ?? []
  const features = [...new Set(metrics.map(({ feature }) => feature))].filter((feature) => feature !== '')
  const chosen = search['signal'] === signal.name ? features.find((feature) => feature === search['feature']) : undefined
  const rows = `${formatNumber(signal.productionRows)} production rows against ${formatNumber(signal.referenceRows)} of the reference`
  return (
    <>
      <Card
        title={`${signal.name} – ${signal.signalType}`}
        note={signal.message ? `${signal.message} ${rows}` : rows}
        actions={<StatusBadge status={statusOfVerdict(signal.state)} />}
        isFlush
      >
        {metrics.length > 0 ? (
          <MetricTable
            label={`Metrics of ${signal.name}`}
            metrics={metrics}
            chosen={chosen}
            onChoose={(feature) => setSearch({ signal: signal.name, feature })}
          />
        ) : (
          <EmptyState title="No figures">{signal.message ?? 'The signal has nothing to compare yet.'}</EmptyState>
        )}
      </Card>
      {chosen && <FeatureHistogram workspaceId={workspaceId} runId={runId} signal={signal.name} feature={chosen} />}
    </>
  )
}
