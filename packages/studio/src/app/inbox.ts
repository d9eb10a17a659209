import { useQuery } from '@tanstack/react-query'
import { api } from '../api.ts'
import { useSession } from './queries.ts'

/** One open gate that waits for the caller, as the server's inbox gives it. */
export interface InboxEntry {
  readonly releaseId: string
  readonly release: string
  readonly gate: string
  readonly displayName: string
  readonly model?: { readonly name: string; readonly version: string }
  readonly author: { readonly id: string; readonly name: string }
  readonly since: string
  readonly mayDecide: boolean
  readonly reason?: string
}

/** Open gates whose approvers the caller belongs to. */
export function useInbox() {
  const { subscriptionId } = useSession()
  return useQuery({
    queryKey: ['arm-type', 'Fulcrum.Delivery/releases', 'inbox'],
    queryFn: async ({ signal }) => {
      const path = `/subscriptions/${subscriptionId}/providers/Fulcrum.Delivery/inbox`
      return (await api.get<{ value: readonly InboxEntry[] }>(path, { signal })).value
    },
  })
}
