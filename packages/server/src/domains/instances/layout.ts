import { createHash } from 'node:crypto'
import {
  armId,
  environmentLabels,
  resourceGroupId,
  workspaceId,
  type EnvironmentLabel,
  type InstanceDescription,
} from '@fulcrum/contract'

/** Where the parts of an instance live. Pure. */

export interface EnvironmentPlace {
  readonly environment: EnvironmentLabel
  readonly resourceGroupId: string
  readonly workspaceId: string | undefined
  readonly registryId: string | undefined
  readonly location: string
  readonly tags: Readonly<Record<string, string>>
}

/** The environments of an instance in the order of the way to production: dev, qa, test, prod, shrd. */
export function placesOf(subscriptionId: string, instance: InstanceDescription): EnvironmentPlace[] {
  return environmentLabels.flatMap((environment) => {
    const entry = instance.environments[environment]
    if (entry === undefined) return []
    const { resourceGroup, workspace, registry } = entry
    return [
      {
        environment,
        resourceGroupId: resourceGroupId(subscriptionId, resourceGroup),
        workspaceId: workspace === undefined ? undefined : workspaceId(subscriptionId, resourceGroup, workspace),
        registryId:
          registry === undefined
            ? undefined
            : armId(subscriptionId, resourceGroup, 'Microsoft.MachineLearningServices', [['registries', registry]]),
        location: entry.location ?? instance.location,
        tags: { ...instance.tags, ...entry.tags, 'fulcrum.environment': environment, 'fulcrum.instance': instance.name },
      },
    ]
  })
}

/** The group that holds what all environments share: `shrd`, or the first one of an instance without it. */
export function sharedPlace(places: readonly EnvironmentPlace[]): EnvironmentPlace | undefined {
  return places.find((place) => place.environment === 'shrd') ?? places[0]
}

/** The storage account of the data lakes; every workspace reads it, so production data is not copied. */
export function lakeAccountId(shared: EnvironmentPlace, instanceName: string): string {
  const compact = instanceName
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 10)
  const suffix = createHash('sha256').update(shared.resourceGroupId.toLowerCase()).digest('hex').slice(0, 8)
  return `${shared.resourceGroupId}/providers/Microsoft.Storage/storageAccounts/st${compact}lake${suffix}`
}

export interface PlannedGate {
  readonly name: string
  readonly order: number
}

/** Gates by the environment they lead to; the order of members in a file does not survive storage. */
export function gatesInOrder(instance: InstanceDescription): PlannedGate[] {
  const rank = (label: EnvironmentLabel): number => environmentLabels.indexOf(label)
  return Object.entries(instance.gates)
    .toSorted(([leftName, left], [rightName, right]) => rank(left.to) - rank(right.to) || leftName.localeCompare(rightName))
    .map(([name], index) => ({ name, order: index + 1 }))
}
