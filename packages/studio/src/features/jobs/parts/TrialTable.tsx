import { Card } from '../../../ui/Card.tsx'
import { formatNumber } from '../../../ui/format.ts'
import { Link } from '../../../ui/Link.tsx'
import { Badge, StatusDot } from '../../../ui/Status.tsx'
import { Table, type Column } from '../../../ui/Table.tsx'
import { parseSort, printSort } from '../../../ui/table-keys.ts'
import type { Trial } from '../steps.ts'
import styles from './jobs.module.css'
import { isLessBetter, printParameter, sortTrials, stopOf, type TrialSummary } from '../trials.ts'

interface TrialTableProps {
  readonly summary: TrialSummary
  /** Names of the trials that pass the marks of the chart. */
  readonly kept: ReadonlySet<string>
  onClear(): void
  /** As the URL has it; the best first when it says nothing. */
  readonly sort: string | undefined
  onSort(sort: string): void
  hrefOf(jobName: string): string
}

/** Every trial, by any column; those that a policy stopped say so. */
export function TrialTable({ summary, kept, onClear, sort, onSort, hrefOf }: TrialTableProps) {
  const order = parseSort(sort) ?? { column: 'objective', isDescending: !isLessBetter(summary.goal) }
  const rows = sortTrials(
    summary.trials.filter(({ jobName }) => kept.has(jobName)),
    order,
  )
  const isFiltered = kept.size < summary.trials.length
  return (
    <Card title="Trials" note={isFiltered ? `${kept.size} of ${summary.trials.length} pass the marks above` : undefined} isFlush>
      <Table
        label="Trials"
        columns={columnsOf(summary, hrefOf)}
        rows={rows}
        rowKey={(trial) => trial.jobName}
        rowHref={(trial) => hrefOf(trial.jobName)}
        sort={order}
        onSort={(next) => onSort(printSort(next))}
        isFiltered={isFiltered}
        onClearFilters={onClear}
        isPrimary
        empty={undefined}
      />
    </Card>
  )
}

function columnsOf(
  { best, metric, parameters, trials }: TrialSummary,
  hrefOf: (name: string) => string,
): readonly Column<Trial>[] {
  return [
    {
      id: 'number',
      header: 'Trial',
      width: '120px',
      isSortable: true,
      cell: (trial) => (
        <>
          <Link href={hrefOf(trial.jobName)}>trial {trial.number}</Link> {trial === best && <Badge tone="accent">best</Badge>}
        </>
      ),
    },
    {
      id: 'status',
      header: 'Status',
      width: 'minmax(220px, 1.6fr)',
      isSortable: true,
      cell: (trial) => <TrialStatus trial={trial} />,
    },
    {
      id: 'objective',
      header: metric,
      width: '110px',
      isNumeric: true,
      isSortable: true,
      cell: (trial) => (trial.objective === null ? '–' : formatNumber(trial.objective)),
    },
    ...parameters.map((name) => ({
      id: `parameter.${name}`,
      header: name,
      width: 'minmax(96px, 0.8fr)',
      isNumeric: trials.every((trial) => typeof (trial.parameters[name] ?? 0) === 'number'),
      isSortable: true,
      cell: (trial: Trial) => printParameter(trial.parameters[name] ?? '–'),
    })),
  ]
}

function TrialStatus({ trial }: { trial: Trial }) {
  const stop = stopOf(trial)
  if (!stop) return <StatusDot status={trial.status} />
  const reason = `${stop.policy}: ${stop.reason}`
  return (
    <span className={styles.stop} title={reason}>
      <StatusDot status="Stopped" />
      <small>{reason}</small>
    </span>
  )
}
