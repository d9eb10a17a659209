import type { ReactNode } from 'react'
import { cx } from './cx.ts'
import { describeStatus, type StatusShape, type Tone } from './status.ts'
import styles from './Status.module.css'
import tones from './tones.module.css'

const paths: Record<StatusShape, ReactNode> = {
  check: (
    <>
      <circle cx="7" cy="7" r="6.25" className={styles.solid} />
      <path d="m4.2 7.2 2 2 3.6-4.1" className={styles.cut} />
    </>
  ),
  cross: (
    <>
      <rect x="0.9" y="0.9" width="12.2" height="12.2" rx="3" className={styles.solid} />
      <path d="m4.7 4.7 4.6 4.6m0-4.6-4.6 4.6" className={styles.cut} />
    </>
  ),
  alert: (
    <>
      <path d="M7 1.2 13.4 12.6H.6z" className={cx(styles.solid, styles.joined)} />
      <path d="M7 5v3.4m0 2v.1" className={styles.cut} />
    </>
  ),
  spinner: (
    <>
      <circle cx="7" cy="7" r="5.4" className={styles.track} />
      <path d="M7 1.6A5.4 5.4 0 0 1 12.4 7" className={styles.stroke} />
    </>
  ),
  clock: (
    <>
      <circle cx="7" cy="7" r="5.4" className={styles.stroke} />
      <path d="M7 4.2V7l1.9 1.3" className={styles.stroke} />
    </>
  ),
  ring: <circle cx="7" cy="7" r="5" className={cx(styles.stroke, styles.dashed)} />,
  dash: (
    <>
      <circle cx="7" cy="7" r="5.4" className={styles.stroke} />
      <path d="M4.6 7h4.8" className={styles.stroke} />
    </>
  ),
  diamond: (
    <>
      <path d="M7 .9 13.1 7 7 13.1.9 7z" className={cx(styles.solid, styles.joined)} />
      <path d="M5.7 5.2v3.6m2.6-3.6v3.6" className={styles.cut} />
    </>
  ),
  recycle: (
    <>
      <path d="M2.2 8.6A5 5 0 0 0 11.7 9M11.8 5.4A5 5 0 0 0 2.3 5" className={styles.stroke} />
      <path d="M11.9 1.9v3.3H8.6M2.1 12.1V8.8h3.3" className={styles.stroke} />
    </>
  ),
}

/** The mark of a status: one shape per meaning, so that it is told apart without its colour. */
export function StatusMark({ status, size = 14 }: { status: string | null | undefined; size?: number }) {
  const { tone, shape } = describeStatus(status)
  return (
    <svg
      viewBox="0 0 14 14"
      width={size}
      height={size}
      aria-hidden="true"
      className={cx(styles.mark, tones[tone], shape === 'spinner' && styles.turning)}
    >
      {paths[shape]}
    </svg>
  )
}

/** Mark and word: the plain form, for tables and headings. */
export function StatusDot({ status, detail }: { status: string | null | undefined; detail?: string }) {
  return (
    <span className={styles.status}>
      <StatusMark status={status} />
      <span>{describeStatus(status).word}</span>
      {detail && <span className={styles.detail}>{detail}</span>}
    </span>
  )
}

/** Mark and word on a soft fill: the loud form, once per page. */
export function StatusBadge({ status }: { status: string | null | undefined }) {
  const { word, tone } = describeStatus(status)
  return (
    <span className={cx(styles.badge, tones[tone], styles.filled)}>
      <StatusMark status={status} size={13} />
      {word}
    </span>
  )
}

/** A small label that is not a status: a version, a kind, a tag, a count. */
export function Badge({ children, tone = 'idle', title }: { children: ReactNode; tone?: Tone | 'accent'; title?: string }) {
  return (
    <span className={cx(styles.badge, styles.tag, tones[tone], styles.filled)} title={title}>
      {children}
    </span>
  )
}
