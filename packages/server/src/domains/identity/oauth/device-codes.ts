import { createHash } from 'node:crypto'
import { AppError, notFound } from '@fulcrum/contract'
import type { Selectable } from 'kysely'
import type { Context } from '../../../context.ts'
import type { Actor } from '../../../kernel/auth/index.ts'
import type { Executor } from '../../../kernel/db/schema.ts'
import { appendEvent } from '../../../kernel/events/index.ts'
import type { DeviceCodesTable } from '../tables.ts'
import { OAuthError } from './oauth-error.ts'

export const deviceCodeLifetimeMs = 15 * 60_000
export const pollIntervalSeconds = 5
const maximumOpen = 200
/** Without vowels and look-alikes: no words, nothing to misread (RFC 8628 §6.1). */
const userCodeAlphabet = 'BCDFGHJKLMNPQRSTVWXZ'

type DeviceCodeRow = Selectable<DeviceCodesTable>

export interface DeviceCode {
  readonly deviceCode: string
  readonly userCode: string
}

/** Starts a device flow. @throws OAuthError when very many are open */
export async function createDeviceCode(ctx: Context, wanted: { clientId: string; audience: string }): Promise<DeviceCode> {
  const now = ctx.clock.now()
  const deviceCode = ctx.ids.base62(43)
  const userCode = randomUserCode(ctx)
  await ctx.db.transaction(async (tx) => {
    await tx.deleteFrom('device_codes').where('expires_at', '<', now).execute()
    const { open } = await tx
      .selectFrom('device_codes')
      .select((eb) => eb.fn.countAll<string>().as('open'))
      .executeTakeFirstOrThrow()
    if (Number(open) >= maximumOpen)
      throw new OAuthError('slow_down', 'Too many sign-ins are waiting for approval.', {
        status: 429,
        number: 90055,
        retryAfterSeconds: 60,
      })
    await tx
      .insertInto('device_codes')
      .values({
        code_hash: hashOf(deviceCode),
        user_code: userCode,
        client_id: wanted.clientId,
        audience: wanted.audience,
        state: 'pending',
        created_at: now,
        expires_at: new Date(now.getTime() + deviceCodeLifetimeMs),
      })
      .execute()
  })
  return { deviceCode, userCode: spaced(userCode) }
}

/** What a code asks for. @throws ResourceNotFound */
export async function describeDeviceCode(ctx: Context, actor: Actor, userCode: string) {
  refuseNonUser(actor)
  const row = await requirePending(ctx.db.kysely, ctx, userCode)
  return {
    userCode: spaced(row.user_code),
    clientId: row.client_id,
    audience: row.audience,
    expiresAt: row.expires_at.toISOString(),
  }
}

/** Lets the device act as the caller, or refuses it. */
export async function settleDeviceCode(ctx: Context, actor: Actor, decision: { userCode: string; approve: boolean }) {
  refuseNonUser(actor)
  return ctx.db.transaction(async (tx) => {
    const row = await requirePending(tx, ctx, decision.userCode)
    const state = decision.approve ? 'approved' : 'denied'
    await tx
      .updateTable('device_codes')
      .set({ state, principal_id: actor.id, scopes: actor.tokenScopes === undefined ? null : JSON.stringify(actor.tokenScopes) })
      .where('code_hash', '=', row.code_hash)
      .execute()
    await appendEvent(tx, ctx, actor, {
      type: decision.approve ? 'users.deviceApproved' : 'users.deviceRefused',
      subject: `/subscriptions/${ctx.config.subscriptionId}/providers/Fulcrum.Identity/users/${actor.name}`,
      action: 'Fulcrum.Identity/sessions/write',
      data: { clientId: row.client_id, audience: row.audience },
    })
    return { userCode: spaced(row.user_code), state }
  })
}

/** The answer to a device that asks: its approved code, taken and gone, or why not yet or no more. */
export type Redemption = { readonly row: DeviceCodeRow } | { readonly refusal: OAuthError }

/** Takes an approved code; each works once. Gives refusals back instead of throwing them: the transaction holds what they change. */
export async function redeemDeviceCode(
  tx: Executor,
  ctx: Context,
  wanted: { deviceCode: string; clientId: string },
): Promise<Redemption> {
  const row = await tx
    .selectFrom('device_codes')
    .selectAll()
    .where('code_hash', '=', hashOf(wanted.deviceCode))
    .where('client_id', '=', wanted.clientId)
    .forUpdate()
    .executeTakeFirst()
  const now = ctx.clock.now()
  if (row === undefined)
    return { refusal: new OAuthError('invalid_grant', 'The device code is not known, or was used already.', { number: 70000 }) }
  if (row.expires_at <= now)
    return { refusal: new OAuthError('expired_token', 'The device code has expired. Start again.', { number: 70020 }) }
  if (row.state === 'pending') return { refusal: await keepWaiting(tx, row, now) }
  await tx.deleteFrom('device_codes').where('code_hash', '=', row.code_hash).execute()
  return row.state === 'approved'
    ? { row }
    : { refusal: new OAuthError('authorization_declined', 'The user refused.', { number: 70018 }) }
}

async function keepWaiting(tx: Executor, row: DeviceCodeRow, now: Date): Promise<OAuthError> {
  const waitedMs = row.polled_at === null ? Infinity : now.getTime() - row.polled_at.getTime()
  await tx.updateTable('device_codes').set({ polled_at: now }).where('code_hash', '=', row.code_hash).execute()
  return waitedMs < (pollIntervalSeconds - 1) * 1000
    ? new OAuthError('slow_down', `Ask every ${pollIntervalSeconds} seconds.`, { number: 70031 })
    : new OAuthError('authorization_pending', 'The user has not approved yet.', { number: 70016 })
}

async function requirePending(db: Executor, ctx: Context, userCode: string): Promise<DeviceCodeRow> {
  const plain = userCode.toUpperCase().replace(/[^A-Z]/g, '')
  const row = await db
    .selectFrom('device_codes')
    .selectAll()
    .where('user_code', '=', plain)
    .where('state', '=', 'pending')
    .where('expires_at', '>', ctx.clock.now())
    .executeTakeFirst()
  if (row === undefined) throw notFound('Device code', userCode.slice(0, 20), 'It may have expired; start the sign-in again.')
  return row
}

/** A device must not become what a job or a service principal is: both have their own credentials. */
function refuseNonUser(actor: Actor): void {
  if (actor.kind === 'User' && actor.boundTo === undefined) return
  throw new AppError('AuthorizationFailed', 'Only a user approves a device.', { target: actor.name })
}

function randomUserCode(ctx: Context): string {
  const bytes = ctx.ids.bytes(16)
  return Array.from({ length: 8 }, (_, index) => userCodeAlphabet[bytes.readUInt16BE(index * 2) % userCodeAlphabet.length]).join(
    '',
  )
}

function spaced(userCode: string): string {
  return `${userCode.slice(0, 4)}-${userCode.slice(4)}`
}

function hashOf(deviceCode: string): Buffer {
  return createHash('sha256').update(deviceCode).digest()
}
