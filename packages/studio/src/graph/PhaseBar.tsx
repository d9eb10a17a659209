import { useMemo } from 'react'
import { cx } from '../ui/cx.ts'
import { formatDuration } from '../ui/format.ts'
import { describeStatus } from '../ui/status.ts'
import { useNow } from '../ui/Time.tsx'
import styles from './gantt.module.css'
import { phaseWords } from './phase-words.ts'
import { phaseKinds, prepareGantt } from './prepare-gantt.ts'
import { prepareGraph, type Step } from './prepare-graph.ts'

/** What one step spent its time on, as one bar: the row that it has in the chart of its pipeline. */
export function PhaseBar({ step }: { step: Step }) {
  const nowMs = useNow()
  const gantt = useMemo(() => prepareGantt(prepareGraph([{ ...step, needs: [] }]), { nowMs }), [step, nowMs])
  const isFailed = describeStatus(step.status).tone === 'bad'
  const segments = gantt.rows[0]?.segments ?? []
  if (segments.length === 0) return undefined
  return (
    <figure className={styles.single} aria-label={`Time of ${step.label} by phase`}>
      <div className={styles.lane} aria-hidden="true">
        {segments.map(({ kind, startPercent, lengthPercent }, position) => (
          <span
            // Phases of one step never change places.
            // oxlint-disable-next-line react/no-array-index-key
            key={position}
            className={cx(styles.segment, styles[kind], isFailed && kind === 'run' && styles.failed)}
            style={{ left: `${startPercent}%`, width: `${lengthPercent}%` }}
          >
            <span className={styles.segmentLabel}>{phaseWords[kind].toLowerCase()}</span>
          </span>
        ))}
      </div>
      <ul className={styles.legend}>
        {phaseKinds
          .filter((kind) => gantt.totals[kind] > 0)
          .map((kind) => (
            <li key={kind}>
              <i className={cx(styles.swatch, styles[kind])} />
              {phaseWords[kind]}
              <b>{formatDuration(gantt.totals[kind])}</b>
            </li>
          ))}
      </ul>
    </figure>
  )
}
