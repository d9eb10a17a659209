import type { PlatformEvent } from '@fulcrum/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { api, type Page } from '../../api.ts'
import { useSession } from '../../app/queries.ts'

/** What the URL says about the list of events; each filter is the server's. */
export interface ActivityFilter {
  readonly type: string | undefined
  readonly actor: string | undefined
  readonly result: string | undefined
  readonly subject: string | undefined
}

export function parseActivityFilter(search: Readonly<Record<string, string>>): ActivityFilter {
  return {
    type: search['type'] || undefined,
    actor: search['actor'] || undefined,
    result: search['result'] || undefined,
    subject: search['subject'] || undefined,
  }
}

/** Audit events, newest first. New ones come with the live stream, as they touch the list of their type. */
export function useEvents(filter: ActivityFilter) {
  const { subscriptionId } = useSession()
  const path = `/subscriptions/${subscriptionId}/providers/Fulcrum.Audit/events`
  const result = useInfiniteQuery({
    queryKey: ['events', path, filter],
    queryFn: ({ pageParam, signal }) =>
      pageParam
        ? api.next<PlatformEvent>(pageParam, { signal })
        : api.get<Page<PlatformEvent>>(path, { query: { ...filter, $top: 100 }, signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextLink || undefined,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 1 ? false : 5000),
  })
  return { ...result, path, events: result.data?.pages.flatMap((page) => page.value) }
}
