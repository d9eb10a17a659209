import type { ReactNode } from 'react'
import { Skeleton } from '../ui/Feedback.tsx'
import { PageBody, PageHeader, type PageHeaderProps } from '../ui/Page.tsx'
import { Tabs } from '../ui/Tabs.tsx'
import { Failure } from './PageFailure.tsx'
import { useSearchState } from './search-state.ts'

export interface DetailTab {
  readonly id: string
  readonly label: string
  readonly count?: number | undefined
  render(): ReactNode
}

export interface DetailPageProps extends PageHeaderProps {
  /** Path of the page; tabs are `?tab=` below it. */
  readonly path: string
  /** The first is shown when the URL names none. */
  readonly tabs: readonly DetailTab[]
}

/** One thing: its heading and its views. The view that is open is part of the URL. */
export function DetailPage({ path, tabs, ...header }: DetailPageProps) {
  const [search] = useSearchState()
  const active = tabs.find((tab) => tab.id === search['tab']) ?? tabs[0]
  return (
    <PageBody>
      <PageHeader {...header} />
      <Tabs
        label={`Views of ${header.title}`}
        active={active?.id ?? ''}
        tabs={tabs.map((tab, position) => ({
          id: tab.id,
          label: tab.label,
          count: tab.count,
          href: position === 0 ? path : `${path}?tab=${tab.id}`,
        }))}
      />
      {active?.render()}
    </PageBody>
  )
}

interface PendingPageProps extends PageHeaderProps {
  readonly error: Error | null | undefined
  onRetry(): void
}

/** The page of a thing that is not here: on its way, missing, or not allowed. */
export function PendingPage({ error, onRetry, ...header }: PendingPageProps) {
  return (
    <PageBody>
      <PageHeader {...header} />
      {error ? <Failure error={error} onRetry={onRetry} /> : <Skeleton lines={6} />}
    </PageBody>
  )
}
