/** The parts of an ARM id that the studio routes by. */
export interface ArmId {
  readonly subscriptionId: string
  readonly resourceGroup: string
  readonly namespace: string
  /** Type and name pairs, outermost first. */
  readonly segments: readonly { readonly type: string; readonly name: string }[]
}

export const machineLearning = 'Microsoft.MachineLearningServices'

/** @returns the parts of an id below a resource group, or undefined when the text is no such id */
export function parseArmId(id: string): ArmId | undefined {
  const match = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/([^/]+)\/(.+)$/i.exec(id)
  if (!match) return undefined
  const [, subscriptionId = '', resourceGroup = '', namespace = '', rest = ''] = match
  const parts = rest.split('/')
  if (parts.length % 2 !== 0 || parts.includes('')) return undefined
  const segments = parts.flatMap((type, position) => (position % 2 === 0 ? [{ type, name: parts[position + 1] ?? '' }] : []))
  return { subscriptionId, resourceGroup, namespace, segments }
}

/** ARM id of a workspace. */
export function workspaceId(subscriptionId: string, resourceGroup: string, workspace: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${machineLearning}/workspaces/${workspace}`
}

/** Name of what an id means: `…/jobs/fox` gives `fox`, `…/models/churn/versions/7` gives `churn:7`. An `azureml:` prefix is dropped. */
export function nameOfId(id: string): string {
  const versioned = /\/([^/]+)\/versions\/([^/]+)$/.exec(id)
  if (versioned) return `${versioned[1]}:${versioned[2]}`
  return (
    id
      .replace(/^azureml:/, '')
      .split('/')
      .at(-1) ?? id
  )
}

/** ARM ids are compared without case. */
export function isSameId(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase()
}
