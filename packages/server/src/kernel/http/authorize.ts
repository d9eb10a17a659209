import { AppError, expandPath, forbidden, notFound, type Operation } from '@fulcrum/contract'
import type { Actor } from '../auth/actor.ts'

/** The decision the router needs; implemented over the role tables. */
export interface Authorizer {
  /** True when the actor may exercise `action` at `scope`. */
  allows(actor: Actor, action: string, plane: 'control' | 'data', scope: string): Promise<boolean>
}

/** Checks the operation's declared permission. What the caller may not read answers like a missing thing. */
export async function authorizeOperation(
  authorizer: Authorizer,
  actor: Actor,
  operation: Operation,
  scope: string,
): Promise<void> {
  if (operation.action === 'public' || operation.action === 'authenticated' || operation.filtered === true) return
  await requireAction(authorizer, actor, { action: operation.action, plane: operation.plane, scope })
}

/** The same answer for rights that only the body tells. @throws ResourceNotFound · AuthorizationFailed */
export async function requireAction(
  authorizer: Authorizer,
  actor: Actor,
  { action, plane, scope }: { action: string; plane: 'control' | 'data'; scope: string },
): Promise<void> {
  if (await authorizer.allows(actor, action, plane, scope)) return
  const readAction = readActionOf(action)
  const mayRead = readAction !== action && (await authorizer.allows(actor, readAction, 'control', scope))
  throw mayRead ? forbidden(action, scope) : notFound('Resource', scope)
}

/** `…/models/write`, `…/listKeys/action` → the read action of the same type. */
function readActionOf(action: string): string {
  const parts = action.split('/')
  const cut = parts.at(-1) === 'action' ? 2 : 1
  return [...parts.slice(0, -cut), 'read'].join('/')
}

export function scopeOfRequest(operation: Operation, params: Readonly<Record<string, string>>): string {
  const scope = expandPath(operation.scope, params, true)
  if (scope.includes('//')) throw new AppError('BadRequest', `'${scope}' is not a valid resource path.`)
  return scope === '' ? '/' : scope.startsWith('/') ? scope : `/${scope}`
}
