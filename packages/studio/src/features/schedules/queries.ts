import { queryOptions } from '@tanstack/react-query'
import { api, type Page } from '../../api.ts'
import type { Fire, UpcomingFires } from './schedule.ts'

/** The next times; asked for again as they pass. */
export function upcomingQuery(scheduleId: string, count: number) {
  return queryOptions({
    queryKey: ['arm', `${scheduleId}/upcomingFires`, count],
    queryFn: ({ signal }) => api.get<UpcomingFires>(`${scheduleId}/upcomingFires`, { query: { count }, signal }),
    refetchInterval: 20_000,
  })
}

/** When it fired, newest first. */
export function firesQuery(scheduleId: string) {
  return queryOptions({
    queryKey: ['arm', `${scheduleId}/fires`],
    queryFn: async ({ signal }) => (await api.get<Page<Fire>>(`${scheduleId}/fires`, { query: { $top: 100 }, signal })).value,
    refetchInterval: 15_000,
  })
}
