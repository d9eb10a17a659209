import { AppError, invalid, notFound, preconditionFailed } from '@fulcrum/contract'
import { canonicalJson } from '../canonical-json.ts'
import type { Actor } from '../auth/actor.ts'
import type { Clock } from '../clock.ts'
import type { Db } from '../db/database.ts'
import type { Executor } from '../db/schema.ts'
import { appendEvent } from '../events/events.ts'
import type { Ids } from '../ids.ts'
import { settleAsyncOperations, startAsyncOperation, type AsyncOperationError } from '../operations/async-operations.ts'
import type { JsonObject } from '../tables.ts'
import { enqueueTask } from '../tasks/tasks.ts'
import { KindRegistry } from './behaviours.ts'
import { refuseIfLocked } from './locks.ts'
import { parseEtag } from './present.ts'
import { deleteResourceTree, findResource, insertResource, mergeStatus, parentScopeOf, replaceResource } from './store.ts'
import type { KindBehaviour, ResourceBody, ResourceWrite, StoredResource } from './types.ts'

export interface WriteOptions {
  /** `If-Match` as sent; `*` = must exist. */
  readonly ifMatch?: string | undefined
  /** `If-None-Match: *`: must not exist. */
  readonly ifNoneMatch?: string | undefined
  readonly requestId?: string | undefined
}

export interface WriteResult {
  readonly resource: StoredResource
  readonly created: boolean
  /** Set when the write goes on in the background. */
  readonly operationId: string | undefined
}

/** Every write to a resource goes through here: schema, rules, locks, etag, row, event and follow-up task in one transaction. */
export class ResourceService {
  readonly kinds = new KindRegistry()
  readonly #db: Db
  readonly #source: { readonly clock: Clock; readonly ids: Ids }

  constructor(options: { db: Db; clock: Clock; ids: Ids }) {
    this.#db = options.db
    this.#source = { clock: options.clock, ids: options.ids }
  }

  find(id: string, db: Executor = this.#db.kysely): Promise<StoredResource | undefined> {
    return findResource(db, id)
  }

  /** @throws ResourceNotFound */
  async require(id: string, db: Executor = this.#db.kysely): Promise<StoredResource> {
    const resource = await findResource(db, id)
    if (resource === undefined) throw notFound('Resource', id)
    return resource
  }

  put(actor: Actor, id: string, body: ResourceBody, options: WriteOptions & { type: string }): Promise<WriteResult> {
    return this.#db.transaction((tx) => this.putIn(tx, actor, { id, body, ...options }))
  }

  /** As {@link put}, inside a transaction of the caller. */
  async putIn(
    tx: Executor,
    actor: Actor,
    change: { id: string; type: string; body: ResourceBody } & WriteOptions,
  ): Promise<WriteResult> {
    const { id, type } = change
    const behaviour = this.kinds.require(type)
    refuseBadName(behaviour, id)
    await refuseIfLocked(tx, id, 'write')
    const existing = await findResource(tx, id, { forUpdate: true })
    checkPreconditions(id, existing, change)
    if (existing === undefined) await this.#requireParent(tx, actor, behaviour, id)
    const parsed = parseProperties(behaviour, change.body)
    const draft: ResourceWrite = { id, actor, existing, body: parsed }
    const write: ResourceWrite = { ...draft, body: behaviour.defaults?.(draft) ?? parsed }
    if (existing !== undefined) refuseChange(behaviour, existing, write)
    for (const guard of this.kinds.guards) await guard(tx, write, type)
    await behaviour.validate?.(tx, write)
    return this.#store(tx, behaviour, write, change.requestId)
  }

