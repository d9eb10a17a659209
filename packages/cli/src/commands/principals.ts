import { AppError, type Principal } from '@fulcrum/contract'
import { UsageError } from '../cli-errors.ts'
import type { Session } from '../session.ts'

const collections = ['users', 'groups', 'servicePrincipals'] as const
const pathOf = ({ subscriptionId }: Session, collection: string): string =>
  `/subscriptions/${subscriptionId}/providers/Fulcrum.Identity/${collection}`

/** A user, group or service principal by its name or principal id. @throws UsageError */
export async function findPrincipal(session: Session, name: string): Promise<Principal> {
  for (const collection of collections) {
    const found = await session.client
      .get<Principal>(`${pathOf(session, collection)}/${encodeURIComponent(name)}`)
      .catch((error: unknown) => missing(error))
    if (found !== undefined) return found
  }
  throw new UsageError(`There is no user, group or service principal '${name}'.`)
}

/** Names by principal id, as far as the caller may read principals. */
export async function principalNames(session: Session): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  for (const collection of collections) {
    try {
      for await (const principal of session.client.list<Principal>(pathOf(session, collection)))
        names.set(principal.properties.principalId, principal.name)
    } catch (error) {
      missing(error)
    }
  }
  return names
}

/** What one may not read answers like what is not there. */
function missing(error: unknown): undefined {
  if (error instanceof AppError && (error.status === 404 || error.status === 403)) return undefined
  throw error
}
