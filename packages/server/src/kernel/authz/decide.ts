import { compileActionPattern, type ActionPattern } from './action-pattern.ts'
import {
  compileTables,
  roleNameOf,
  type CompiledAssignment,
  type CompiledDeny,
  type CompiledPermission,
  type CompiledTables,
} from './compiled-tables.ts'
import { conditionHolds, type ParsedCondition } from './condition.ts'
import { ancestorsOf, coversScope, normalizeScope, reduceScopes } from './scope.ts'
import type { AccessQuery, AccessRequest, AuthorizationTables, DecidedBy, Decision, Plane, ScopeFilter } from './types.ts'

/** Decides over one immutable set of tables; build a new one when the tables' generation changes. */
export interface Authorizer {
  /** Never throws: a request it cannot read is denied. */
  readonly decide: (request: AccessRequest) => Decision
  /** The scopes at which `decide` would allow, for filtering in SQL. Agrees with `decide` for every scope. */
  readonly allowedScopes: (query: AccessQuery) => ScopeFilter
}

/** Outcome of one assignment for one action, before scopes are looked at. */
type Outcome =
  | { readonly kind: 'yields' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'notAction'; readonly pattern: string }
  | { readonly kind: 'condition'; readonly reason: string }

interface Step {
  readonly entry: CompiledAssignment
  readonly outcome: Outcome
}

interface Question {
  readonly principals: ReadonlySet<string>
  readonly action: string
  readonly plane: Plane
  readonly nowMs: number
  readonly roleName: string | undefined
}

/** Order of `decide`: deny assignments, then role assignments at or above the scope, then the token's scopes. */
export function createAuthorizer(tables: AuthorizationTables): Authorizer {
  const compiled = compileTables(tables)
  const tokenMatches = createTokenMatcher()
  return {
    decide: (request) => decide(compiled, request, tokenMatches),
    allowedScopes: (query) => allowedScopes(compiled, query, tokenMatches),
  }
}

type TokenMatcher = (tokenScopes: readonly string[] | undefined, action: string) => boolean

function createTokenMatcher(): TokenMatcher {
  const compiled = new Map<string, ActionPattern>()
  const limit = 2048
  const patternOf = (source: string): ActionPattern => {
    const pattern = compiled.get(source) ?? compileActionPattern(source)
    if (compiled.size >= limit) compiled.clear()
    compiled.set(source, pattern)
    return pattern
  }
  return (tokenScopes, action) => tokenScopes === undefined || tokenScopes.some((source) => patternOf(source).matches(action))
}

function decide(compiled: CompiledTables, request: AccessRequest, tokenMatches: TokenMatcher): Decision {
  const scope = normalizeScope(request.scope)
  if (scope === undefined) {
    return finish(request, { kind: 'none' }, [], `'${request.scope}' is not a resource id: it must start with '/'.`)
  }
  const question = questionOf(request)
  const deny = compiled.denies.find(
    (entry) => denyCovers(entry, scope) && entry.matches(question.plane, question.action) && entry.appliesTo(question.principals),
  )
  if (deny !== undefined) {
    return finish(request, { kind: 'denyAssignment', id: deny.deny.id, scope: deny.deny.scope }, [])
  }
  const ancestors = new Set(ancestorsOf(scope))
  const steps: Step[] = []
  for (const entry of assignmentsOf(compiled, question.principals)) {
    if (!entry.scopes.some((candidate) => ancestors.has(candidate))) continue
    const outcome = outcomeOf(entry, question)
    steps.push({ entry, outcome })
    if (outcome.kind !== 'yields') continue
    if (tokenMatches(request.tokenScopes, question.action)) return finish(request, byOf('roleAssignment', entry), steps)
    return finish(request, { kind: 'tokenScope' }, steps)
  }
  return finish(request, reasonForNothing(steps), steps)
}

function questionOf(query: AccessQuery): Question {
  return {
    principals: new Set(query.principals.map((principal) => principal.toLowerCase())),
    action: query.action.toLowerCase(),
    plane: query.plane,
    nowMs: query.now.getTime(),
    roleName: query.roleDefinitionId === undefined ? undefined : roleNameOf(query.roleDefinitionId),
  }
}

function* assignmentsOf(compiled: CompiledTables, principals: ReadonlySet<string>): Generator<CompiledAssignment> {
  for (const principal of principals) yield* compiled.byPrincipal.get(principal) ?? []
}

function denyCovers(entry: CompiledDeny, scope: string): boolean {
  return entry.scopes.some((candidate) => (entry.exactOnly ? candidate === scope : coversScope(candidate, scope)))
}

function outcomeOf(entry: CompiledAssignment, question: Question): Outcome {
  // Written as "not before" so that an invalid clock reading counts as expired.
  if (!(question.nowMs < entry.expiresAtMs)) return { kind: 'expired' }
  const verdict = entry.role.verdict(question.plane, question.action)
  if (verdict.yielding.length === 0) {
    return verdict.notAction === undefined ? { kind: 'silent' } : { kind: 'notAction', pattern: verdict.notAction }
  }
  const ownReason = conditionReason(entry.condition, question)
  if (ownReason !== undefined) return { kind: 'condition', reason: ownReason }
  const reasons = verdict.yielding.map((permission: CompiledPermission) => conditionReason(permission.condition, question))
  return reasons.includes(undefined) ? { kind: 'yields' } : { kind: 'condition', reason: reasons[0] ?? '' }
}

