import { sql } from 'kysely'
import { unauthenticated } from '@fulcrum/contract'
import type { Clock } from '../clock.ts'
import type { Executor } from '../db/schema.ts'
import type { Ids } from '../ids.ts'
import type { Actor } from './actor.ts'
import { mintToken, readToken, sameSecret, type TokenKind } from './token-format.ts'

export interface CredentialDraft {
  readonly kind: TokenKind
  readonly principalId: string
  readonly name: string
  readonly lifetimeMs: number
  /** Action patterns that narrow the token; absent = everything the principal may. */
  readonly scopes?: readonly string[]
  /** Id of the job or deployment whose end kills the credential. */
  readonly boundTo?: string
  readonly singleUse?: boolean
}

export interface IssuedCredential {
  readonly id: string
  /** Shown once; only its hash is stored. */
  readonly token: string
  readonly expiresAt: Date
}

export async function issueCredential(
  db: Executor,
  source: { clock: Clock; ids: Ids },
  draft: CredentialDraft,
): Promise<IssuedCredential> {
  const [issued] = await issueCredentials(db, source, [draft])
  if (issued === undefined) throw new Error('No credential was issued.')
  return issued
}

/** One statement for all, in their order. */
export async function issueCredentials(
  db: Executor,
  source: { clock: Clock; ids: Ids },
  drafts: readonly CredentialDraft[],
): Promise<IssuedCredential[]> {
  if (drafts.length === 0) return []
  const now = source.clock.now()
  const issued = drafts.map((draft) => ({
    draft,
    minted: mintToken(source.ids, draft.kind),
    expiresAt: new Date(now.getTime() + draft.lifetimeMs),
  }))
  await db
    .insertInto('credentials')
    .values(
      issued.map(({ draft, minted, expiresAt }) => ({
        id: minted.id,
        kind: draft.kind,
        principal_id: draft.principalId,
        secret_hash: minted.secretHash,
        name: draft.name,
        scopes: draft.scopes === undefined ? null : JSON.stringify(draft.scopes),
        bound_to: draft.boundTo?.toLowerCase() ?? null,
        single_use: draft.singleUse ?? false,
        created_at: now,
        expires_at: expiresAt,
      })),
    )
    .execute()
  return issued.map(({ minted, expiresAt }) => ({ id: minted.id, token: minted.token, expiresAt }))
}

interface CredentialRow {
  kind: string
  secret_hash: Buffer
  scopes: string[] | null
  bound_to: string | null
  principal_id: string
  principal_kind: Actor['kind']
  name: string
  owner_id: string | null
  groups: string[]
}

/**
 * The actor a token stands for. One query; revocation and disabling count at once.
 * @throws InvalidAuthenticationToken for every reason alike
 */
export async function authenticateToken(db: Executor, clock: Clock, token: string, kinds?: readonly TokenKind[]): Promise<Actor> {
  const parts = readToken(token)
  if (parts === undefined || (kinds !== undefined && !kinds.includes(parts.kind))) throw unauthenticated()
  const result = await sql<CredentialRow>`
    select c.kind, c.secret_hash, c.scopes, c.bound_to, p.id as principal_id, p.kind as principal_kind, p.name, p.owner_id,
      ${groupsOf('p.id')} as groups
    from credentials c join principals p on p.id = c.principal_id
    where c.id = ${parts.id} and c.kind = ${parts.kind} and c.revoked_at is null and p.enabled
      and c.expires_at > ${clock.now()} and not (c.single_use and c.last_used_at is not null)`.execute(db)
  const row = result.rows[0]
  if (row === undefined || !sameSecret(row.secret_hash, parts.secretHash)) throw unauthenticated()
  return {
    id: row.principal_id,
    name: row.name,
    kind: row.principal_kind,
    groups: row.groups,
    credentialId: parts.id,
    ...(row.scopes === null ? {} : { tokenScopes: row.scopes }),
    ...(row.bound_to === null ? {} : { boundTo: row.bound_to }),
    ...(parts.kind === 'job' && row.owner_id !== null ? { onBehalfOf: row.owner_id } : {}),
  }
}

/** The actor of a principal, for work the platform does in somebody's name; `undefined` when it is gone or disabled. */
export async function actorOfPrincipal(db: Executor, principalId: string): Promise<Actor | undefined> {
  const result = await sql<{ id: string; kind: Actor['kind']; name: string; groups: string[] }>`
    select p.id, p.kind, p.name, ${groupsOf('p.id')} as groups from principals p where p.id = ${principalId} and p.enabled`.execute(
    db,
  )
  const row = result.rows[0]
  return row === undefined ? undefined : { id: row.id, name: row.name, kind: row.kind, groups: row.groups }
}

/** Marks a single-use credential as used; exactly one caller wins. */
export async function consumeCredential(db: Executor, clock: Clock, id: string): Promise<boolean> {
  const result = await db
    .updateTable('credentials')
    .set({ last_used_at: clock.now() })
    .where('id', '=', id)
    .where('last_used_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

export async function revokeCredential(db: Executor, clock: Clock, id: string): Promise<void> {
  await db
    .updateTable('credentials')
    .set({ revoked_at: clock.now() })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .execute()
}

/** Revokes everything bound to a job or deployment, or to any of several. */
export async function revokeBoundCredentials(db: Executor, clock: Clock, boundTo: string | readonly string[]): Promise<void> {
  const ids = (typeof boundTo === 'string' ? [boundTo] : boundTo).map((id) => id.toLowerCase())

  await db
    .updateTable('credentials')
    .set({ revoked_at: clock.now() })
    .where(sql<boolean>`bound_to = any(${ids}::text[])`)
    .where('revoked_at', 'is', null)
    .execute()
}

function groupsOf(column: string) {
  return sql`(with recursive membership(group_id) as (
      select group_id from group_members where member_id = ${sql.raw(column)}
      union select g.group_id from group_members g join membership m on g.member_id = m.group_id)
    select coalesce(array_agg(group_id), '{}') from membership)`
}
