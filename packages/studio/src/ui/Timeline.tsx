import type { ReactNode } from 'react'
import { StatusMark } from './Status.tsx'
import styles from './Timeline.module.css'

export interface TimelineEntry {
  readonly id: string
  readonly status: string
  readonly title: ReactNode
  /** Beside the title: a time, a duration. */
  readonly note?: ReactNode
  readonly children?: ReactNode
}

/** What happened, or is to happen, in order. The mark of each entry says how it went. */
export function Timeline({ label, entries }: { label: string; entries: readonly TimelineEntry[] }) {
  return (
    <ol className={styles.timeline} aria-label={label}>
      {entries.map((entry) => (
        <li key={entry.id}>
          <span className={styles.mark}>
            <StatusMark status={entry.status} size={16} />
          </span>
          <div className={styles.body}>
            <div className={styles.head}>
              <span className={styles.title}>{entry.title}</span>
              {entry.note && <span className={styles.note}>{entry.note}</span>}
            </div>
            {entry.children}
          </div>
        </li>
      ))}
    </ol>
  )
}
