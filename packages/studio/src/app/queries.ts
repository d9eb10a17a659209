import { queryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { api, ApiError, type ArmResource, type Page, type Query } from '../api.ts'
import { machineLearning, parseArmId } from '../arm.ts'

/** Who is signed in, as `GET /auth/me` answers. */
export interface Session {
  readonly name?: string
  readonly displayName?: string
  readonly email?: string
}

/** Undefined data means: nobody is signed in. */
export function sessionQuery() {
  return queryOptions({
    queryKey: ['session'],
    queryFn: async ({ signal }): Promise<Session | null> => {
      try {
        return await api.get<Session>('/auth/me', { signal })
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null
        throw error
      }
    },
    staleTime: 60_000,
  })
}

/** Key of everything that is read from an ARM path; live events find it by the path. */
export function armKey(path: string, query: Query = {}): readonly unknown[] {
  return ['arm', path, query]
}

/** One resource, by its id. */
export function resourceQuery<T = ArmResource<Record<string, unknown>>>(id: string | undefined) {
  return queryOptions({
    queryKey: armKey(id ?? ''),
    queryFn: ({ signal }) => api.get<T>(id ?? '', { signal }),
    enabled: id !== undefined,
  })
}

/** A list by pages; `rows` holds all pages loaded so far. */
export function useArmList<T>(path: string | undefined, query: Query = {}) {
  const result = useInfiniteQuery({
    queryKey: [...armKey(path ?? '', query), 'pages'],
    queryFn: ({ pageParam, signal }) =>
      pageParam ? api.next<T>(pageParam, { signal }) : api.get<Page<T>>(path ?? '', { query, signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextLink || undefined,
    enabled: path !== undefined,
  })
  return {
    rows: result.data?.pages.flatMap((page) => page.value),
    error: result.error instanceof Error ? result.error : undefined,
    retry: () => void result.refetch(),
    loadMore: () => {
      if (result.hasNextPage && !result.isFetchingNextPage) void result.fetchNextPage()
    },
  }
}

interface Subscription {
  readonly subscriptionId: string
  readonly displayName?: string
}

/** The first subscription one may see; an instance has one. */
export function useSubscription() {
  const query = useQuery({
    queryKey: armKey('/subscriptions'),
    queryFn: ({ signal }) => api.get<Page<Subscription>>('/subscriptions', { signal }),
    staleTime: 300_000,
  })
  return { ...query, subscriptionId: query.data?.value[0]?.subscriptionId }
}

/** A workspace as the switcher and the pages need it. */
export interface WorkspaceRef {
  readonly id: string
  readonly name: string
  readonly resourceGroup: string
  readonly location: string | undefined
  readonly friendlyName: string | undefined
  readonly provisioningState: string | undefined
  readonly tags: Readonly<Record<string, string>>
  /** Base path in the studio. */
  readonly path: string
}

/** Every workspace one may read, in all resource groups. */
export function useWorkspaces() {
  const subscription = useSubscription()
  const path =
    subscription.subscriptionId && `/subscriptions/${subscription.subscriptionId}/providers/${machineLearning}/workspaces`
  const list = useArmList<ArmResource<{ friendlyName?: string; provisioningState?: string }>>(path || undefined)
  const isWithoutSubscription = subscription.isSuccess && !subscription.subscriptionId
  return {
    ...list,
    error: subscription.error ?? list.error,
    workspaces: isWithoutSubscription ? [] : list.rows?.map(toWorkspaceRef),
    retry: () => void subscription.refetch().then(list.retry),
  }
}

function toWorkspaceRef(resource: ArmResource<{ friendlyName?: string; provisioningState?: string }>): WorkspaceRef {
  const resourceGroup = parseArmId(resource.id)?.resourceGroup ?? ''
  return {
    id: resource.id,
    name: resource.name,
    resourceGroup,
    location: resource.location,
    friendlyName: resource.properties.friendlyName,
    provisioningState: resource.properties.provisioningState,
    tags: resource.tags ?? {},
    path: `/w/${encodeURIComponent(resourceGroup)}/${encodeURIComponent(resource.name)}`,
  }
}
