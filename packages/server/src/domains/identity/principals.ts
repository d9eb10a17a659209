import {
  conflict,
  invalid,
  notFound,
  principalCollections,
  principalNamePattern,
  type PrincipalCollection,
  type PrincipalProperties,
} from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { bumpAuthorizationGeneration } from '../../kernel/authz/index.ts'
import type { Tx } from '../../kernel/db/database.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { listResources } from '../../kernel/resources/index.ts'
import { readDirectoryForChange } from './directory.ts'
import { refuseLosingLastOwner, requireGrantable } from './guards.ts'
import { presentPrincipal } from './present.ts'
import { findPrincipal, type PrincipalKind, type PrincipalRow } from './store.ts'

const roleAssignmentType = 'Microsoft.Authorization/roleAssignments'

export interface PrincipalDraft {
  readonly kind: PrincipalKind
  readonly name: string
  readonly properties?: PrincipalProperties
  /** Chosen by the caller when something else must name it first; a new one when absent. */
  readonly id?: string
  /** For a managed identity: the resource it lives with; for a workload: its submitter. */
  readonly ownerId?: string
}

/** The principal of this kind and name, created when it is missing. Call it in a transaction. */
export async function ensurePrincipalIn(
  tx: Executor,
  ctx: Context,
  actor: Actor,
  draft: PrincipalDraft,
): Promise<{ row: PrincipalRow; created: boolean }> {
  const existing = await findPrincipal(tx, draft.name, draft.kind)
  if (existing !== undefined) return { row: existing, created: false }
  const { kind, name, properties } = draft
  const isApplication = kind === 'ServicePrincipal' || kind === 'ManagedIdentity'
  const row = await tx
    .insertInto('principals')
    .values({
      id: draft.id ?? ctx.ids.uuid(),
      kind,
      name,
      display_name: properties?.displayName ?? name,
      email: properties?.email ?? null,
      application_id: isApplication ? ctx.ids.uuid() : null,
      owner_id: draft.ownerId ?? null,
      enabled: properties?.enabled ?? true,
      created_at: ctx.clock.now(),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  await announce(tx, ctx, actor, { row, verb: 'created', right: 'write' })
  return { row, created: true }
}

/**
 * Creates or changes one principal. Who cannot grant what it holds cannot shut it out or let it in again.
 * @throws LastOwner when it disables the last owner of a scope · AuthorizationFailed
 */
export async function putPrincipal(
  ctx: Context,
  actor: Actor,
  input: { collection: PrincipalCollection; name: string; properties: PrincipalProperties; mustExist: boolean },
): Promise<{ row: PrincipalRow; created: boolean }> {
  const { kind, title } = principalCollections[input.collection]
  return ctx.db.transaction(async (tx) => {
    const existing = await findPrincipal(tx, input.name, kind)
    if (existing !== undefined)
      return { row: await change(tx, ctx, actor, { existing, properties: input.properties }), created: false }
    if (input.mustExist) throw notFound(title, input.name)
    if (!principalNamePattern.test(input.name)) {
      throw invalid(`${title} name '${input.name}' is not valid: it must match ${principalNamePattern.source}.`, {
        target: 'name',
      })
    }
    return ensurePrincipalIn(tx, ctx, actor, { kind, name: input.name, properties: input.properties })
  })
}

async function change(
  tx: Tx,
  ctx: Context,
  actor: Actor,
  { existing, properties }: { existing: PrincipalRow; properties: PrincipalProperties },
): Promise<PrincipalRow> {
  const enabled = properties.enabled ?? existing.enabled
  if (existing.enabled !== enabled) {
    const before = await readDirectoryForChange(tx)
    await requireGrantable(tx, ctx, actor, { directory: before, holderId: existing.id, recipientId: existing.id })
    await refuseLosingLastOwner(tx, ctx, {
      before,
      after: { ...before, enabled: new Map(before.enabled).set(existing.id, enabled) },
    })
  }
  const row = await tx
    .updateTable('principals')
    .set({
      display_name: properties.displayName ?? existing.display_name,
      email: properties.email === undefined ? existing.email : properties.email,
      enabled,
      // Tokens that were signed before carry the old epoch and stop working.
      epoch: existing.enabled && !enabled ? existing.epoch + 1 : existing.epoch,
    })
    .where('id', '=', existing.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  if (existing.enabled !== enabled) await bumpAuthorizationGeneration(tx)
  await announce(tx, ctx, actor, { row, verb: 'updated', right: 'write' })
  return row
}

/** Deletes a principal with its credentials, memberships and role assignments. @returns false when there was none */
export async function deletePrincipal(
  ctx: Context,
  actor: Actor,
  input: { collection: PrincipalCollection; name: string },
): Promise<boolean> {
  const { kind } = principalCollections[input.collection]
  return ctx.db.transaction(async (tx) => {
    const row = await findPrincipal(tx, input.name, kind)
    if (row === undefined) return false
    if (row.id === actor.id) throw conflict('You cannot delete yourself. Let another administrator do it.', { target: row.name })
    await requireGrantable(tx, ctx, actor, { directory: await readDirectoryForChange(tx), holderId: row.id, recipientId: row.id })
    await removePrincipalIn(tx, ctx, actor, row)
    return true
  })
}

/** As {@link deletePrincipal}, inside a transaction of the caller. */
export async function removePrincipalIn(tx: Executor, ctx: Context, actor: Actor, row: PrincipalRow): Promise<void> {
  const before = await readDirectoryForChange(tx)
  await refuseLosingLastOwner(tx, ctx, {
    before,
    after: {
      enabled: new Map([...before.enabled].filter(([id]) => id !== row.id)),
      isGroup: before.isGroup,
      memberships: before.memberships.filter((pair) => !pair.includes(row.id)),
    },
    tables: (tables) => ({
      ...tables,
      roleAssignments: tables.roleAssignments.filter((item) => item.principalId.toLowerCase() !== row.id),
    }),
  })
  const assignments = await listResources(tx, {
    type: roleAssignmentType,
    matching: [{ path: ['principalId'], anyOf: [row.id] }],
    limit: 10_000,
  })
  // Straight from the store: the hooks of single deletions would see a state that is half gone.
  for (const assignment of assignments) await tx.deleteFrom('resources').where('id', '=', assignment.id.toLowerCase()).execute()
  await tx.deleteFrom('principals').where('id', '=', row.id).execute()
  await bumpAuthorizationGeneration(tx)
  await announce(tx, ctx, actor, {
    row,
    verb: 'deleted',
    right: 'delete',
    data: { roleAssignments: assignments.map((item) => item.id) },
  })
}

async function announce(
  tx: Executor,
  ctx: Context,
  actor: Actor,
  event: { row: PrincipalRow; verb: string; right: 'write' | 'delete'; data?: Record<string, unknown> },
): Promise<void> {
  const { id, type } = presentPrincipal(ctx.config.subscriptionId, event.row)
  const noun = type.slice(type.indexOf('/') + 1)
  await appendEvent(tx, ctx, actor, {
    type: `${noun}.${event.verb}`,
    subject: id,
    action: `${type}/${event.right}`,
    data: { principalId: event.row.id, enabled: event.row.enabled, ...event.data },
  })
}
