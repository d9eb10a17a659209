import { queryOptions } from '@tanstack/react-query'
import { api, type ArmResource, type Page } from '../../api.ts'

export type RoleAssignment = ArmResource<{
  readonly roleDefinitionId: string
  readonly principalId: string
  readonly principalType?: string
  readonly scope?: string
  readonly expiresOn?: string | null
}>

type RoleDefinition = ArmResource<{ readonly roleName: string; readonly description?: string | null }>

export interface NamedAssignment {
  readonly id: string
  readonly roleName: string
  readonly description: string
  readonly principalId: string
  readonly scope: string
}

/** Assignments that count at a scope for a principal and its groups, with the names of their roles. */
export function assignmentsQuery(scope: string | undefined, principalId: string) {
  return queryOptions({
    queryKey: ['arm', `${scope ?? ''}/providers/Microsoft.Authorization/roleAssignments`, principalId],
    queryFn: async ({ signal }): Promise<readonly NamedAssignment[]> => {
      const base = `${scope ?? ''}/providers/Microsoft.Authorization`
      const [assignments, definitions] = await Promise.all([
        api.get<Page<RoleAssignment>>(`${base}/roleAssignments`, { query: { $filter: `assignedTo('${principalId}')` }, signal }),
        api.get<Page<RoleDefinition>>(`${base}/roleDefinitions`, { signal }),
      ])
      const guidOf = (id: string) => id.split('/').at(-1)?.toLowerCase() ?? ''
      const roles = new Map(definitions.value.map((definition) => [guidOf(definition.id), definition.properties]))
      return assignments.value.map(({ id, properties }) => {
        const role = roles.get(guidOf(properties.roleDefinitionId))
        return {
          id,
          roleName: role?.roleName ?? guidOf(properties.roleDefinitionId),
          description: role?.description ?? '',
          principalId: properties.principalId,
          scope: properties.scope ?? (id.split('/providers/Microsoft.Authorization')[0] || '/'),
        }
      })
    },
    enabled: scope !== undefined,
  })
}

export interface Explanation {
  readonly allow: boolean
  readonly by: { readonly kind: string }
  readonly trail: readonly string[]
}

export interface WhoCanRow {
  readonly principalId: string
  readonly principalName: string
  readonly principalType: string
  readonly roleName: string
  readonly assignmentId: string
  readonly scope: string
}

/** Actions that people ask about most, in words. */
export const commonActions: readonly { readonly action: string; readonly label: string }[] = [
  { action: 'Microsoft.MachineLearningServices/workspaces/jobs/write', label: 'Submit a job' },
  { action: 'Microsoft.MachineLearningServices/workspaces/jobs/cancel/action', label: 'Cancel a job' },
  { action: 'Microsoft.MachineLearningServices/workspaces/models/versions/write', label: 'Register a model version' },
  {
    action: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write',
    label: 'Create an endpoint, change its traffic',
  },
  { action: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/score/action', label: 'Score' },
  {
    action: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/listKeys/action',
    label: 'Read the keys of an endpoint',
  },
  { action: 'Microsoft.MachineLearningServices/workspaces/data/versions/write', label: 'Create a data asset' },
  { action: 'Microsoft.MachineLearningServices/workspaces/environments/build/action', label: 'Build an environment' },
  { action: 'Fulcrum.Delivery/releases/gates/approve/action', label: 'Decide at a gate' },
  { action: 'Microsoft.Authorization/roleAssignments/write', label: 'Hand out roles' },
]
