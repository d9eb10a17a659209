import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileActionPattern, createAuthorizer, EVERYBODY, scopeFilterAllows } from './index.ts'
import { isIncluded } from './pattern-inclusion.ts'
import type { AccessRequest, AuthorizationTables, Permission } from './index.ts'

/** The oracle: regular expressions, split segments and plain loops; shares nothing with the engine. */
function oracleMatches(pattern: string, action: string): boolean {
  const source = pattern
    .replace(/\/\*(?=\/)/g, '@')
    .replace(/\*+/g, '#')
    .replace(/@/g, '(?:/.*)?')
    .replace(/#/g, '.*')
  return new RegExp(`^${source}$`, 'i').test(action)
}
function oracleCovers(above: string, below: string): boolean {
  const segments = (text: string): string[] =>
    text
      .toLowerCase()
      .split('/')
      .filter((part) => part !== '')
  return segments(above).every((part, index) => segments(below)[index] === part)
}
function oraclePermission(permission: Permission, plane: 'control' | 'data', action: string): boolean {
  const [yes, no] =
    plane === 'control' ? [permission.actions, permission.notActions] : [permission.dataActions, permission.notDataActions]
  return yes.some((item) => oracleMatches(item, action)) && !no.some((item) => oracleMatches(item, action))
}
function oracle(tables: AuthorizationTables, request: AccessRequest): boolean {
  for (const deny of tables.denyAssignments) {
    const named = deny.principals.some((item) => item.id === EVERYBODY || request.principals.includes(item.id))
    const spared = (deny.excludePrincipals ?? []).some((item) => request.principals.includes(item.id))
    const below = oracleCovers(deny.scope, request.scope)
    const here = deny.doNotApplyToChildScopes ? below && oracleCovers(request.scope, deny.scope) : below
    if (named && !spared && here && deny.permissions.some((item) => oraclePermission(item, request.plane, request.action)))
      return false
  }
  const granted = tables.roleAssignments.some((item) => {
    if (!request.principals.includes(item.principalId) || !oracleCovers(item.scope, request.scope)) return false
    if (item.expiresOn && Date.parse(item.expiresOn) <= request.now.getTime()) return false
    const role = tables.roleDefinitions.find((definition) => definition.name === item.roleDefinitionId)
    return role?.permissions.some((permission) => oraclePermission(permission, request.plane, request.action)) === true
  })
  return granted && (request.tokenScopes === undefined || request.tokenScopes.some((item) => oracleMatches(item, request.action)))
}

const segment = fc.constantFrom('a', 'B', 'aa', 'read', 'write')
const action = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
const pattern = fc
  .array(fc.constantFrom('a', 'B', 'read', 'write', '*', '*', 'a*', '*d', ''), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('/'))
  .filter((text) => text !== '')
const patterns = fc.array(pattern, { maxLength: 2 })
// Half the granting patterns are `*`: with random ones only, too few requests are allowed to compare anything.
const grants = fc.array(fc.oneof(pattern, fc.constant('*')), { minLength: 1, maxLength: 2 })
const permission = fc.record({ actions: grants, notActions: patterns, dataActions: grants, notDataActions: patterns })
const scope = fc.array(fc.constantFrom('x', 'X', 'xx', 'y'), { maxLength: 3 }).map((parts) => `/${parts.join('/')}`)
const principal = fc.constantFrom('p', 'q', 'r')
const names = ['r1', 'r2'] as const
const tables: fc.Arbitrary<AuthorizationTables> = fc.record({
  roleDefinitions: fc.tuple(
    ...names.map((name) =>
      fc.array(permission, { minLength: 1, maxLength: 2 }).map((permissions) => ({
        id: name,
        name,
        roleName: name,
        type: 'CustomRole' as const,
        permissions,
        assignableScopes: ['/'],
      })),
    ),
  ),
  roleAssignments: fc.array(
    fc.record({
      id: fc.constant('i'),
      roleDefinitionId: fc.constantFrom(...names),
      principalId: principal,
      principalType: fc.constant('User' as const),
      scope,
      expiresOn: fc.constantFrom(null, '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  denyAssignments: fc.array(
    fc.record({
      id: fc.constant('d'),
      permissions: fc.array(permission, { minLength: 1, maxLength: 1 }),
      scope,
      doNotApplyToChildScopes: fc.boolean(),
      principals: fc.array(
        fc.constantFrom('p', 'q', EVERYBODY).map((id) => ({ id })),
        { maxLength: 2 },
      ),
      excludePrincipals: fc.array(
        principal.map((id) => ({ id })),
        { maxLength: 1 },
      ),
    }),
    { maxLength: 2 },
  ),
})
const request = fc.record(
  {
    principals: fc.uniqueArray(principal, { minLength: 1, maxLength: 3 }),
    action,
    scope,
    plane: fc.constantFrom('control' as const, 'data' as const),
    now: fc.constant(new Date('2026-06-01T00:00:00Z')),
    tokenScopes: patterns,
  },
  { requiredKeys: ['principals', 'action', 'scope', 'plane', 'now'] },
)

test('a pattern matches exactly what its regular expression matches', () => {
  fc.assert(
    fc.property(pattern, action, (p, a) => compileActionPattern(p).matches(a.toLowerCase()) === oracleMatches(p, a)),
    { numRuns: 3000 },
  )
})

test('decide and allowedScopes agree with the oracle', () => {
  let allowed = 0
  fc.assert(
    fc.property(tables, request, (t, r) => {
      const authorizer = createAuthorizer(t)
      const wanted = oracle(t, r)
      if (wanted) allowed += 1
      expect(authorizer.decide(r).allow).toBe(wanted)
      expect(scopeFilterAllows(authorizer.allowedScopes(r), r.scope)).toBe(wanted)
    }),
    { numRuns: 3000 },
  )
  expect(allowed).toBeGreaterThan(100)
})

test('what is included is matched whenever the pattern is', () => {
  const sets = fc.array(fc.record({ include: patterns, exclude: patterns }), { maxLength: 2 })
  const input = fc.record({ pattern, except: patterns, held: sets, denied: sets })
  const within = (set: { include: string[]; exclude: string[] }, a: string): boolean =>
    set.include.some((item) => oracleMatches(item, a)) && !set.exclude.some((item) => oracleMatches(item, a))
  let included = 0
  fc.assert(
    fc.property(input, fc.array(action, { minLength: 20, maxLength: 20 }), (sides, actions) => {
      if (!isIncluded(sides)) return
      included += 1
      for (const a of actions) {
        if (!oracleMatches(sides.pattern, a) || sides.except.some((item) => oracleMatches(item, a))) continue
        expect(sides.held.some((set) => within(set, a)) && !sides.denied.some((set) => within(set, a))).toBe(true)
      }
    }),
    { numRuns: 4000 },
  )
  expect(included).toBeGreaterThan(20)
})

test.each([
  ['a/*/', 'a/*', true],
  ['a/*d', 'a/*/', false],
  ['a/read', 'a/*/read', true],
  ['a/*/read', 'a/*read', true],
  ['a/*read', 'a/*/read', false],
  ['*/read', '*', true],
  ['*', '*/read', false],
  ['a/**/b', 'a/*/b', true],
  ['a/*/*/b', 'a/*/b', true],
  ['a/*/b', 'a/*/*/b', true],
])('%s within %s is %s', (smaller, larger, wanted) => {
  const held = [{ include: [larger], exclude: [] }]
  expect(isIncluded({ pattern: smaller, except: [], held, denied: [] })).toBe(wanted)
})
