import type { InstanceDescription, PersonaName } from '@fulcrum/contract'
import { assignmentsForPersona, builtinRoles, roleIds } from '../../kernel/authz/index.ts'
import { lakeAccountId, sharedPlace, type EnvironmentPlace } from './layout.ts'

/** Who gets an assignment: a group by its name, or the identity of a workspace by the workspace's id. */
export type Holder = { readonly group: string } | { readonly identityOf: string }

export interface PlannedAssignment {
  readonly holder: Holder
  readonly roleDefinitionId: string
  readonly scope: string
  readonly createdBy: string
  /** Not a standing right: it is only to be had for a while, on request. */
  readonly isJustInTime: boolean
}

const roleNamed = new Map(builtinRoles.map((role) => [role.roleName, role.id]))

function shippedRole(name: string): string {
  const id = roleNamed.get(name)
  if (id === undefined) throw new Error(`No role '${name}' is shipped.`)
  return id
}

/** Beside the tables, which know no shared group: who reads the registry and the data lakes, who keeps releases. */
const sharedRights: Readonly<
  Partial<Record<PersonaName, { registry?: 'read' | 'write'; lake?: 'read' | 'write'; delivery?: 'read' | 'work' | 'manage' }>>
> = {
  'data-scientist': { registry: 'read', lake: 'read', delivery: 'read' },
  'data-analyst': { lake: 'read' },
  'model-tester': { registry: 'read', lake: 'read', delivery: 'work' },
  'business-stakeholder': { delivery: 'read' },
  'project-lead': { registry: 'read', lake: 'read', delivery: 'work' },
  'project-owner': { delivery: 'read' },
  'ci-cd': { registry: 'write', lake: 'write', delivery: 'manage' },
  'ml-workspace': { registry: 'read', lake: 'write' },
  monitoring: { registry: 'read', lake: 'read', delivery: 'read' },
  'data-governance': { registry: 'read', lake: 'read', delivery: 'read' },
}

/** Ids of what a workspace depends on; columns of the role tables. */
export interface WorkspaceNeighbours {
  readonly keyVault: string
  readonly containerRegistry: string
  readonly storageAccount: string
  readonly logAnalytics: string
}

export interface PlanInput {
  readonly instance: InstanceDescription
  readonly places: readonly EnvironmentPlace[]
  /** By workspace id. */
  readonly neighbours: ReadonlyMap<string, WorkspaceNeighbours>
  readonly subscriptionScope: string
}

/** Every role assignment an instance calls for, without duplicates, in a stable order. Pure. */
export function planAssignments({ instance, places, neighbours, subscriptionScope }: PlanInput): PlannedAssignment[] {
  const planned = [
    ...places.flatMap((place) => presetAssignments(instance, place, neighbours)),
    ...sharedAssignments(instance, places),
    ...approverAssignments(instance, places),
    ...extraAssignments(instance, places, subscriptionScope),
  ]
  const unique = new Map(
    planned.map((item) => [JSON.stringify([item.holder, item.roleDefinitionId, item.scope.toLowerCase()]), item]),
  )
  return [...unique.values()]
}

/** The rows of the role tables for one environment with a workspace. */
function presetAssignments(
  instance: InstanceDescription,
  place: EnvironmentPlace,
  all: PlanInput['neighbours'],
): PlannedAssignment[] {
  const { environment, workspaceId } = place
  const neighbours = workspaceId === undefined ? undefined : all.get(workspaceId)
  if (workspaceId === undefined || neighbours === undefined || environment === 'shrd') return []
  return holdersOf(instance, place).flatMap(({ persona, holder }) =>
    assignmentsForPersona({
      persona,
      environment,
      resourceGroupScope: place.resourceGroupId,
      workspaceScope: workspaceId,
      vaultScope: neighbours.keyVault,
      registryScopes: [neighbours.containerRegistry],
      storageScopes: [neighbours.storageAccount],
      logAnalyticsScope: neighbours.logAnalytics,
    }).map(({ roleDefinitionId, scope, createdBy, isJustInTime }) => ({
      holder,
      roleDefinitionId,
      scope,
      createdBy,
      isJustInTime,
    })),
  )
}

