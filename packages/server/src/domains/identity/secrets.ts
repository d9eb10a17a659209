import { conflict, notFound } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { issueCredential, revokeCredential, type Actor } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { readDirectoryForChange } from './directory.ts'
import { requireGrantable } from './guards.ts'
import { presentCredential, presentPrincipal } from './present.ts'
import { findPrincipal, listCredentials, type PrincipalRow } from './store.ts'

const dayMs = 86_400_000
const maximumSecrets = 2

async function requireServicePrincipal(db: Executor, name: string): Promise<PrincipalRow> {
  const row = await findPrincipal(db, name, 'ServicePrincipal')
  if (row === undefined) throw notFound('Service principal', name)
  return row
}

export async function listSecrets(ctx: Context, name: string) {
  const row = await requireServicePrincipal(ctx.db.kysely, name)
  const secrets = await listCredentials(ctx.db.kysely, { principalId: row.id, kind: 'sp', now: ctx.clock.now() })
  return secrets.map(presentCredential)
}

/** Issues a secret. Whoever has it acts as the service principal, so the caller must be able to grant what that holds. */
export async function addSecret(ctx: Context, actor: Actor, input: { principal: string; name: string; expiresInDays: number }) {
  return ctx.db.transaction(async (tx) => {
    const row = await requireServicePrincipal(tx, input.principal)
    // Two requests at once must not both find one secret.
    await tx.selectFrom('principals').select('id').where('id', '=', row.id).forUpdate().execute()
    const now = ctx.clock.now()
    const living = await listCredentials(tx, { principalId: row.id, kind: 'sp', now })
    if (living.length >= maximumSecrets) {
      throw conflict(
        `'${row.name}' has ${living.length} secrets already. Delete '${living[0]?.id}' (${living[0]?.name}) first.`,
        { target: row.name },
      )
    }
    await requireGrantable(tx, ctx, actor, { directory: await readDirectoryForChange(tx), holderId: row.id, recipientId: row.id })
    const issued = await issueCredential(tx, ctx, {
      kind: 'sp',
      principalId: row.id,
      name: input.name,
      lifetimeMs: input.expiresInDays * dayMs,
    })
    await announce(tx, ctx, actor, { row, credentialId: issued.id, verb: 'secretAdded', right: 'write' })
    return {
      id: issued.id,
      name: input.name,
      createdAt: now.toISOString(),
      expiresAt: issued.expiresAt.toISOString(),
      token: issued.token,
    }
  })
}

/** @returns false when the service principal has no such secret */
export async function deleteSecret(
  ctx: Context,
  actor: Actor,
  input: { principal: string; credentialId: string },
): Promise<boolean> {
  return ctx.db.transaction(async (tx) => {
    const row = await requireServicePrincipal(tx, input.principal)
    const secrets = await listCredentials(tx, { principalId: row.id, kind: 'sp', now: ctx.clock.now() })
    if (!secrets.some((secret) => secret.id === input.credentialId)) return false
    await revokeCredential(tx, ctx.clock, input.credentialId)
    await announce(tx, ctx, actor, { row, credentialId: input.credentialId, verb: 'secretDeleted', right: 'delete' })
    return true
  })
}

async function announce(
  tx: Executor,
  ctx: Context,
  actor: Actor,
  event: { row: PrincipalRow; credentialId: string; verb: string; right: 'write' | 'delete' },
): Promise<void> {
  await appendEvent(tx, ctx, actor, {
    type: `servicePrincipals.${event.verb}`,
    subject: presentPrincipal(ctx.config.subscriptionId, event.row).id,
    action: `Fulcrum.Identity/servicePrincipals/credentials/${event.right}`,
    data: { credentialId: event.credentialId },
  })
}
