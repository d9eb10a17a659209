import { cx } from '../ui/cx.ts'
import { prepareUsage } from './prepare-usage.ts'
import styles from './usage.module.css'

export interface UsageBarProps {
  readonly label: string
  readonly used: number
  /** Null for no limit of its own. */
  readonly limit: number | null
  format(amount: number): string
}

/** How much of a limit is taken: cut into units where there are few of them, so that a slot is seen as a slot. */
export function UsageBar({ label, used, limit, format }: UsageBarProps) {
  const { percent, units, tone, text } = prepareUsage(used, limit, format)
  return (
    <div className={styles.usage}>
      <div className={styles.words}>
        <span>{label}</span>
        <b>{text}</b>
      </div>
      {limit !== null && limit > 0 && (
        <div
          className={styles.track}
          role="meter"
          aria-label={label}
          aria-valuemin={0}
          aria-valuemax={limit}
          aria-valuenow={Math.min(used, limit)}
          aria-valuetext={text}
        >
          {units.length > 0 ? (
            units.map((isUsed, position) => (
              // Units are alike: their place is all that tells them apart.
              // oxlint-disable-next-line react/no-array-index-key
              <i key={position} className={cx(styles.unit, isUsed && styles[tone])} />
            ))
          ) : (
            <i className={cx(styles.fill, styles[tone])} style={{ width: `${percent}%` }} />
          )}
        </div>
      )}
    </div>
  )
}
