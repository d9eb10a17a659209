import { z } from 'zod'
import { listSchema, resourceKind, resourceSchema } from './kind.ts'
import { operation } from './operation.ts'

/** Roles, role assignments, deny assignments, locks, and the questions that can be asked about access. */

const authorization = 'Microsoft.Authorization'
const patterns = z.array(z.string().max(512)).max(2000).default([])

const permissionSchema = z.looseObject({
  actions: patterns,
  notActions: patterns,
  dataActions: patterns,
  notDataActions: patterns,
  condition: z.string().max(8192).nullish(),
})

export const roleDefinitionProperties = z.looseObject({
  roleName: z.string().min(1).max(512),
  description: z.string().max(2048).nullish(),
  type: z.string().nullish(),
  permissions: z.array(permissionSchema).min(1).max(20),
  assignableScopes: z.array(z.string().min(1).max(2048)).min(1).max(200),
})

export const roleAssignmentProperties = z.looseObject({
  /** A full id or the bare GUID. */
  roleDefinitionId: z.string().min(1).max(2048),
  principalId: z.string().min(1).max(128),
  principalType: z.string().nullish(),
  /** Default: the scope of the assignment's own id. May name a provider namespace below it. */
  scope: z.string().max(2048).nullish(),
  description: z.string().max(2048).nullish(),
  condition: z.string().max(8192).nullish(),
  conditionVersion: z.string().nullish(),
  /** ISO 8601 instant from which the assignment no longer counts. */
  expiresOn: z.iso.datetime({ offset: true }).nullish(),
  /** Roles that the holder may hand on without holding their permissions. */
  grantableRoles: z.array(z.string().max(2048)).max(50).nullish(),
  createdBy: z.string().max(200).nullish(),
})

const denyPrincipal = z.looseObject({ id: z.string().min(1), type: z.string().nullish() })

export const denyAssignmentProperties = z.looseObject({
  denyAssignmentName: z.string().min(1).max(512),
  description: z.string().max(2048).nullish(),
  permissions: z.array(permissionSchema).min(1).max(20),
  scope: z.string().max(2048).nullish(),
  doNotApplyToChildScopes: z.boolean().nullish(),
  principals: z.array(denyPrincipal).min(1).max(100),
  excludePrincipals: z.array(denyPrincipal).max(100).nullish(),
})

export const lockProperties = z.looseObject({
  level: z.string().transform((text, context) => {
    const level = (['CanNotDelete', 'ReadOnly'] as const).find((known) => known.toLowerCase() === text.toLowerCase())
    if (level !== undefined) return level
    context.addIssue({ code: 'custom', message: `'${text}' is no lock level; use CanNotDelete or ReadOnly.` })
    return z.NEVER
  }),
  notes: z.string().max(512).nullish(),
})

export const accessKinds = [
  resourceKind({
    type: `${authorization}/roleDefinitions`,
    noun: 'roleDefinitions',
    title: 'Role definition',
    placement: 'extension',
    verbs: ['put', 'delete'],
    properties: roleDefinitionProperties,
    example: {
      properties: {
        roleName: 'Model Reader',
        permissions: [{ actions: ['Microsoft.MachineLearningServices/workspaces/models/*/read'] }],
        assignableScopes: ['/subscriptions/00000000-0000-0000-0000-000000000001'],
      },
    },
  }),
  resourceKind({
    type: `${authorization}/roleAssignments`,
    noun: 'roleAssignments',
    title: 'Role assignment',
    placement: 'extension',
    verbs: ['get', 'put', 'delete'],
    properties: roleAssignmentProperties,
    example: {
      properties: {
        roleDefinitionId: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
        principalId: '11111111-1111-1111-1111-111111111111',
      },
    },
  }),
  resourceKind({
    type: `${authorization}/denyAssignments`,
    noun: 'denyAssignments',
    title: 'Deny assignment',
    placement: 'extension',
    properties: denyAssignmentProperties,
    example: {
      properties: {
        denyAssignmentName: 'No deletions',
        permissions: [{ actions: ['*/delete'] }],
        principals: [{ id: '00000000-0000-0000-0000-000000000000' }],
      },
    },
  }),
  resourceKind({
    type: `${authorization}/locks`,
    noun: 'locks',
    title: 'Lock',
    placement: 'extension',
    properties: lockProperties,
    example: { properties: { level: 'CanNotDelete', notes: 'Production.' } },
  }),
]

