import { invalid, isWithinScope, nameOf, nearest, parseArmId } from '@fulcrum/contract'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource, listResources } from '../../kernel/resources/index.ts'

export const computeResourceType = 'Microsoft.MachineLearningServices/workspaces/computes'

/** Kinds on which jobs run: all of them are processes of this host. */
export const runnableComputeTypes: readonly string[] = ['local', 'amlcompute', 'computeinstance']

/** Names that mean this host without a resource: what a client sends that names no compute. */
const implicitNames = new Set(['local', 'serverless', ''])

export interface ResolvedCompute {
  readonly name: string
  /** Why nothing runs there; says what does. */
  readonly unsupported?: string
  /** Jobs at once; absent = only the limit of the host. */
  readonly slots?: number
  /** Its size of machines is one with GPUs: jobs expect one there without asking. */
  readonly gpuSize?: boolean
  /** By the tag `fulcrum.isolation` of the compute. */
  readonly isolation?: Isolation
}

export type Isolation = 'required' | 'best-effort' | 'none'
export const isolationTag = 'fulcrum.isolation'
const isolations: readonly Isolation[] = ['required', 'best-effort', 'none']

/** The stricter of what the instance and a compute ask for: whoever may write computes must not open the host. */
export function strictestIsolation(instance: Isolation, compute: Isolation | undefined): Isolation {
  return isolations.find((isolation) => isolation === instance || isolation === compute) ?? instance
}

/** @throws InvalidRequestContent a tag that is no isolation */
export function isolationOf(tags: Readonly<Record<string, string>>): Isolation | undefined {
  const text = tags[isolationTag]
  const found = isolations.find((isolation) => isolation === text?.toLowerCase())
  if (text === undefined || found !== undefined) return found
  throw invalid(`The tag '${isolationTag}' is ${isolations.join(', ')}, not '${text}'.`, { target: `tags.${isolationTag}` })
}

/**
 * The compute that a job names: an id, `azureml:name` or a plain name.
 * @throws InvalidRequestContent there is none of that name, or it lies in another workspace
 */
export async function resolveCompute(db: Executor, workspaceId: string, reference: string): Promise<ResolvedCompute> {
  const plain = reference.replace(/^azureml:(?=[^/])/, '').replace(/^azureml:(?=\/subscriptions\/)/i, '')
  if (parseArmId(plain) !== undefined && !isWithinScope(plain, `${workspaceId}/computes`)) {
    throw invalid(`Compute '${reference}' belongs to another workspace.`, { target: 'properties.computeId' })
  }
  const name = nameOf(plain)
  const resource = await findResource(db, `${workspaceId}/computes/${name}`)
  if (resource === undefined) {
    if (implicitNames.has(name.toLowerCase())) return { name: 'local' }
    const known = await listResources(db, { type: computeResourceType, parentId: workspaceId, limit: 100 })
    const names = ['local', ...known.map((entry) => entry.name)]
    const hint = nearest(name, names)
    throw invalid(
      `Compute '${name}' was not found. ${hint === undefined ? `There are: ${names.join(', ')}.` : `Did you mean '${hint}'?`}`,
      { target: 'properties.computeId' },
    )
  }
  const type = String(resource.properties['computeType'] ?? '')
  if (!runnableComputeTypes.includes(type.toLowerCase())) {
    return {
      name,
      unsupported: `Compute '${name}' is of type ${type}, on which this server runs no jobs. Use 'local', or a compute of type AmlCompute or ComputeInstance: all of them run processes on this host.`,
    }
  }
  const slots = slotsOf(resource.properties)
  const { vmSize } = (resource.properties['properties'] ?? {}) as { vmSize?: unknown }
  // Azure's families NC, ND, NG and NV.
  const gpuSize = typeof vmSize === 'string' && /^standard_n/i.test(vmSize)
  const isolation = isolationOf(resource.tags)
  return { name, gpuSize, ...(slots === undefined ? {} : { slots }), ...(isolation === undefined ? {} : { isolation }) }
}

/** `scaleSettings.maxNodeCount` of a compute: how many of its jobs run at once. */
export function slotsOf(properties: Readonly<Record<string, unknown>>): number | undefined {
  const inner = (properties['properties'] ?? {}) as { scaleSettings?: { maxNodeCount?: unknown } | null }
  const count = Number(inner.scaleSettings?.maxNodeCount)
  return Number.isInteger(count) && count >= 1 ? count : undefined
}
