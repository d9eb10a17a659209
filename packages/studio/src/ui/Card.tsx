import type { ReactNode } from 'react'
import { cx } from './cx.ts'
import styles from './Card.module.css'

export interface CardProps {
  readonly title?: ReactNode
  /** One sentence under the title. */
  readonly note?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
  /** The content reaches the edges: tables, logs, graphs. */
  readonly isFlush?: boolean
  readonly className?: string | undefined
}

/** A framed region with an optional heading. */
export function Card({ title, note, actions, children, isFlush, className }: CardProps) {
  return (
    <section className={cx(styles.card, className)}>
      {(title || actions) && (
        <header className={cx(styles.head, isFlush && styles.ruled)}>
          <div className={styles.title}>
            {title && <h2>{title}</h2>}
            {note && <p>{note}</p>}
          </div>
          {actions && <div className={styles.actions}>{actions}</div>}
        </header>
      )}
      <div className={isFlush ? undefined : styles.content}>{children}</div>
    </section>
  )
}

/** A column of things with even distance; `row` wraps them side by side. */
export function Stack({ children, row, gap = 4 }: { children: ReactNode; row?: boolean; gap?: 1 | 2 | 3 | 4 | 5 | 6 }) {
  return <div className={cx(row ? styles.row : styles.stack, styles[`gap-${gap}`])}>{children}</div>
}

/** Cards side by side, as many as fit with at least `minWidth` pixels each. */
export function CardGrid({ children, minWidth = 280 }: { children: ReactNode; minWidth?: number }) {
  return (
    <div className={styles.grid} style={{ gridTemplateColumns: `repeat(auto-fit, minmax(min(${minWidth}px, 100%), 1fr))` }}>
      {children}
    </div>
  )
}
