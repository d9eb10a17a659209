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

export interface StorageGrant {
  readonly account: string
  readonly container: string
  /** Names must begin with it; empty = the whole container. */
  readonly prefix: string
  /** Of `racwdl`: read, add, create, write, delete, list. */
  readonly permissions: string
}

/** The platform itself: controllers and start-up steps. Passes authorization; its actions are audited like any other. */
export const systemActor: Actor = { id: 'system', name: 'fulcrum', kind: 'System', groups: [] }
