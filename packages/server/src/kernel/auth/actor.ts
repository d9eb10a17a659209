/** Who acts: a principal with its groups, and the credential it came with. */
export interface Actor {
  readonly id: string
  readonly name: string
  readonly kind: 'User' | 'ServicePrincipal' | 'ManagedIdentity' | 'System'
  /** Ids of all groups the principal belongs to, transitively. */
  readonly groups: readonly string[]
  /** Patterns that narrow what the credential may do; absent = everything the principal may. */
  readonly tokenScopes?: readonly string[]
  readonly credentialId?: string
  /** What a job or deployment credential is bound to: the resource id whose end kills it. */
  readonly boundTo?: string
  /** The principal on whose behalf a workload acts. */
  readonly onBehalfOf?: string
  /** A signed URL instead of a token: valid for this storage path and these permissions, and for nothing else. */
  readonly storageGrant?: StorageGrant
  /** True when the caller came with a session cookie and must prove the origin of its request. */
  readonly viaCookie?: boolean
}

/** What a signed storage request may do, whoever sends it. */
export interface StorageGrant {
  readonly account: string
  /** Absent: every container of the account. */
  readonly container?: string
  /** Names must be below it; empty = all of the container. */
  readonly prefix: string
  /** True when `prefix` is the one name allowed. */
  readonly exact?: boolean
  /** The one snapshot of that name that is allowed. */
  readonly snapshot?: string
  /** Letters of Azure's permissions: read, add, create, write, delete, list, tags, move, execute … */
  readonly permissions: string
  /** Of `sco`: the service, containers, objects. */
  readonly levels: string
  /** True when the actor's own roles must allow it as well: the actor signed it. */
  readonly withinRoles?: boolean
}

/** The platform itself: controllers and start-up steps. Passes authorization; its actions are audited like any other. */
export const systemActor: Actor = { id: 'system', name: 'fulcrum', kind: 'System', groups: [] }
