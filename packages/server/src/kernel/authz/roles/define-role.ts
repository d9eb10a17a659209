import type { Permission, RoleDefinition } from '../types.ts'

interface RoleInput {
  readonly name: string
  readonly roleName: string
  readonly description: string
  readonly actions?: readonly string[]
  readonly notActions?: readonly string[]
  readonly dataActions?: readonly string[]
  readonly notDataActions?: readonly string[]
}

/** Prefix of the ids of built-in roles, which belong to no subscription. */
export const ROLE_DEFINITION_PREFIX = '/providers/Microsoft.Authorization/roleDefinitions/'

/** A role Fulcrum ships: assignable everywhere, one permission block, not editable. `name` is the GUID. */
export function defineRole(input: RoleInput): RoleDefinition {
  const permission: Permission = {
    actions: input.actions ?? [],
    notActions: input.notActions ?? [],
    dataActions: input.dataActions ?? [],
    notDataActions: input.notDataActions ?? [],
  }
  return {
    id: `${ROLE_DEFINITION_PREFIX}${input.name}`,
    name: input.name,
    roleName: input.roleName,
    type: 'BuiltInRole',
    description: input.description,
    permissions: [permission],
    assignableScopes: ['/'],
  }
}

/** `M` of the governance texts: Azure Machine Learning's provider namespace. */
export const ML = 'Microsoft.MachineLearningServices'
/** `W` of the governance texts: the workspace type. */
export const WORKSPACE = `${ML}/workspaces`

/** Every suffix appended to the prefix: `under('a', ['read', 'write'])` is `a/read`, `a/write`. */
export function under(prefix: string, suffixes: readonly string[]): string[] {
  return suffixes.map((suffix) => `${prefix}/${suffix}`)
}
