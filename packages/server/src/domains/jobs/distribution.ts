import { invalid, nearest, notSupported } from '@fulcrum/contract'
import { membersOf, textOf } from './component-members.ts'
import type { Members } from './plan-types.ts'
import type { StepSpec } from './types.ts'

/** How many processes a step is, and which variables tell them of each other. "Instances" are groups of processes of this host. */

export type DistributionType = 'pytorch' | 'mpi' | 'tensorflow' | 'ray'

/** As the wrapper reads it. */
export interface Distribution {
  readonly type: DistributionType
  readonly instanceCount: number
  readonly processesPerInstance: number
  readonly workerCount?: number
  readonly parameterServerCount?: number
  readonly includeDashboard?: boolean
  readonly headNodeAdditionalArgs?: string
}

const types: readonly DistributionType[] = ['pytorch', 'mpi', 'tensorflow', 'ray']
/** Processes of one job; more is a slip of the pen on a single host. */
const mostProcesses = 256

/**
 * Reads `distribution` of a job (camelCase) or a node (snake_case).
 * @throws InvalidRequestContent a type or a count that cannot be
 */
export function readDistribution(given: unknown, instanceCount: number, target: string): Distribution | undefined {
  const members = membersOf(given)
  const name = members['distributionType'] ?? members['distribution_type'] ?? members['type']
  if (Object.keys(members).length === 0 || name === null || name === undefined) return undefined
  const type = types.find((known) => known === String(name).toLowerCase())
  if (type === undefined) {
    const meant = nearest(String(name).toLowerCase(), types)
    const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`
    throw invalid(`A distribution is of type ${types.join(', ')}, not '${String(name)}'.${hint}`, {
      target: `${target}.type`,
    })
  }
  const count = (camel: string, snake: string, fallback: number, least = 1) =>
    wholeNumber(members[camel] ?? members[snake] ?? fallback, { target: `${target}.${camel}`, least })
  const found: Distribution = {
    type,
    instanceCount,
    processesPerInstance: ['pytorch', 'mpi'].includes(type)
      ? count('processCountPerInstance', 'process_count_per_instance', 1)
      : 1,
    ...(type === 'tensorflow'
      ? {
          workerCount: count('workerCount', 'worker_count', instanceCount),
          parameterServerCount: count('parameterServerCount', 'parameter_server_count', 0, 0),
        }
      : {}),
    ...(type === 'ray' ? raySettings(members) : {}),
  }
  const total = processesOf(found)
  if (total > mostProcesses)
    throw invalid(`${total} processes are asked for; at most ${mostProcesses} run on this host.`, { target })
  return found
}

function raySettings(members: Members): Pick<Distribution, 'includeDashboard' | 'headNodeAdditionalArgs'> {
  const dashboard = members['includeDashboard'] ?? members['include_dashboard']
  const more = textOf(members['headNodeAdditionalArgs'] ?? members['head_node_additional_args'])
  return {
    includeDashboard: dashboard === true || dashboard === 'true',
    ...(more === undefined ? {} : { headNodeAdditionalArgs: more }),
  }
}

/** @throws NotSupported a job with Ray in whose environment there is none; `packages` = `undefined` without an environment */
export function requireRay(distribution: unknown, packages: readonly { readonly name: string }[] | undefined): void {
  const members = membersOf(distribution)
  const type = members['distributionType'] ?? members['distribution_type'] ?? members['type']
  if (String(type).toLowerCase() !== 'ray' || packages?.some(({ name }) => name.toLowerCase() === 'ray') === true) return
  throw notSupported(
    `Distribution 'ray' with ${packages === undefined ? 'no environment' : "an environment without the package 'ray'"}`,
    "Add the package 'ray[default]' to the environment of the job.",
  )
}

/** How many processes a distribution is. Ray starts its own: the job is one. */
export function processesOf(distribution: Distribution): number {
  if (distribution.type === 'ray') return 1
  return distribution.type === 'tensorflow'
    ? (distribution.workerCount ?? 1) + (distribution.parameterServerCount ?? 0)
    : distribution.instanceCount * distribution.processesPerInstance
}

/** The members of the wrapper's spec. */
export function ranksOf(spec: Pick<StepSpec, 'distribution' | 'instanceCount' | 'processCount'>): {
  readonly processCount: number
  readonly distribution?: Distribution
} {
  const distribution = readDistribution(spec.distribution, spec.instanceCount, 'distribution')
  return distribution === undefined
    ? { processCount: spec.processCount * spec.instanceCount }
    : { processCount: processesOf(distribution), distribution }
}

function wholeNumber(value: unknown, { target, least }: { readonly target: string; readonly least: number }): number {
  const count = Number(value)
  if (Number.isInteger(count) && count >= least) return count
  throw invalid(`'${String(value)}' is no count of processes; a whole number from ${least} on is needed.`, { target })
}
