import { describe, expect, test } from 'vitest'
import { builtinRoles, canDefineRole, canGrantRole, EVERYBODY, roleIds, scopesLosingLastOwner } from './index.ts'
import type { AuthorizationTables, DenyAssignment, RoleAssignment, RoleDefinition } from './index.ts'

const now = new Date('2026-11-21T00:00:00Z')
const scope = '/subscriptions/s/resourceGroups/g'
const roleOf = (id: string): RoleDefinition => builtinRoles.find((role) => role.id === id)!
const assign = (roleDefinitionId: string, more: Partial<RoleAssignment> = {}): RoleAssignment => ({
  id: `a-${roleDefinitionId}`,
  roleDefinitionId,
  principalId: 'me',
  principalType: 'User',
  scope,
  ...more,
})
const tablesOf = (roleAssignments: RoleAssignment[], denyAssignments: DenyAssignment[] = []): AuthorizationTables => ({
  roleDefinitions: builtinRoles,
  roleAssignments,
  denyAssignments,
})
const denyReads: DenyAssignment = {
  id: 'd',
  scope: `${scope}/providers/x`,
  principals: [{ id: EVERYBODY }],
  permissions: [{ actions: ['*/read'], notActions: [], dataActions: [], notDataActions: [] }],
}
const rbac = roleIds.roleBasedAccessControlAdministrator

const grants: [string, AuthorizationTables, string, string, string][] = [
  ['an owner grants Contributor', tablesOf([assign(roleIds.owner)]), roleIds.contributor, 'you', 'holdsPermissions'],
  [
    'an owner gives a data right to another',
    tablesOf([assign(roleIds.owner)]),
    roleIds.storageBlobDataReader,
    'you',
    'ownerGrantsDataRight',
  ],
  ['but not to itself', tablesOf([assign(roleIds.owner)]), roleIds.storageBlobDataReader, 'me', 'refused'],
  [
    'an access administrator cannot make an owner',
    tablesOf([assign(roleIds.userAccessAdministrator)]),
    roleIds.owner,
    'me',
    'refused',
  ],
  [
    'it passes on Reader, which it holds',
    tablesOf([assign(roleIds.userAccessAdministrator)]),
    roleIds.reader,
    'you',
    'holdsPermissions',
  ],
  ['nor does it grant what it does not hold', tablesOf([assign(rbac)]), roleIds.contributor, 'you', 'refused'],
  [
    'unless grantableRoles names it',
    tablesOf([assign(rbac, { grantableRoles: [roleIds.contributor] })]),
    roleIds.contributor,
    'you',
    'grantableRoles',
  ],
  ['a contributor grants nothing', tablesOf([assign(roleIds.contributor)]), roleIds.reader, 'you', 'refused'],
  [
    'expired rights do not count',
    tablesOf([assign(roleIds.owner, { expiresOn: now.toISOString() })]),
    roleIds.reader,
    'you',
    'refused',
  ],
  [
    'a right denied below is not held on the whole',
    tablesOf([assign(roleIds.owner)], [denyReads]),
    roleIds.reader,
    'you',
    'refused',
  ],
]

describe('granting', () => {
  test.each(grants)('%s', (...row) => {
    const [, tables, roleId, principalId, wanted] = row
    const verdict = canGrantRole({ tables, principals: ['me'], now }, { role: roleOf(roleId), scope, principalId })
    expect(verdict.allow ? verdict.because : 'refused').toBe(wanted)
  })

  test('a role with * cannot be defined at a wider scope', () => {
    const context = { tables: tablesOf([assign(roleIds.owner)]), principals: ['me'], now }
    const everything = { ...roleOf(roleIds.owner), name: 'c', id: 'c', type: 'CustomRole' as const }
    expect(canDefineRole(context, { ...everything, assignableScopes: [scope] }).allow).toBe(true)
    expect(canDefineRole(context, { ...everything, assignableScopes: ['/subscriptions/s'] }).allow).toBe(false)
  })
})

describe('the last owner', () => {
  const mine = assign(roleIds.owner)
  const before = tablesOf([mine])
  const key = scope.toLowerCase()
  const everything = { actions: ['*'], notActions: [], dataActions: [], notDataActions: [] }
  const block: DenyAssignment = { ...denyReads, scope, permissions: [everything] }
  test.each<[string, AuthorizationTables, string[]]>([
    ['cannot be removed', tablesOf([]), [key]],
    ['cannot be made to expire', tablesOf([{ ...mine, expiresOn: '2027-01-01T00:00:00Z' }]), [key]],
    ['cannot be denied', tablesOf([mine], [block]), [key]],
    ['may go when another one stays', tablesOf([assign(roleIds.owner, { principalId: 'you' })]), []],
    ['may go when an owner above stays', tablesOf([assign(roleIds.owner, { principalId: 'you', scope: '/' })]), []],
  ])('%s', (_name, after, wanted) => expect(scopesLosingLastOwner({ before, after, now })).toEqual(wanted))

  test('cannot be disabled', () => {
    const isActive = (_id: string, when: string): boolean => when === 'before'
    expect(scopesLosingLastOwner({ before, after: before, now, isActive })).toEqual([key])
  })
})
