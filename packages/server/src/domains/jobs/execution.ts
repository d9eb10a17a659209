import { invalid, notSupported } from '@fulcrum/contract'
import { membersOf } from './component-members.ts'
import { processCountOf } from './data-types.ts'
import { processesOf, readDistribution } from './distribution.ts'
import { readServices } from './services.ts'
import type { Members } from './plan-types.ts'
import type { StepSpec } from './types.ts'

/** How a step is to be run, beside its command: processes, network, services. */

/** Property of a job, or of a step, under which it asks for no network; Azure's own way is `--network none` in `docker_args`. */
export const networkProperty = 'fulcrum.network'

interface AskedExecution {
  readonly distribution: unknown
  readonly resources: unknown
  readonly services: unknown
  readonly properties: unknown
}

type Execution = Pick<StepSpec, 'instanceCount' | 'processCount' | 'distribution' | 'network' | 'services'>

/** Reads camelCase (jobs) and snake_case (nodes). @throws InvalidRequestContent · NotSupported what cannot run on one host */
export function readExecution(asked: AskedExecution, target: string): Execution {
  const resources = membersOf(asked.resources)
  const instanceCount = Number(resources['instanceCount'] ?? resources['instance_count'] ?? 1) || 1
  const distribution = readDistribution(asked.distribution, instanceCount, `${target}.distribution`)
  const network = networkOf(membersOf(asked.properties), resources, target)
  const services = readServices(asked.services, `${target}.services`)
  const processes = distribution === undefined ? instanceCount : processesOf(distribution)
  if (network === 'none') refuseWithoutNetwork({ processes, services: Object.keys(services), ray: distribution?.type === 'ray' })
  return {
    instanceCount,
    processCount: processCountOf(membersOf(asked.distribution)),
    ...(distribution === undefined ? {} : { distribution: membersOf(asked.distribution) }),
    ...(network === undefined ? {} : { network }),
    ...(Object.keys(services).length === 0 ? {} : { services }),
  }
}

function networkOf(properties: Members, resources: Members, target: string): 'none' | undefined {
  const value = properties[networkProperty]
  if (value !== undefined && value !== null && !['none', 'host'].includes(String(value).toLowerCase()))
    throw invalid(`'${networkProperty}' is 'none' or 'host', not '${String(value)}'.`, {
      target: `${target}.properties.${networkProperty}`,
    })
  if (String(value).toLowerCase() === 'none') return 'none'
  const given =
    resources['dockerArgs'] ?? resources['docker_args'] ?? resources['dockerArgsList'] ?? resources['docker_args_list']
  const text = Array.isArray(given) ? given.join(' ') : String(given ?? '')
  return /(?:^|\s)--net(?:work)?[= ]none(?:\s|$)/.test(text) ? 'none' : undefined
}

/** Each process of a job without a network has a loopback interface of its own. */
function refuseWithoutNetwork(job: {
  readonly processes: number
  readonly services: readonly string[]
  readonly ray: boolean
}): void {
  const option = 'Leave the network on, or run it as one process without services.'
  if (job.processes > 1 || job.ray)
    throw notSupported('A job without a network whose several processes could not reach each other', option)
  if (job.services.length > 0)
    throw notSupported(`A service that nobody could reach ('${job.services.join("', '")}', of a job without a network)`, option)
}
