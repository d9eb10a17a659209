import type { Resource, ResourceKind } from '@fulcrum/contract'
import type { Actor } from '../auth/actor.ts'
import type { Executor } from '../db/schema.ts'
import type { JsonObject } from '../tables.ts'

/** A resource as stored: `properties` is what was asked, `status` what is. */
export interface StoredResource {
  /** As first written; compare through {@link sameId} or lower case. */
  readonly id: string
  readonly type: string
  readonly name: string
  readonly location: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly identity: JsonObject | undefined
  readonly sku: JsonObject | undefined
  readonly kind: string | undefined
  readonly properties: JsonObject
  readonly status: JsonObject
  readonly etag: number
  readonly createdSequence: number
  readonly createdBy: string
  readonly createdByType: string
  readonly createdAt: Date
  readonly modifiedBy: string
  readonly modifiedByType: string
  readonly modifiedAt: Date
}

/** What a client may set. */
export interface ResourceBody {
  readonly location?: string | undefined
  readonly tags?: Readonly<Record<string, string>> | null | undefined
  readonly identity?: JsonObject | null | undefined
  readonly sku?: JsonObject | null | undefined
  readonly kind?: string | null | undefined
  readonly properties: JsonObject
}

/** A change on its way: before, after, by whom. */
export interface ResourceWrite {
  readonly id: string
  readonly actor: Actor
  readonly existing: StoredResource | undefined
  readonly body: ResourceBody
}

/** Sees a write to a kind of another domain; a throw undoes the write. */
export type WriteObserver = (tx: Executor, resource: StoredResource, write: ResourceWrite) => Promise<void>

/** Refuses a write to any kind by throwing; asked before the kind's own rules. */
export type WriteGuard = (tx: Executor, write: ResourceWrite, type: string) => Promise<void>

/** What a domain adds to a kind. All hooks run in the transaction of the write. */
export interface KindBehaviour {
  readonly kind: ResourceKind
  /** Completes what the client left out. Pure. */
  defaults?(write: ResourceWrite): ResourceBody
  /** Rules beyond the schema; throws an AppError that teaches. */
  validate?(tx: Executor, write: ResourceWrite): Promise<void>
  /** Status of the resource after this write; default `{ provisioningState: 'Succeeded' }`, merged over the old status. */
  statusOnWrite?(write: ResourceWrite): JsonObject
  afterWrite?(tx: Executor, resource: StoredResource, write: ResourceWrite): Promise<void>
  /** Members of the `created` and `updated` events' data, for subscribers that must not read the resource as it is later. */
  eventData?(resource: StoredResource): JsonObject
  beforeDelete?(tx: Executor, resource: StoredResource, actor: Actor): Promise<void>
  afterDelete?(tx: Executor, resource: StoredResource, actor: Actor): Promise<void>
  /**
   * The `properties` a client sees; default: properties with status on top. Must drop secrets.
   * @param origin scheme and host by which the client reached us; addresses in the answer follow it
   */
  present?(resource: StoredResource, origin?: string): JsonObject
  /**
   * What clients of Azure's data plane (api-version `…-dataplanepreview`) are shown instead: ids of registries, URLs of storage.
   * Kinds that have it answer 202 to their PUT of a version there, as those clients insist.
   */
  presentDataPlane?(shown: Resource, origin: string): Promise<Resource>
  /** Members of the envelope beyond the common ones. */
  presentEnvelope?(resource: StoredResource): JsonObject
  /** How a PATCH changes `properties`; default: members replace members. */
  patchProperties?(existing: JsonObject, patch: JsonObject): JsonObject
  /** What is shown where nothing is stored, for what comes with the platform. Asked after the right to read was checked. */
  standIn?(id: string): Promise<StoredResource | undefined>
  /** A write that is done at once still names an operation: some clients read the answer rightly only at the end of one. */
  readonly answersAsOperation?: boolean
  /** Enqueues the task `reconcile:<type>` (key: lower-case id) with every write and deletion. */
  readonly reconciled?: boolean
  /** A missing parent container is created by the first child, as Azure does for `models/{name}`. */
  readonly createsParent?: boolean
  /** Members of `properties` that may not change once written; another value is refused with 409. */
  readonly immutableMembers?: readonly string[]
}
