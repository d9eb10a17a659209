import type { Selectable } from 'kysely'
import type { Executor } from '../../kernel/db/schema.ts'
import type { CredentialsTable, PrincipalsTable } from '../../kernel/tables.ts'

/** SQL of principals, memberships and the lists of credentials. */

export type PrincipalRow = Selectable<PrincipalsTable>
export type PrincipalKind = 'User' | 'Group' | 'ServicePrincipal' | 'ManagedIdentity'

/** Where a name alone stands for several principals, people and programs come before groups. */
const kindsByPreference: readonly string[] = ['User', 'ServicePrincipal', 'ManagedIdentity', 'Group']

/** A principal by its id or by its name; with `kind` only one of that kind. Names are unique within a kind. */
export async function findPrincipal(db: Executor, nameOrId: string, kind?: PrincipalKind): Promise<PrincipalRow | undefined> {
  const wanted = nameOrId.toLowerCase()
  let query = db
    .selectFrom('principals')
    .selectAll()
    .where((eb) => eb.or([eb('id', '=', wanted), eb(eb.fn('lower', ['name']), '=', wanted)]))
  if (kind !== undefined) query = query.where('kind', '=', kind)
  const rows = await query.execute()
  const rank = (row: PrincipalRow): number => (row.id === wanted ? -1 : kindsByPreference.indexOf(row.kind))
  return rows.toSorted((left, right) => rank(left) - rank(right))[0]
}

export async function findPrincipals(db: Executor, ids: readonly string[]): Promise<PrincipalRow[]> {
  return ids.length === 0
    ? []
    : db
        .selectFrom('principals')
        .selectAll()
        .where('id', 'in', [...ids])
        .orderBy('name')
        .execute()
}

/** Principals of a kind by name, after the given name. */
export async function listPrincipals(
  db: Executor,
  query: { kind: PrincipalKind; after?: string; limit: number },
): Promise<PrincipalRow[]> {
  let select = db.selectFrom('principals').selectAll().where('kind', '=', query.kind)
  if (query.after !== undefined) select = select.where('name', '>', query.after)
  return select.orderBy('name').limit(query.limit).execute()
}

export async function listMembers(db: Executor, groupId: string): Promise<PrincipalRow[]> {
  return db
    .selectFrom('group_members')
    .innerJoin('principals', 'principals.id', 'group_members.member_id')
    .selectAll('principals')
    .where('group_members.group_id', '=', groupId)
    .orderBy('principals.name')
    .execute()
}

export type CredentialRow = Selectable<CredentialsTable>

/** Living credentials of a principal, oldest first. */
export async function listCredentials(
  db: Executor,
  query: { principalId: string; kind: string; now: Date },
): Promise<CredentialRow[]> {
  return db
    .selectFrom('credentials')
    .selectAll()
    .where('principal_id', '=', query.principalId)
    .where('kind', '=', query.kind)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', query.now)
    .orderBy('created_at')
    .execute()
}
