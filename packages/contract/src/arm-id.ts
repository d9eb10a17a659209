/**
 * Azure Resource Manager ids: parse, print, compare.
 * Ids are compared without case and printed as stored.
 * @see https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
 */

/** One `type/name` pair of an id below its provider. */
export interface ArmSegment {
  readonly type: string
  readonly name: string
}

export interface ArmId {
  readonly subscriptionId: string
  readonly resourceGroup?: string
  /** Provider namespace, e.g. `Microsoft.MachineLearningServices`; absent for a subscription or resource group. */
  readonly namespace?: string
  readonly segments: readonly ArmSegment[]
  /** For an extension resource: the id of the resource it extends. */
  readonly extends?: string
}

const machineLearning = 'Microsoft.MachineLearningServices'

/** Parses an id; `undefined` when the text is not an ARM id. Keeps the case of names. */
export function parseArmId(text: string): ArmId | undefined {
  const extension = text.toLowerCase().lastIndexOf('/providers/')
  const base = splitBase(text)
  if (base === undefined) return undefined
  if (base.rest.length === 0) return { subscriptionId: base.subscriptionId, resourceGroup: base.resourceGroup, segments: [] }
  if (base.rest[0]?.toLowerCase() !== 'providers') return undefined
  const providers = text.slice(extension + '/providers/'.length).split('/')
  const [namespace, ...pairs] = providers
  if (!namespace || pairs.length === 0 || pairs.length % 2 !== 0) return undefined
  const segments: ArmSegment[] = []
  for (let index = 0; index < pairs.length; index += 2) {
    const [type, name] = [pairs[index], pairs[index + 1]]
    if (!type || !name) return undefined
    segments.push({ type, name })
  }
  const extended = text.slice(0, extension)
  const plainBase =
    base.resourceGroup === undefined
      ? `/subscriptions/${base.subscriptionId}`
      : `/subscriptions/${base.subscriptionId}/resourceGroups/${base.resourceGroup}`
  return {
    subscriptionId: base.subscriptionId,
    resourceGroup: base.resourceGroup,
    namespace,
    segments,
    ...(extended.toLowerCase() === plainBase.toLowerCase() ? {} : { extends: extended }),
  }
}

function splitBase(text: string): { subscriptionId: string; resourceGroup?: string; rest: string[] } | undefined {
  const parts = text.split('/')
  if (parts[0] !== '' || parts[1]?.toLowerCase() !== 'subscriptions' || !parts[2]) return undefined
  if (parts.slice(2).some((part) => part === '')) return undefined
  if (parts[3]?.toLowerCase() === 'resourcegroups') {
    return parts[4] ? { subscriptionId: parts[2], resourceGroup: parts[4], rest: parts.slice(5) } : undefined
  }
  return { subscriptionId: parts[2], rest: parts.slice(3) }
}

export function subscriptionScope(subscriptionId: string): string {
  return `/subscriptions/${subscriptionId}`
}

export function resourceGroupId(subscriptionId: string, resourceGroup: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`
}

/** The id of a resource in a resource group, e.g. `armId(s, 'rg', 'Microsoft.Storage', ['storageAccounts', 'a'])`. */
export function armId(
  subscriptionId: string,
  resourceGroup: string,
  namespace: string,
  segments: readonly (readonly [string, string])[],
): string {
  return `${resourceGroupId(subscriptionId, resourceGroup)}/providers/${namespace}/${segments.map(([type, name]) => `${type}/${name}`).join('/')}`
}

export function workspaceId(subscriptionId: string, resourceGroup: string, workspace: string): string {
  return armId(subscriptionId, resourceGroup, machineLearning, [['workspaces', workspace]])
}

/** The full resource type of an id, e.g. `Microsoft.MachineLearningServices/workspaces/models`; `undefined` for groups. */
export function resourceTypeOf(id: ArmId): string | undefined {
  return id.namespace === undefined ? undefined : [id.namespace, ...id.segments.map((segment) => segment.type)].join('/')
}

/** The parent resource id (`undefined` for a top-level resource: its parent is the resource group). */
export function parentIdOf(id: string): string | undefined {
  const parsed = parseArmId(id)
  if (parsed === undefined || parsed.segments.length < 2) return undefined
  return id.split('/').slice(0, -2).join('/')
}

/** The id of the workspace or registry that contains `id`, or `undefined`. */
export function workspaceOf(id: string): string | undefined {
  const match =
    /^(\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\/microsoft\.machinelearningservices\/(?:workspaces|registries)\/[^/]+)/i.exec(
      id,
    )
  return match?.[1]
}

/** The last name of an id. */
export function nameOf(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1)
}

/** True when `id` is `scope` or lies below it; whole segments, without case; `/` is above everything. */
export function isWithinScope(id: string, scope: string): boolean {
  const lowerScope = scope.toLowerCase().replace(/\/$/, '')
  const lowerId = id.toLowerCase()
  return lowerId === lowerScope || lowerId.startsWith(`${lowerScope}/`)
}
