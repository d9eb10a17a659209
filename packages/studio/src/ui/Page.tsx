import { useEffect, useRef, type ReactNode } from 'react'
import { ChevronRight } from 'lucide-react'
import { Link } from './Link.tsx'
import styles from './Page.module.css'

export interface Crumb {
  readonly label: string
  readonly href?: string
}

/** The way back up; the last crumb is the page itself and is left to its heading. */
export function Breadcrumbs({ crumbs }: { crumbs: readonly Crumb[] }) {
  return (
    <nav aria-label="Breadcrumbs" className={styles.crumbs}>
      <ol>
        {crumbs.map((crumb, position) => (
          <li key={`${position}-${crumb.label}`}>
            {position > 0 && <ChevronRight aria-hidden="true" />}
            {crumb.href ? (
              <Link href={crumb.href} look="quiet">
                {crumb.label}
              </Link>
            ) : (
              <span>{crumb.label}</span>
            )}
          </li>
        ))}
      </ol>
    </nav>
  )
}

export interface PageHeaderProps {
  readonly title: string
  readonly crumbs?: readonly Crumb[]
  /** A status badge beside the title. */
  readonly status?: ReactNode
  /** Facts in one line under the title. */
  readonly facts?: ReactNode
  readonly actions?: ReactNode
  readonly children?: ReactNode
}

/** Heading of a page. It sets the document's title, and takes the focus when the page opens. */
export function PageHeader({ title, crumbs, status, facts, actions, children }: PageHeaderProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Fulcrum`
  }, [title])
  useEffect(() => {
    // A field that asked for the focus keeps it.
    if (!(document.activeElement instanceof HTMLInputElement)) heading.current?.focus({ preventScroll: true })
  }, [])
  return (
    <header className={styles.header}>
      {crumbs && crumbs.length > 0 && <Breadcrumbs crumbs={crumbs} />}
      <div className={styles.headline}>
        <div className={styles.heading}>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {status}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      {facts && <div className={styles.facts}>{facts}</div>}
      {children}
    </header>
  )
}

/** The frame of a page: even distances, a readable width. `wide` uses all there is. */
export function PageBody({ children }: { children: ReactNode }) {
  return <div className={styles.body}>{children}</div>
}

/** Controls above a list. */
export function Toolbar({ children, label }: { children: ReactNode; label: string }) {
  return (
    <div className={styles.toolbar} role="toolbar" aria-label={label}>
      {children}
    </div>
  )
}

export interface KeyValue {
  readonly key: string
  readonly value: ReactNode
}

/** Facts as term and value, two columns that become one on narrow screens. Empty values show a dash. */
export function KeyValueList({ items }: { items: readonly KeyValue[] }) {
  return (
    <dl className={styles.facts2}>
      {items.map((item) => (
        <div key={item.key}>
          <dt>{item.key}</dt>
          <dd>{item.value ?? '–'}</dd>
        </div>
      ))}
    </dl>
  )
}
