import { describe, expect, test } from 'vitest'
import { builtinRoles, createAuthorizer, EVERYBODY, explain, roleIds, SCORE_ACTION, whoCan } from './index.ts'
import type { AuthorizationTables, Decision, DenyAssignment, Permission, RoleAssignment, RoleDefinition } from './index.ts'

const now = new Date('2026-11-21T00:00:00Z')
const dev = '/subscriptions/S1/resourceGroups/dev'
const workspace = `${dev}/providers/Microsoft.MachineLearningServices/workspaces/w`
const W = 'Microsoft.MachineLearningServices/workspaces'
const none: Permission = { actions: [], notActions: [], dataActions: [], notDataActions: [] }

function assign(roleDefinitionId: string, scope: string, more: Partial<RoleAssignment> = {}): RoleAssignment {
  return { id: `a-${scope}`, roleDefinitionId, principalId: 'u', principalType: 'User', scope, ...more }
}
function deny(permission: Partial<Permission>, scope: string, more: Partial<DenyAssignment> = {}): DenyAssignment {
  return { id: 'd', permissions: [{ ...none, ...permission }], scope, principals: [{ id: EVERYBODY }], ...more }
}
function custom(name: string, permission: Partial<Permission>): RoleDefinition {
  const permissions = [{ ...none, ...permission }]
  return { id: name, name, roleName: name, type: 'CustomRole', permissions, assignableScopes: ['/'] }
}
interface Case {
  roles?: RoleDefinition[]
  assignments?: RoleAssignment[]
  denies?: DenyAssignment[]
  action: string
  scope?: string
  plane?: 'control' | 'data'
  tokenScopes?: string[]
  roleDefinitionId?: string
}
function tablesOf(input: Omit<Case, 'action'>): AuthorizationTables {
  return {
    roleDefinitions: [...builtinRoles, ...(input.roles ?? [])],
    roleAssignments: input.assignments ?? [],
    denyAssignments: input.denies ?? [],
  }
}
function run(input: Case): Decision {
  const { action, scope = workspace, plane = 'control', tokenScopes, roleDefinitionId } = input
  const base = { principals: ['U', 'g'], action, scope, plane, now }
  return createAuthorizer(tablesOf(input)).decide({
    ...base,
    ...(tokenScopes === undefined ? {} : { tokenScopes }),
    ...(roleDefinitionId === undefined ? {} : { roleDefinitionId }),
  })
}
const owner = assign(roleIds.owner, dev)
const noDelete = custom('no-delete', { actions: [`${W}/*`], notActions: [`${W}/*/delete`] })
const delegated = `((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals{acdd72a7-3385-48ef-bd42-f606fba81ae7}))`
const assignAction = 'Microsoft.Authorization/roleAssignments/write'

