import { queryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { api, ApiError, type ArmResource, type Page, type Query } from '../api.ts'
import { machineLearning, parseArmId } from '../arm.ts'

/** Who is signed in, as `GET /auth/me` answers. */
export interface Session {
  /** Id of the principal; role assignments and gates name it. */
  readonly id: string
  readonly name: string
  readonly displayName?: string
  readonly email?: string
  readonly kind?: string
  readonly groups: readonly { readonly id: string; readonly name: string }[]
  readonly subscriptionId: string
  readonly workspaces: readonly {
    readonly id: string
    readonly name: string
    readonly resourceGroup: string
    /** Label of its resource group: dev, qa, test, prod. */
    readonly environment?: string
  }[]
}

/** Who is signed in; only below the sign-in gate. */
export function useSession(): Session {
  const { data } = useQuery(sessionQuery())
  if (!data) throw new Error('Only for pages of somebody signed in')
  return data
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

/** What the pages need to know of a list. */
export interface ArmList<T> {
  readonly rows: readonly T[] | undefined
  readonly error: Error | undefined
  retry(): void
  loadMore(): void
}

/** A list by pages; `rows` holds all pages loaded so far. */
export function useArmList<T>(path: string | undefined, query: Query = {}): ArmList<T> {
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

/**
 * Every resource of a type, gathered from all resource groups one may read, newest first.
 * @param type such as `Fulcrum.Delivery/releases`; its own list is per resource group
 */
export function useInstanceList<T extends ArmResource<unknown>>(type: string): ArmList<T> {
  const { subscriptionId, error } = useSubscription()
  const groups = useArmList<ArmResource<unknown>>(subscriptionId && `/subscriptions/${subscriptionId}/resourceGroups`)
  const ids = groups.rows?.map((group) => group.id)
  const result = useQuery({
    queryKey: ['arm-type', type, ids],
    queryFn: async ({ signal }) => {
      const pages = await Promise.all((ids ?? []).map((id) => api.get<Page<T>>(`${id}/providers/${type}`, { signal })))
      const createdAt = (row: T) => row.systemData?.createdAt ?? ''
      return pages.flatMap((page) => page.value).toSorted((a, b) => createdAt(b).localeCompare(createdAt(a)))
    },
    enabled: ids !== undefined,
  })
  return {
    rows: result.data,
    error: error ?? groups.error ?? result.error ?? undefined,
    retry: () => (groups.rows ? void result.refetch() : groups.retry()),
    loadMore: () => undefined,
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
