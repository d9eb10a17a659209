import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Skeleton } from '../ui/Feedback.tsx'
import { Failure } from './PageFailure.tsx'

interface PanelProps<T> {
  readonly query: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>
  children(data: NonNullable<T>): ReactNode
  /** Height in pixels of the grey shape while the answer is on its way. */
  readonly height?: number
}

/** What a query brings, or why it does not: one failed panel never takes the page with it. */
export function Panel<T>({ query, children, height = 120 }: PanelProps<T>) {
  if (query.data !== undefined && query.data !== null) return children(query.data)
  return query.error ? <Failure error={query.error} onRetry={() => void query.refetch()} /> : <Skeleton height={height} />
}