/** Why the condition does not hold; `undefined` when it holds or there is none. */
function conditionReason(parsed: ParsedCondition | undefined, question: Question): string | undefined {
  if (parsed === undefined) return undefined
  if (!parsed.ok) return parsed.reason
  if (conditionHolds(parsed.condition, question.action, question.roleName)) return undefined
  return question.roleName === undefined
    ? 'the condition asks for a role and the request names none'
    : `the condition does not list role ${question.roleName}`
}

function byOf(kind: DecidedBy['kind'], entry: CompiledAssignment): DecidedBy {
  const { id, scope } = entry.assignment
  return { kind, id, roleName: entry.role.definition.roleName, scope }
}

/** The most telling reason first: an unmet condition is nearer to an allow than a notAction. */
function reasonForNothing(steps: readonly Step[]): DecidedBy {
  for (const kind of ['condition', 'notAction'] as const) {
    const step = steps.find((candidate) => candidate.outcome.kind === kind)
    if (step !== undefined) return byOf(kind, step.entry)
  }
  return { kind: 'none' }
}

/** The trail is rendered when read: decisions are made on every request, explanations are rare. */
function finish(request: AccessRequest, by: DecidedBy, steps: readonly Step[], note?: string): Decision {
  return {
    allow: by.kind === 'roleAssignment',
    by,
    get trail() {
      return renderTrail(request, { by, steps, note })
    },
  }
}

interface TrailInput {
  readonly by: DecidedBy
  readonly steps: readonly Step[]
  readonly note: string | undefined
}

function renderTrail(request: AccessRequest, { by, steps, note }: TrailInput): string[] {
  const lines = [`${request.plane} action '${request.action}' at '${request.scope}' for ${request.principals.length} principals.`]
  if (note !== undefined) lines.push(note)
  if (by.kind === 'denyAssignment') {
    lines.push(`Deny assignment ${by.id} at '${by.scope}' matches; it beats every role assignment.`)
  } else if (note === undefined) {
    lines.push('No deny assignment matches.')
    for (const step of steps) lines.push(renderStep(step))
    if (steps.length === 0) lines.push('None of the principals has a role assignment at or above this scope.')
  }
  if (by.kind === 'tokenScope') lines.push(`The token's scopes [${request.tokenScopes?.join(', ')}] do not cover the action.`)
  lines.push(by.kind === 'roleAssignment' ? 'Allowed.' : `Denied (${by.kind}).`)
  return lines
}

function renderStep({ entry, outcome }: Step): string {
  const { assignment, role } = entry
  const maker = assignment.createdBy === undefined || assignment.createdBy === null ? '' : `, made by ${assignment.createdBy}`
  const subject = `Role '${role.definition.roleName}' at '${assignment.scope}' (assignment ${assignment.id}${maker})`
  if (outcome.kind === 'yields') return `${subject} grants the action.`
  if (outcome.kind === 'expired') return `${subject} expired at ${assignment.expiresOn}.`
  if (outcome.kind === 'notAction') return `${subject} excludes it by '${outcome.pattern}'.`
  if (outcome.kind === 'condition') return `${subject} would grant it, but its condition is not met: ${outcome.reason}.`
  return `${subject} does not name the action.`
}

function allowedScopes(compiled: CompiledTables, query: AccessQuery, tokenMatches: TokenMatcher): ScopeFilter {
  const question = questionOf(query)
  const nothing: ScopeFilter = { allow: [], deny: [], denyExact: [] }
  if (!tokenMatches(query.tokenScopes, question.action)) return nothing
  const granting = [...assignmentsOf(compiled, question.principals)].filter(
    (entry) => outcomeOf(entry, question).kind === 'yields',
  )
  const allow = reduceScopes(granting.flatMap((entry) => entry.scopes))
  if (allow.length === 0) return nothing
  const denies = compiled.denies.filter(
    (entry) => entry.matches(question.plane, question.action) && entry.appliesTo(question.principals),
  )
  const deny = reduceScopes(denies.filter((entry) => !entry.exactOnly).flatMap((entry) => entry.scopes))
  const touches = (scope: string): boolean => allow.some((allowed) => coversScope(allowed, scope))
  const isDenied = (scope: string): boolean => deny.some((denied) => coversScope(denied, scope))
  const exact = denies.filter((entry) => entry.exactOnly).flatMap((entry) => entry.scopes)
  return {
    allow: allow.filter((scope) => !isDenied(scope)),
    deny: deny.filter(touches),
    denyExact: [...new Set(exact)].filter((scope) => touches(scope) && !isDenied(scope)).toSorted(),
  }
}

/** The meaning of a `ScopeFilter` for one resource id, for code that filters outside SQL. */
export function scopeFilterAllows(filter: ScopeFilter, resourceId: string): boolean {
  const scope = normalizeScope(resourceId)
  if (scope === undefined) return false
  const covered = (scopes: readonly string[]): boolean => scopes.some((candidate) => coversScope(candidate, scope))
  return covered(filter.allow) && !covered(filter.deny) && !filter.denyExact.includes(scope)
}