function holdersOf(instance: InstanceDescription, place: EnvironmentPlace): { persona: PersonaName; holder: Holder }[] {
  const groups = Object.entries(instance.personas).map(([persona, entry]) => ({
    persona: persona as PersonaName,
    holder: { group: entry.group },
  }))
  return place.workspaceId === undefined
    ? groups
    : [...groups, { persona: 'ml-workspace', holder: { identityOf: place.workspaceId } }]
}

function sharedAssignments(instance: InstanceDescription, places: readonly EnvironmentPlace[]): PlannedAssignment[] {
  const shared = sharedPlace(places)
  if (shared === undefined) return []
  const lake = lakeAccountId(shared, instance.name)
  const delivery = `${shared.resourceGroupId}/providers/Fulcrum.Delivery`
  const holders = [
    ...Object.entries(instance.personas).map(([persona, entry]) => ({
      persona: persona as PersonaName,
      holder: { group: entry.group } as Holder,
    })),
    ...places.flatMap(({ workspaceId }) =>
      workspaceId === undefined ? [] : [{ persona: 'ml-workspace' as const, holder: { identityOf: workspaceId } as Holder }],
    ),
  ]
  return holders.flatMap(({ persona, holder }) => {
    const rights = sharedRights[persona] ?? {}
    const assign = (roleDefinitionId: string, scope: string): PlannedAssignment => ({
      holder,
      roleDefinitionId,
      scope,
      createdBy: `preset/${persona}`,
      isJustInTime: false,
    })
    const { registryId } = shared
    return [
      ...(registryId === undefined || rights.registry === undefined
        ? []
        : [assign(rights.registry === 'write' ? roleIds.contributor : roleIds.reader, registryId)]),
      ...(rights.lake === undefined
        ? []
        : [
            assign(roleIds.reader, lake),
            assign(rights.lake === 'write' ? roleIds.storageBlobDataContributor : roleIds.storageBlobDataReader, lake),
          ]),
      ...(rights.delivery === undefined ? [] : [assign(deliveryRoles[rights.delivery], delivery)]),
    ]
  })
}

const deliveryRoles = { read: roleIds.reader, work: roleIds.deliveryContributor, manage: roleIds.deliveryAdministrator } as const

/** The group that a gate names approves at the environment behind the gate, and where releases are kept. */
function approverAssignments(instance: InstanceDescription, places: readonly EnvironmentPlace[]): PlannedAssignment[] {
  const shared = sharedPlace(places)
  return Object.entries(instance.gates).flatMap(([name, gate]) => {
    const target = places.find((place) => place.environment === gate.to)
    const scopes = [target, shared].flatMap((place) =>
      place === undefined ? [] : [`${place.resourceGroupId}/providers/Fulcrum.Delivery`],
    )
    return scopes.map((scope) => ({
      holder: { group: gate.approvers },
      roleDefinitionId: roleIds.releaseApprover,
      scope,
      createdBy: `gate/${name}`,
      isJustInTime: false,
    }))
  })
}

function extraAssignments(
  instance: InstanceDescription,
  places: readonly EnvironmentPlace[],
  subscriptionScope: string,
): PlannedAssignment[] {
  return instance.assignments.flatMap((entry) => {
    const scope =
      entry.at === 'subscription' ? subscriptionScope : places.find((place) => place.environment === entry.at)?.resourceGroupId
    if (scope === undefined) return []
    return [
      {
        holder: { group: entry.group },
        roleDefinitionId: shippedRole(entry.role),
        scope,
        createdBy: 'instance',
        isJustInTime: false,
      },
    ]
  })
}

/** Names of roles that `assignments` may use. */
export const assignableRoleNames: readonly string[] = [...roleNamed.keys()]
