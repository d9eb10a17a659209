import { invalid } from '@fulcrum/contract'
import { membersOf } from '../component-members.ts'
import type { AskedResources, Capacity, ResourceRequest } from './types.ts'

/**
 * What a job asks for, in the words of the field: `resources.docker_args` as for `docker run` (`--cpus 2 --memory 4g --gpus 1`), or
 * members of `resources.properties` (`cpus`, `memory`, `gpus`; quantities as in Kubernetes work too). `instance_type` names a size of
 * machine in Azure; here every size is this host, so it reserves nothing. Pure.
 * @param resources a job's (camelCase) or a node's (snake_case) `resources`
 * @throws InvalidRequestContent
 */
export function askedResources(resources: unknown, target: string): AskedResources | undefined {
  const members = membersOf(resources)
  const asked = new Map<string, string>()
  for (const [name, value] of Object.entries(membersOf(members['properties']))) {
    const word = words.get(name.toLowerCase())
    if (word !== undefined && (typeof value === 'string' || typeof value === 'number')) asked.set(word, String(value))
  }
  const dockerArguments = [
    members['dockerArgs'] ?? members['docker_args'],
    members['dockerArgsList'] ?? members['docker_args_list'],
  ]
  for (const [word, value] of dockerArguments.flatMap((value) => flagsOf(value))) asked.set(word, value)
  if (asked.size === 0) return undefined
  const gpus = asked.get('gpus')
  return {
    cores: coresOf(asked.get('cpus') ?? '0', target),
    memoryBytes: bytesOf(asked.get('memory') ?? '0', target),
    ...(gpus === undefined ? {} : { gpus: gpusOf(gpus, target) }),
  }
}

/** Names under which resources are asked for, in properties and as flags. */
const words = new Map([
  ['cpus', 'cpus'],
  ['cpu', 'cpus'],
  ['cores', 'cpus'],
  ['memory', 'memory'],
  ['gpus', 'gpus'],
  ['gpu', 'gpus'],
  ['nvidia.com/gpu', 'gpus'],
])
const flags = new Map([
  ['--cpus', 'cpus'],
  ['--memory', 'memory'],
  ['-m', 'memory'],
  ['--gpus', 'gpus'],
])

/** The flags that we know, with their values; others are for containers and mean nothing to processes. */
function flagsOf(value: unknown): [string, string][] {
  const text = Array.isArray(value) ? value.filter((entry) => typeof entry === 'string').join(' ') : value
  if (typeof text !== 'string') return []
  const tokens = text.split(/\s+/).map((token) => token.replaceAll(/["']/g, ''))
  return tokens.flatMap((token, index): [string, string][] => {
    const cut = token.indexOf('=')
    const word = flags.get(cut === -1 ? token : token.slice(0, cut))
    if (word === undefined) return []
    return [[word, cut === -1 ? (tokens[index + 1] ?? '') : token.slice(cut + 1)]]
  })
}

function coresOf(text: string, target: string): number {
  const milli = /^(\d+)m$/.exec(text)?.[1]
  const cores = milli === undefined ? Number(text) : Number(milli) / 1000
  if (text !== '' && Number.isFinite(cores) && cores >= 0) return cores
  throw invalid(`'${text}' is no number of cores; write --cpus 2 or --cpus 0.5.`, { target })
}

const units: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

function bytesOf(text: string, target: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([bkmgt]?)(?:i?b?)$/i.exec(text) ?? []
  const factor = units[(unit ?? '').toLowerCase()]
  if (amount !== undefined && factor !== undefined) return Math.round(Number(amount) * factor)
  throw invalid(`'${text}' is no amount of memory; write --memory 512m or --memory 4g.`, { target })
}

function gpusOf(text: string, target: string): number | 'all' {
  if (text.toLowerCase() === 'all') return 'all'
  // Docker's `device=0,2`: how many is honoured, which ones the queue decides.
  const listed = /^device=(.+)$/i.exec(text)?.[1]
  const count = listed === undefined ? Number(text.replace(/^count=/i, '')) : listed.split(',').length
  if (text !== '' && Number.isInteger(count) && count >= 0) return count
  throw invalid(`'${text}' is no number of GPUs; write --gpus 1 or --gpus all.`, { target })
}

/**
 * What is reserved for each node of a step on a compute.
 * @param gpuSize the compute has a size of machines with GPUs: a job there expects one without asking
 * @throws InvalidRequestContent it could never run here
 */
export function requestOn(
  capacity: Capacity,
  asked: AskedResources | undefined,
  on: { readonly nodes: number; readonly gpuSize: boolean; readonly maxNodes: number | undefined; readonly target: string },
): ResourceRequest {
  const { nodes, target } = on
  const { cores = 0, memoryBytes = 0, gpus } = asked ?? {}
  const available = capacity.gpus.length
  const request = {
    cores,
    memoryBytes,
    gpus:
      gpus === 'all' ? Math.floor(available / nodes) : (gpus ?? (on.gpuSize ? Math.min(1, Math.floor(available / nodes)) : 0)),
  }
  const times = nodes === 1 ? '' : ` (${nodes} nodes)`
  const refuse = (text: string): never => {
    throw invalid(`${text} The job would wait for ever.`, { target })
  }
  if (cores * nodes > capacity.cores)
    refuse(`It asks for ${cores * nodes} cores${times}; jobs may reserve ${capacity.cores} here (FULCRUM_CORES).`)
  if (memoryBytes * nodes > capacity.memoryBytes)
    refuse(
      `It asks for ${inMebibytes(memoryBytes * nodes)}${times}; jobs may reserve ${inMebibytes(capacity.memoryBytes)} here (FULCRUM_MEMORY_MEGABYTES).`,
    )
  if (request.gpus * nodes > available)
    refuse(`It asks for ${request.gpus * nodes} GPUs${times}; this host has ${available} (FULCRUM_GPUS).`)
  if (on.maxNodes !== undefined && nodes > on.maxNodes)
    refuse(`It asks for ${nodes} nodes; its compute has at most ${on.maxNodes} (scaleSettings.maxNodeCount).`)
  return request
}

export function inMebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`
}

/** Azure's queue settings, of jobs (`queueSettings`) and nodes (`queue_settings`): 1 low, 2 medium, 3 high. */
export function priorityOf(settings: unknown): number | undefined {
  const members = membersOf(settings)
  const given = members['priority']
  const level = typeof given === 'string' ? ['low', 'medium', 'high'].indexOf(given.toLowerCase()) + 1 || Number(given) : given
  if (level === 1 || level === 2 || level === 3) return level
  const tier = members['jobTier'] ?? members['job_tier']
  // A tier is a price in Azure; without a priority it says at least how urgent the job is.
  return typeof tier === 'string' ? tiers[tier.toLowerCase()] : undefined
}

const tiers: Readonly<Record<string, number>> = { spot: 1, basic: 2, standard: 2, premium: 3 }
