import type { ReactNode } from 'react'
import { cx } from './cx.ts'
import { Link } from './Link.tsx'
import styles from './Tabs.module.css'

export interface TabLink {
  readonly id: string
  readonly label: string
  readonly href: string
  readonly count?: number | undefined
}

/** The views of a page. Each tab is a link, so that the open one is part of the URL. */
export function Tabs({ label, tabs, active }: { label: string; tabs: readonly TabLink[]; active: string }) {
  return (
    <nav className={styles.tabs} aria-label={label}>
      {tabs.map((tab) => (
        <Link
          key={tab.id}
          href={tab.href}
          look="bare"
          className={styles.tab}
          aria-current={tab.id === active ? 'page' : undefined}
        >
          {tab.label}
          {tab.count !== undefined && <span className={styles.count}>{tab.count}</span>}
        </Link>
      ))}
    </nav>
  )
}

export interface TabButtonsProps {
  readonly label: string
  readonly tabs: readonly { readonly id: string; readonly label: ReactNode }[]
  readonly active: string
  onChange(id: string): void
}

/** A choice of one among few, for what is not worth a URL: chart or table, JSON or YAML. */
export function TabButtons({ label, tabs, active, onChange }: TabButtonsProps) {
  return (
    <div className={styles.segments} role="group" aria-label={label}>
      {tabs.map((tab) => (
        <button
          key={tab.id}
          type="button"
          aria-pressed={tab.id === active}
          className={cx(styles.segment, tab.id === active && styles.chosen)}
          onClick={() => onChange(tab.id)}
        >
          {tab.label}
        </button>
      ))}
    </div>
  )
}
