import { notFound, parentIdOf } from '@fulcrum/contract'
import type { AuthorizationService } from '../authz/service.ts'
import { coversScope } from '../authz/scope.ts'
import type { ScopeFilter } from '../authz/types.ts'
import type { ApiRequest } from '../http/types.ts'
import type { ResourceService } from './service.ts'
import type { KindBehaviour } from './types.ts'

interface EmptyList {
  readonly behaviour: KindBehaviour
  readonly request: ApiRequest
  /** Where the actor may read items of the kind. */
  readonly scopes: ScopeFilter
}

/**
 * Tells an empty list from a list of something that is not there. Whoever may see neither the parent nor anything below
 * it gets the answer for a missing one.
 * @throws ResourceNotFound
 */
export async function requireListedParent(
  { resources, authorization }: { readonly resources: ResourceService; readonly authorization: AuthorizationService },
  { behaviour, request, scopes }: EmptyList,
): Promise<void> {
  const parent = parentKindOf(resources, behaviour)
  // Clients ask by its hash whether code is there already, below a name that they have just made up.
  if (parent === undefined || 'hash' in (request.query as object)) return
  const { actor, operation, scope } = request
  const mayRead = (action: string) => authorization.allows(actor, action, 'control', scope)
  // Clients ask for the newest version below a name that has none yet, and take an empty list for "the first".
  const mustExist = behaviour.createsParent === true ? parentIdOf(scope) : scope
  const isThere = mustExist !== undefined && (await resources.find(mustExist)) !== undefined
  const isSeen =
    isThere &&
    (scopes.allow.some((allowed) => coversScope(scope.toLowerCase(), allowed)) ||
      (await mayRead(operation.action)) ||
      (await mayRead(`${parent.kind.type}/read`)))
  if (!isSeen) throw notFound('Parent resource', scope)
}

/** The kind of resource that the kind lies below; `undefined` below a group or subscription. */
function parentKindOf(resources: ResourceService, { kind }: KindBehaviour): KindBehaviour | undefined {
  return kind.placement === 'extension' ? undefined : resources.kinds.find(kind.type.split('/').slice(0, -1).join('/'))
}
