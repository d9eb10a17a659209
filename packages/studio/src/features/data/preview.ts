import { queryOptions } from '@tanstack/react-query'
import type { DataPreview } from '@fulcrum/contract'
import { api } from '../../api.ts'
import { formatNumber } from '../../ui/format.ts'

/** First rows and the figures of each column. */
export function previewQuery(versionId: string) {
  return queryOptions({
    queryKey: ['arm', versionId, 'preview'],
    queryFn: ({ signal }) => api.get<DataPreview>(`${versionId}/preview`, { query: { rows: 50 }, signal }),
    staleTime: 600_000,
  })
}

/** A value of any type as a cell shows it. */
export function shownValue(value: unknown): string {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'number') return formatNumber(value)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
