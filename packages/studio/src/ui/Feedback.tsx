import { ShieldAlert, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from './Button.tsx'
import { CopyButton } from './Code.tsx'
import { cx } from './cx.ts'
import styles from './Feedback.module.css'
import tones from './tones.module.css'

export interface EmptyStateProps {
  readonly icon?: ReactNode
  readonly title: string
  /** What this is, in one sentence. */
  readonly children?: ReactNode
  readonly actions?: ReactNode
  /** Code to paste, a link to the guide. */
  readonly teach?: ReactNode
  /** One of several on a page: a line instead of a picture. */
  readonly isCompact?: boolean
}

/** What a place shows before there is anything in it: it teaches the first step. */
export function EmptyState({ icon, title, children, actions, teach, isCompact }: EmptyStateProps) {
  return (
    <div className={cx(styles.empty, isCompact && styles.compact)}>
      {icon && (
        <div className={styles.emptyIcon} aria-hidden="true">
          {icon}
        </div>
      )}
      {isCompact ? <p className={styles.compactTitle}>{title}</p> : <h2>{title}</h2>}
      {children && <div className={styles.emptyText}>{children}</div>}
      {actions && <div className={styles.emptyActions}>{actions}</div>}
      {teach && <div className={styles.teach}>{teach}</div>}
    </div>
  )
}

/** What an error carries when it came from the server. */
export interface ShownError {
  readonly message: string
  readonly code?: string
  readonly requestId?: string | undefined
  readonly target?: string | undefined
  readonly details?: readonly { readonly message: string }[]
}

/** A failed panel: message, code, request id, a copy of all of it, and another try. */
export function ErrorPanel({
  error,
  onRetry,
  title = 'This could not be loaded',
}: {
  error: ShownError
  onRetry?: () => void
  title?: string
}) {
  const facts = [error.code, error.target && `at ${error.target}`, error.requestId && `request ${error.requestId}`]
    .filter(Boolean)
    .join(' · ')
  return (
    <div className={cx(styles.panel, tones.bad)} role="alert">
      <TriangleAlert aria-hidden="true" />
      <div className={styles.panelText}>
        <strong>{title}</strong>
        <p>{error.message}</p>
        {error.details && error.details.length > 0 && (
          <ul>
            {error.details.map((detail) => (
              <li key={detail.message}>{detail.message}</li>
            ))}
          </ul>
        )}
        {facts && <code>{facts}</code>}
      </div>
      <div className={styles.panelActions}>
        <CopyButton text={`${error.message}\n${facts}`} label="Copy details" />
        {onRetry && (
          <Button size="s" onClick={onRetry}>
            Try again
          </Button>
        )}
      </div>
    </div>
  )
}

/** One may not do this here: names the missing action and the scope it is missing on. */
export function NotAllowed({
  action,
  scope,
  message,
}: {
  action?: string | undefined
  scope?: string | undefined
  message?: string
}) {
  return (
    <div className={cx(styles.panel, tones.hold)} role="alert">
      <ShieldAlert aria-hidden="true" />
      <div className={styles.panelText}>
        <strong>You are not allowed to do this here</strong>
        {message && <p>{message}</p>}
        {action && (
          <p>
            Missing action <code>{action}</code>
            {scope && (
              <>
                {' '}
                on <code>{scope}</code>
              </>
            )}
          </p>
        )}
        <p>An owner or user access administrator of that scope can assign a role that holds it.</p>
      </div>
      {action && (
        <div className={styles.panelActions}>
          <CopyButton text={`Please grant me ${action}${scope ? ` on ${scope}` : ''}.`} label="Copy request" />
        </div>
      )}
    </div>
  )
}

/** A calm remark with the mark of a tone: notices, warnings, "reconnecting". */
export function Notice({ tone = 'info', children }: { tone?: 'info' | 'warn' | 'ok' | 'bad' | 'hold'; children: ReactNode }) {
  return <div className={cx(styles.notice, tones[tone])}>{children}</div>
}

/** Grey shapes while the first answer is on its way. `lines` of text, or one block of `height` pixels. */
export function Skeleton({ lines = 3, height }: { lines?: number; height?: number }) {
  return (
    <div className={styles.skeleton} role="status" aria-label="Loading">
      {height !== undefined ? (
        <span style={{ height }} />
      ) : (
        Array.from({ length: lines }, (_, line) => <span key={line} style={{ width: `${92 - ((line * 37) % 45)}%` }} />)
      )}
    </div>
  )
}

/** A thin bar. Without a `share` (0–1) it only says that something moves. */
export function ProgressLine({ share, label }: { share?: number | undefined; label: string }) {
  const percent = share === undefined ? undefined : Math.round(Math.min(1, Math.max(0, share)) * 100)
  return (
    <div
      className={styles.progress}
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <span
        className={percent === undefined ? styles.moving : undefined}
        style={percent === undefined ? undefined : { width: `${percent}%` }}
      />
    </div>
  )
}