  async patch(
    actor: Actor,
    id: string,
    patch: Partial<ResourceBody>,
    options: WriteOptions & { type: string },
  ): Promise<WriteResult> {
    return this.#db.transaction(async (tx) => {
      const existing = await findResource(tx, id, { forUpdate: true })
      if (existing === undefined) throw notFound('Resource', id)
      const body: ResourceBody = {
        location: existing.location,
        tags: patch.tags ?? existing.tags,
        identity: patch.identity ?? existing.identity,
        sku: patch.sku === undefined ? existing.sku : { ...existing.sku, ...patch.sku },
        kind: existing.kind,
        properties: this.kinds.require(options.type).patchProperties?.(existing.properties, patch.properties ?? {}) ?? {
          ...existing.properties,
          ...patch.properties,
        },
      }
      return this.putIn(tx, actor, { id, body, ...options })
    })
  }

  /** @returns `undefined` when there was nothing to delete; an operation id when the deletion goes on in the background */
  async delete(
    actor: Actor,
    id: string,
    options: WriteOptions & { type: string },
  ): Promise<{ operationId: string | undefined } | undefined> {
    return this.#db.transaction(async (tx) => {
      const behaviour = this.kinds.require(options.type)
      const resource = await findResource(tx, id, { forUpdate: true })
      if (resource === undefined) return undefined
      checkPreconditions(id, resource, options)
      await refuseIfLocked(tx, id, 'delete')
      await behaviour.beforeDelete?.(tx, resource, actor)
      if (behaviour.kind.longRunning !== true) {
        await this.removeIn(tx, actor, resource, options.requestId)
        return { operationId: undefined }
      }
      await mergeStatus(tx, id, { provisioningState: 'Deleting' })
      const operationId = await startAsyncOperation(tx, this.#source, actor, { resourceId: id, kind: 'delete' })
      await enqueueTask(tx, { kind: reconcileKind(behaviour), key: id.toLowerCase() })
      return { operationId }
    })
  }

  /** Removes a resource and all below it now; controllers call it when a background deletion is done. */
  async removeIn(tx: Executor, actor: Actor, resource: StoredResource, requestId?: string): Promise<void> {
    const behaviour = this.kinds.require(resource.type)
    await deleteResourceTree(tx, resource.id)
    await settleAsyncOperations(tx, this.#source.clock.now(), { resourceId: resource.id, provisioningState: 'Succeeded' })
    await behaviour.afterDelete?.(tx, resource, actor)
    await appendEvent(
      tx,
      this.#source,
      actor,
      { type: `${behaviour.kind.noun}.deleted`, subject: resource.id, action: `${behaviour.kind.type}/delete` },
      requestId,
    )
    if (behaviour.reconciled === true && behaviour.kind.longRunning !== true) {
      await enqueueTask(tx, { kind: reconcileKind(behaviour), key: resource.id.toLowerCase() })
    }
  }

  /** Status as controllers see it; ends open operations when `provisioningState` becomes terminal. */
  async updateStatus(
    tx: Executor,
    id: string,
    patch: JsonObject,
    error?: AsyncOperationError,
  ): Promise<StoredResource | undefined> {
    const resource = await mergeStatus(tx, id, patch)
    const state = patch['provisioningState']
    if (resource !== undefined && typeof state === 'string') {
      await settleAsyncOperations(tx, this.#source.clock.now(), {
        resourceId: id,
        provisioningState: state,
        ...(error === undefined ? {} : { error }),
      })
    }
    return resource
  }

  async #store(
    tx: Executor,
    behaviour: KindBehaviour,
    write: ResourceWrite,
    requestId: string | undefined,
  ): Promise<WriteResult> {
    const { id, actor, existing, body } = write
    const now = this.#source.clock.now()
    const longRunning = behaviour.kind.longRunning === true
    const fresh = behaviour.statusOnWrite?.(write) ?? {
      provisioningState: longRunning ? (existing === undefined ? 'Creating' : 'Updating') : 'Succeeded',
    }
    const status = { ...existing?.status, ...fresh }
    const resource =
      existing === undefined
        ? await insertResource(tx, { id, type: behaviour.kind.type, body, status, actor, now })
        : await replaceResource(tx, { id, body, status, actor, now })
    await behaviour.afterWrite?.(tx, resource, write)
    for (const observer of this.kinds.observersOf(behaviour.kind.type)) await observer(tx, resource, write)
    const verb = existing === undefined ? 'created' : 'updated'
    await appendEvent(
      tx,
      this.#source,
      actor,
      {
        type: `${behaviour.kind.noun}.${verb}`,
        subject: resource.id,
        action: `${behaviour.kind.type}/write`,
        data: { etag: resource.etag, ...behaviour.eventData?.(resource) },
      },
      requestId,
    )
    if (behaviour.reconciled === true || longRunning)
      await enqueueTask(tx, { kind: reconcileKind(behaviour), key: id.toLowerCase() })
    const operationId = longRunning
      ? await startAsyncOperation(tx, this.#source, actor, { resourceId: id, kind: 'write' })
      : undefined
    return { resource, created: existing === undefined, operationId }
  }

  async #requireParent(tx: Executor, actor: Actor, behaviour: KindBehaviour, id: string): Promise<void> {
    const parent = parentScopeOf(id)
    if (behaviour.kind.placement === 'subscription' || /^\/subscriptions\/[^/]+$/.test(parent)) return
    if ((await findResource(tx, parent)) !== undefined) return
    const parentId = id.slice(0, parent.length)
    if (behaviour.createsParent === true) {
      const parentType = behaviour.kind.type.split('/').slice(0, -1).join('/')
      await this.putIn(tx, actor, { id: parentId, type: parentType, body: { properties: {} } })
      return
    }
    const isGroup = /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+$/.test(parent)
    throw isGroup
      ? new AppError(
          'ResourceGroupNotFound',
          `Resource group '${parentId.split('/').at(-1)}' could not be found. Create it first.`,
          { target: parentId },
        )
      : notFound('Parent resource', parentId, 'Create it first.')
  }
}