const cases: [string, Case, boolean, string][] = [
  ['actions compare without case', { assignments: [owner], action: `${W}/READ`.toUpperCase() }, true, 'roleAssignment'],
  [
    'scopes compare without case',
    { assignments: [owner], action: `${W}/read`, scope: workspace.toUpperCase() },
    true,
    'roleAssignment',
  ],
  [
    'a data scientist reads its own workspace',
    { assignments: [assign(roleIds.dataScientist, dev)], action: `${W}/read` },
    true,
    'roleAssignment',
  ],
  [
    'a data scientist cannot create compute',
    { assignments: [assign(roleIds.dataScientist, dev)], action: `${W}/computes/write` },
    false,
    'notAction',
  ],
  [
    'notActions W/*/delete keeps the workspace',
    { roles: [noDelete], assignments: [assign('no-delete', dev)], action: `${W}/delete` },
    false,
    'notAction',
  ],
  [
    'another role grants what a notAction removed',
    { roles: [noDelete], assignments: [assign('no-delete', dev), owner], action: `${W}/delete` },
    true,
    'roleAssignment',
  ],
  [
    'Owner reads no blob',
    { assignments: [owner], action: 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read', plane: 'data' },
    false,
    'none',
  ],
  [
    'Owner reads no secret',
    { assignments: [owner], action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action', plane: 'data' },
    false,
    'none',
  ],
  ['Owner does not score', { assignments: [owner], action: SCORE_ACTION, plane: 'data' }, false, 'none'],
  ['dev is not above dev2', { assignments: [owner], action: `${W}/read`, scope: `${dev}2/providers/x` }, false, 'none'],
  [
    'a child grant does not reach its parent',
    { assignments: [assign(roleIds.owner, workspace)], action: `${W}/read`, scope: dev },
    false,
    'none',
  ],
  ['the root is above everything', { assignments: [assign(roleIds.owner, '/')], action: `${W}/read` }, true, 'roleAssignment'],
  ['an empty scope grants nothing', { assignments: [assign(roleIds.owner, '')], action: `${W}/read` }, false, 'none'],
  [
    'groups count',
    { assignments: [assign(roleIds.reader, dev, { principalId: 'G' })], action: `${W}/read` },
    true,
    'roleAssignment',
  ],
  ['strangers do not', { assignments: [assign(roleIds.reader, dev, { principalId: 'x' })], action: `${W}/read` }, false, 'none'],
  [
    'a deny beats Owner',
    { assignments: [owner], denies: [deny({ actions: ['*/delete'] }, dev)], action: `${W}/delete` },
    false,
    'denyAssignment',
  ],
  [
    'a deny spares its notActions',
    { assignments: [owner], denies: [deny({ actions: ['*'], notActions: ['*/read'] }, dev)], action: `${W}/read` },
    true,
    'roleAssignment',
  ],
  [
    'a control deny leaves data alone',
    {
      assignments: [assign(roleIds.endpointScorer, dev)],
      denies: [deny({ actions: ['*'] }, dev)],
      action: SCORE_ACTION,
      plane: 'data',
    },
    true,
    'roleAssignment',
  ],
  [
    'a deny spares who is excluded through a group',
    { assignments: [owner], denies: [deny({ actions: ['*'] }, dev, { excludePrincipals: [{ id: 'G' }] })], action: `${W}/read` },
    true,
    'roleAssignment',
  ],
  [
    'doNotApplyToChildScopes spares children',
    { assignments: [owner], denies: [deny({ actions: ['*'] }, dev, { doNotApplyToChildScopes: true })], action: `${W}/read` },
    true,
    'roleAssignment',
  ],
  [
    'and hits the scope itself',
    {
      assignments: [owner],
      denies: [deny({ actions: ['*'] }, dev, { doNotApplyToChildScopes: true })],
      action: `${W}/read`,
      scope: dev,
    },
    false,
    'denyAssignment',
  ],
  [
    'expired at this instant is expired',
    { assignments: [{ ...owner, expiresOn: now.toISOString() }], action: `${W}/read` },
    false,
    'none',
  ],
  [
    'one millisecond left counts',
    { assignments: [{ ...owner, expiresOn: '2026-11-21T00:00:00.001Z' }], action: `${W}/read` },
    true,
    'roleAssignment',
  ],
  ['an unreadable expiry has passed', { assignments: [{ ...owner, expiresOn: 'soon' }], action: `${W}/read` }, false, 'none'],
  ['the token narrows', { assignments: [owner], action: `${W}/delete`, tokenScopes: ['*/read'] }, false, 'tokenScope'],
  ['the token does not widen', { action: `${W}/read`, tokenScopes: ['*'] }, false, 'none'],
  ['an empty token scope allows nothing', { assignments: [owner], action: `${W}/read`, tokenScopes: [] }, false, 'tokenScope'],
  [
    'the delegated role may be granted',
    { assignments: [{ ...owner, condition: delegated }], action: assignAction, roleDefinitionId: roleIds.reader },
    true,
    'roleAssignment',
  ],
  [
    'another role may not',
    { assignments: [{ ...owner, condition: delegated }], action: assignAction, roleDefinitionId: roleIds.owner },
    false,
    'condition',
  ],
  ['nor an unnamed one', { assignments: [{ ...owner, condition: delegated }], action: assignAction }, false, 'condition'],
  [
    'the condition leaves other actions alone',
    { assignments: [{ ...owner, condition: delegated }], action: `${W}/read` },
    true,
    'roleAssignment',
  ],
  [
    'any other condition grants nothing',
    { assignments: [{ ...owner, condition: "@Resource[x] StringEquals 'y'" }], action: `${W}/read` },
    false,
    'condition',
  ],
  [
    'a request without a resource id is denied',
    { assignments: [assign(roleIds.owner, '/')], action: `${W}/read`, scope: 'w' },
    false,
    'none',
  ],
]

describe('decisions follow the stated semantics', () => {
  test.each(cases)('%s', (_name, input, allow, kind) => {
    const decision = run(input)
    expect([decision.allow, decision.by.kind], explain(decision).join('\n')).toEqual([allow, kind])
  })

  test('explain names the excluding pattern and the role', () => {
    const text = explain(run({ assignments: [assign(roleIds.dataScientist, dev)], action: `${W}/computes/write` })).join('\n')
    expect(text).toContain("'AzureML Data Scientist'")
    expect(text).toContain('computes/*/write')
    expect(text).toContain('Denied (notAction).')
  })

  test('management groups reach the subscriptions below them', () => {
    const top = '/providers/Microsoft.Management/managementGroups/top'
    const middle = '/providers/Microsoft.Management/managementGroups/middle'
    const managementGroups = [
      { scope: top, members: [middle] },
      { scope: middle, members: ['/subscriptions/S1', top] },
    ]
    const authorizer = createAuthorizer({ ...tablesOf({ assignments: [assign(roleIds.reader, top)] }), managementGroups })
    const query = { principals: ['u'], action: `${W}/read`, plane: 'control' as const, now }
    expect(authorizer.decide({ ...query, scope: workspace }).allow).toBe(true)
    expect(authorizer.decide({ ...query, scope: '/subscriptions/S2' }).allow).toBe(false)
  })

  test('whoCan lists holders, and members with a deny of their own left out', () => {
    const tables = tablesOf({
      assignments: [assign(roleIds.reader, dev, { principalId: 'team', principalType: 'Group' })],
      denies: [deny({ actions: ['*'] }, dev, { principals: [{ id: 'bob' }] })],
    })
    const memberships = new Map([
      ['ann', ['team']],
      ['bob', ['team']],
    ])
    const rows = whoCan(tables, { action: `${W}/read`, plane: 'control', scope: workspace, now, memberships })
    expect(rows.map((row) => row.principalId)).toEqual(['ann', 'team'])
  })
})
