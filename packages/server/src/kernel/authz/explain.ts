import { createAuthorizer } from './decide.ts'
import type { AuthorizationTables, Decision, Plane, PrincipalType } from './types.ts'

/** The decision as text, one step a line. */
export function explain(decision: Decision): string[] {
  return [...decision.trail]
}

export interface WhoCanQuery {
  readonly action: string
  readonly plane: Plane
  readonly scope: string
  readonly now: Date
  /**
   * Principal id to its transitive groups. Members are then listed themselves, and a deny that hits a member through
   * another group counts. Without it, groups stand for their members.
   */
  readonly memberships?: ReadonlyMap<string, readonly string[]>
}

export interface WhoCanRow {
  readonly principalId: string
  /** Absent for a member known only through `memberships`. */
  readonly principalType?: PrincipalType
  readonly assignmentId: string
  readonly roleName: string
  readonly scope: string
}

/**
 * Everybody who may perform the action at the scope now, with the assignment that lets them; sorted by principal.
 * Holders of a conditional assignment are left out where the condition needs a role to be named.
 */
export function whoCan(tables: AuthorizationTables, query: WhoCanQuery): WhoCanRow[] {
  const authorizer = createAuthorizer(tables)
  const { action, plane, scope, now } = query
  const types = new Map(tables.roleAssignments.map((item) => [item.principalId.toLowerCase(), item.principalType]))
  const memberships = new Map([...(query.memberships ?? [])].map(([id, groups]) => [id.toLowerCase(), groups]))
  const rows: WhoCanRow[] = []
  for (const principalId of new Set([...types.keys(), ...memberships.keys()])) {
    const principals = [principalId, ...(memberships.get(principalId) ?? [])]
    const { allow, by } = authorizer.decide({ principals, action, plane, scope, now })
    if (!allow || by.id === undefined || by.roleName === undefined || by.scope === undefined) continue
    const principalType = types.get(principalId)
    const row = { principalId, assignmentId: by.id, roleName: by.roleName, scope: by.scope }
    rows.push(principalType === undefined ? row : { ...row, principalType })
  }
  return rows.toSorted((a, b) => a.principalId.localeCompare(b.principalId))
}