/** The task kind under which the controller of a resource kind is registered. */
export function reconcileKind(behaviour: Pick<KindBehaviour, 'kind'>): string {
  return `reconcile:${behaviour.kind.type.toLowerCase()}`
}

function parseProperties(behaviour: KindBehaviour, body: ResourceBody): ResourceBody {
  const parsed = behaviour.kind.properties.safeParse(body.properties)
  if (parsed.success) return { ...body, properties: parsed.data as JsonObject }
  const details = parsed.error.issues.map((issue) => ({
    code: 'InvalidValue',
    message: issue.message,
    target: ['properties', ...issue.path].join('.'),
  }))
  throw invalid(`${behaviour.kind.title}: ${details[0]?.target}: ${details[0]?.message}`, {
    target: details[0]?.target ?? 'properties',
    details,
  })
}

const defaultNamePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/

function refuseBadName(behaviour: KindBehaviour, id: string): void {
  const name = id.slice(id.lastIndexOf('/') + 1)
  const pattern = behaviour.kind.namePattern ?? defaultNamePattern
  if (!pattern.test(name)) {
    throw invalid(`${behaviour.kind.title} name '${name}' is not valid: it must match ${pattern.source}.`, { target: 'name' })
  }
}

function checkPreconditions(id: string, existing: StoredResource | undefined, options: WriteOptions): void {
  if (options.ifNoneMatch?.trim() === '*' && existing !== undefined) throw preconditionFailed(id)
  if (options.ifMatch === undefined) return
  const wanted = options.ifMatch.trim()
  if (existing === undefined || (wanted !== '*' && parseEtag(wanted) !== existing.etag)) throw preconditionFailed(id)
}

function refuseChange(behaviour: KindBehaviour, existing: StoredResource, write: ResourceWrite): void {
  for (const member of behaviour.immutableMembers ?? []) {
    if (canonicalJson(existing.properties[member] ?? null) === canonicalJson(write.body.properties[member] ?? null)) continue
    throw new AppError(
      'Conflict',
      `'${existing.id}' exists and its '${member}' cannot be changed; create a new version instead.`,
      {
        target: `properties.${member}`,
      },
    )
  }
}
