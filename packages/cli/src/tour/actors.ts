import { createClient, type Client } from '@fulcrum/sdk'
import type { Connection } from '../connection.ts'
import type { TourStore } from './state.ts'

const servicePrincipals = new Set(['ci-cd', 'flight-app', 'monitoring', 'governance'])

/**
 * Clients that speak as the demo principals. The administrator issues each of them a credential once; what they may do is what their
 * roles say.
 */
export function createActors(connection: Connection, admin: Client, store: TourStore): (name: string) => Promise<Client> {
  const identity = `/subscriptions/${connection.subscriptionId}/providers/Fulcrum.Identity`
  const clients = new Map<string, Promise<Client>>()
  const open = async (name: string): Promise<Client> => {
    const known = store.state.tokens[name]
    const token = known ?? (await issue(name))
    if (known === undefined) {
      store.state.tokens[name] = token
      await store.save()
    }
    return createClient({ baseUrl: connection.apiUrl, token })
  }
  const issue = async (name: string): Promise<string> => {
    const collection = servicePrincipals.has(name) ? 'servicePrincipals' : 'users'
    const answer = await admin.post<{ token: string }>(`${identity}/${collection}/${name}/credentials`, {
      name: 'guided tour',
      expiresInDays: 30,
    })
    return answer.token
  }
  return (name) => {
    const client = clients.get(name) ?? open(name)
    clients.set(name, client)
    client.catch(() => clients.delete(name))
    return client
  }
}
