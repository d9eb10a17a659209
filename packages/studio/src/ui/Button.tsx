import type { ButtonHTMLAttributes, ReactNode } from 'react'
import styles from './Button.module.css'
import { cx } from './cx.ts'
import { Link } from './Link.tsx'
import { Tooltip } from './Tooltip.tsx'

interface Look {
  readonly look?: 'primary' | 'default' | 'quiet' | 'danger'
  readonly size?: 'm' | 's'
  readonly icon?: ReactNode
}

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement>, Look {
  /** Why the button cannot be used now; it stays focusable so that the reason can be read. */
  readonly disabledReason?: string | undefined
  readonly isBusy?: boolean
}

/** A push button. A disabled one says why, in a tooltip and to screen readers. */
export function Button(props: ButtonProps) {
  const { look = 'default', size = 'm', icon, disabledReason, isBusy, className, children, onClick, ...rest } = props
  const isBlocked = Boolean(disabledReason) || Boolean(isBusy)
  const button = (
    <button
      type="button"
      {...rest}
      className={cx(styles.button, styles[look], size === 's' && styles.small, className)}
      aria-disabled={isBlocked || undefined}
      aria-busy={isBusy || undefined}
      onClick={(event) => (isBlocked ? event.preventDefault() : onClick?.(event))}
    >
      {isBusy ? <span className={styles.busy} aria-hidden="true" /> : icon}
      {children}
    </button>
  )
  return disabledReason ? <Tooltip text={disabledReason}>{button}</Tooltip> : button
}

/** A link that looks like a button, for what leads to another page. */
export function ButtonLink({ href, look = 'default', size = 'm', icon, children }: Look & { href: string; children: ReactNode }) {
  return (
    <Link href={href} look="bare" className={cx(styles.button, styles[look], size === 's' && styles.small)}>
      {icon}
      {children}
    </Link>
  )
}

export interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** The accessible name, shown as a tooltip. */
  readonly label: string
  readonly icon: ReactNode
  readonly isPressed?: boolean
  /** Off where Escape must reach something else first: an open tooltip takes it. */
  readonly hasTooltip?: boolean
}

/** A square button with an icon only. */
export function IconButton({ label, icon, isPressed, hasTooltip = true, className, ...rest }: IconButtonProps) {
  const button = (
    <button
      type="button"
      {...rest}
      aria-label={label}
      aria-pressed={isPressed}
      className={cx(styles.button, styles.quiet, styles.square, className)}
    >
      {icon}
    </button>
  )
  return hasTooltip ? <Tooltip text={label}>{button}</Tooltip> : button
}
