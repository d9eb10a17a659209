import { sql } from 'kysely'
import type { Actor } from '../auth/actor.ts'
import type { Clock } from '../clock.ts'
import type { Executor } from '../db/schema.ts'
import type { JsonObject } from '../tables.ts'
import { builtinRoles } from './builtin-roles.ts'
import { createAuthorizer, type Authorizer } from './decide.ts'
import type {
  AuthorizationTables,
  Decision,
  DenyAssignment,
  Plane,
  RoleAssignment,
  RoleDefinition,
  ScopeFilter,
} from './types.ts'

/** Answers access questions from the role tables in the database; a change counts from the next question on, in every process. */
export class AuthorizationService {
  readonly #db: Executor
  readonly #clock: Clock
  #generation = -1
  #authorizer: Authorizer | undefined
  #tables: AuthorizationTables | undefined

  constructor(options: { db: Executor; clock: Clock }) {
    this.#db = options.db
    this.#clock = options.clock
  }

  async allows(actor: Actor, action: string, plane: Plane, scope: string): Promise<boolean> {
    return (await this.decide(actor, action, plane, scope)).allow
  }

  async decide(
    actor: Actor,
    action: string,
    plane: Plane,
    scope: string,
    options: { roleDefinitionId?: string } = {},
  ): Promise<Decision> {
    if (actor.kind === 'System')
      return { allow: true, by: { kind: 'roleAssignment', roleName: 'platform' }, trail: ['The platform itself acts.'] }
    const authorizer = await this.#current()
    return authorizer.decide({ ...this.#query(actor, action, plane), scope, ...options })
  }

  /** Scopes for filtering a list in SQL. */
  async allowedScopes(actor: Actor, action: string, plane: Plane = 'control'): Promise<ScopeFilter> {
    if (actor.kind === 'System') return { allow: ['/'], deny: [], denyExact: [] }
    return (await this.#current()).allowedScopes(this.#query(actor, action, plane))
  }

  /** The tables a decision is made from, as of now. */
  async tables(): Promise<AuthorizationTables> {
    await this.#current()
    return this.#tables ?? { roleDefinitions: builtinRoles, roleAssignments: [], denyAssignments: [] }
  }

  /**
   * The tables for a change of access in `tx`. Other such changes wait until it ends, so that two of them cannot each
   * rely on what the other takes away; reads go on.
   */
  async tablesForChange(tx: Executor): Promise<AuthorizationTables> {
    await lockAuthorization(tx)
    return loadTables(tx)
  }

  #query(actor: Actor, action: string, plane: Plane) {
    return {
      principals: [actor.id, ...actor.groups],
      action,
      plane,
      now: this.#clock.now(),
      ...(actor.tokenScopes === undefined ? {} : { tokenScopes: actor.tokenScopes }),
    }
  }

  async #current(): Promise<Authorizer> {
    const row = await this.#db
      .selectFrom('generations')
      .select('value')
      .where('name', '=', 'authorization')
      .executeTakeFirstOrThrow()
    if (this.#authorizer !== undefined && row.value === this.#generation) return this.#authorizer
    const tables = await loadTables(this.#db)
    this.#tables = tables
    this.#authorizer = createAuthorizer(tables)
    this.#generation = row.value
    return this.#authorizer
  }
}

/** Makes every process read the role tables again. Call it in the transaction that changes them or a group. */
export async function bumpAuthorizationGeneration(db: Executor): Promise<void> {
  await sql`update generations set value = value + 1 where name = 'authorization'`.execute(db)
}

/** Makes other changes of access wait for the end of this transaction. Take it before reading what the change depends on. */
export async function lockAuthorization(tx: Executor): Promise<void> {
  await tx.selectFrom('generations').select('value').where('name', '=', 'authorization').forUpdate().execute()
}

async function loadTables(db: Executor): Promise<AuthorizationTables> {
  const rows = await db
    .selectFrom('resources')
    .select(['display_id', 'name', 'type', 'properties'])
    .where('type', 'in', [
      'microsoft.authorization/roledefinitions',
      'microsoft.authorization/roleassignments',
      'microsoft.authorization/denyassignments',
    ])
    .execute()
  const ofType = (type: string) => rows.filter((row) => row.type === `microsoft.authorization/${type}`)
  const flat = (row: { display_id: string; name: string; properties: JsonObject }): JsonObject => ({
    ...row.properties,
    id: row.display_id,
    name: row.name,
  })
  return {
    roleDefinitions: [...builtinRoles, ...ofType('roledefinitions').map((row) => flat(row) as unknown as RoleDefinition)],
    roleAssignments: ofType('roleassignments').map((row) => flat(row) as unknown as RoleAssignment),
    denyAssignments: ofType('denyassignments').map((row) => flat(row) as unknown as DenyAssignment),
  }
}
