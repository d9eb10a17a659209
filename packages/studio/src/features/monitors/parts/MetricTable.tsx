import type { MonitorMetric } from '@fulcrum/contract'
import { statusOfVerdict } from '../../../app/monitor-verdict.ts'
import { Button } from '../../../ui/Button.tsx'
import { cx } from '../../../ui/cx.ts'
import { formatNumber } from '../../../ui/format.ts'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { byStrain, strainOf } from '../monitor.ts'
import styles from './monitors.module.css'

interface MetricTableProps {
  readonly label: string
  readonly metrics: readonly MonitorMetric[]
  readonly chosen: string | undefined
  onChoose(feature: string): void
}

/** Every metric with its threshold, the most strained first; a column's name opens its histogram. */
export function MetricTable({ label, metrics, chosen, onChoose }: MetricTableProps) {
  return (
    <SimpleTable
      label={label}
      rows={byStrain(metrics)}
      rowKey={({ feature, metric }) => `${feature} ${metric}`}
      columns={[
        {
          id: 'feature',
          header: 'Column',
          cell: ({ feature }) =>
            feature ? (
              <Button
                size="s"
                className={styles.column}
                look={feature === chosen ? 'primary' : 'quiet'}
                aria-pressed={feature === chosen}
                onClick={() => onChoose(feature)}
              >
                {feature}
              </Button>
            ) : (
              'all'
            ),
        },
        { id: 'metric', header: 'Metric', cell: ({ metric }) => metric.replaceAll('_', ' ') },
        { id: 'state', header: 'Verdict', cell: ({ state }) => <StatusDot status={statusOfVerdict(state)} /> },
        { id: 'value', header: 'Value', isNumeric: true, cell: ({ value }) => (value === null ? '–' : formatNumber(value)) },
        {
          id: 'threshold',
          header: 'Threshold',
          isNumeric: true,
          cell: ({ threshold, direction }) =>
            threshold === null ? '–' : `${direction === 'up' ? '≤' : '≥'} ${formatNumber(threshold)}`,
        },
        { id: 'strain', header: 'Against threshold', cell: (metric) => <Strain metric={metric} /> },
      ]}
    />
  )
}

/** A bar whose middle is the threshold: what passes it is a breach. */
function Strain({ metric }: { metric: MonitorMetric }) {
  const strain = strainOf(metric)
  if (strain === undefined) return <>–</>
  return (
    <span className={styles.strain} aria-hidden="true">
      <span className={cx(styles.fill, strain > 1 && styles.over)} style={{ width: `${Math.min(100, strain * 50)}%` }} />
    </span>
  )
}