const scoped = '/{scope*}/providers'
const plane = z.enum(['control', 'data'])
const filterQuery = z.looseObject({
  $filter: z.string().max(1024).optional(),
  $top: z.coerce.number().int().min(1).max(1000).optional(),
  $skipToken: z.string().max(2048).optional(),
})

export const whoCanRowSchema = z.looseObject({
  principalId: z.string(),
  principalName: z.string(),
  principalType: z.string(),
  roleName: z.string(),
  assignmentId: z.string(),
  scope: z.string(),
})

export const accessOperations = {
  listRoleDefinitions: operation({
    id: 'roleDefinitions.list',
    method: 'GET',
    path: `${scoped}/${authorization}/roleDefinitions`,
    scope: '{scope*}',
    summary: 'Lists the shipped roles and the custom roles that can be assigned at the scope.',
    action: `${authorization}/roleDefinitions/read`,
    query: filterQuery,
    response: listSchema,
  }),
  getRoleDefinition: operation({
    id: 'roleDefinitions.get',
    method: 'GET',
    path: `${scoped}/${authorization}/roleDefinitions/{roleDefinitionName}`,
    scope: '{scope*}',
    summary: 'Gets a shipped or custom role by its GUID.',
    action: `${authorization}/roleDefinitions/read`,
    response: resourceSchema,
  }),
  getShippedRole: operation({
    id: 'roleDefinitions.getShipped',
    method: 'GET',
    path: `/providers/${authorization}/roleDefinitions/{roleDefinitionName}`,
    scope: '/',
    summary: 'Gets a shipped role by its id, which belongs to no subscription.',
    action: 'authenticated',
    response: resourceSchema,
  }),
  listRoleAssignments: operation({
    id: 'roleAssignments.list',
    method: 'GET',
    path: `${scoped}/${authorization}/roleAssignments`,
    scope: '{scope*}',
    summary:
      "Lists assignments at, above and below the scope. `$filter`: `atScope()`, `principalId eq '…'` or `assignedTo('…')`.",
    action: `${authorization}/roleAssignments/read`,
    query: filterQuery,
    response: listSchema,
  }),
  explain: operation({
    id: 'access.explain',
    method: 'GET',
    path: `${scoped}/Fulcrum.Access/explain`,
    scope: '{scope*}',
    summary:
      'Why a principal may or may not perform an action at the scope: the deciding assignment, deny, notAction, condition or token.',
    action: `${authorization}/roleAssignments/read`,
    query: z.looseObject({
      principal: z.string().min(1).max(200),
      action: z.string().min(1).max(512),
      plane: plane.default('control'),
    }),
    response: z.looseObject({ allow: z.boolean(), by: z.looseObject({ kind: z.string() }), trail: z.array(z.string()) }),
  }),
  whoCan: operation({
    id: 'access.whoCan',
    method: 'GET',
    path: `${scoped}/Fulcrum.Access/whoCan`,
    scope: '{scope*}',
    summary: 'Everybody who may perform an action at the scope, and through which assignment.',
    action: `${authorization}/roleAssignments/read`,
    query: z.looseObject({ action: z.string().min(1).max(512), plane: plane.default('control') }),
    response: z.object({ value: z.array(whoCanRowSchema), nextLink: z.null() }),
  }),
  check: operation({
    id: 'access.check',
    method: 'POST',
    path: `${scoped}/Fulcrum.Access/check`,
    scope: '{scope*}',
    summary: 'Which of the named actions the caller may perform at the scope; a studio greys out buttons by it.',
    action: 'authenticated',
    body: z.object({
      actions: z
        .array(
          z.union([
            z.string().min(1).max(512),
            z.object({ action: z.string().min(1).max(512), plane: plane.default('control') }),
          ]),
        )
        .min(1)
        .max(200),
    }),
    example: { actions: ['Microsoft.MachineLearningServices/workspaces/jobs/write'] },
    response: z.object({ value: z.array(z.object({ action: z.string(), plane, allowed: z.boolean() })) }),
  }),
}
