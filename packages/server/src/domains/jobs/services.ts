import { invalid, nearest, notSupported } from '@fulcrum/contract'
import type { StoredResource } from '../../kernel/resources/index.ts'
import { membersOf, textOf } from './component-members.ts'
import { terminalStatuses } from './planner.ts'
import type { ServiceRequest, ServiceState, ServiceType } from './service-types.ts'

/** Interactive services of a job (`services`): programs beside the command, on a loopback port, until the job ends. */

/** What the server itself says of a job, and the SDK's mark of local runs. */
const platformServices = new Set(['studio', 'tracking', 'local'])

const known: Readonly<Record<string, ServiceType | undefined>> = {
  jupyterlab: 'JupyterLab',
  tensorboard: 'TensorBoard',
  custom: 'Custom',
  ssh: undefined,
  vscode: undefined,
}

/** @throws NotSupported SSH and VS Code · InvalidRequestContent */
export function readServices(given: unknown, target: string): Readonly<Record<string, ServiceRequest>> {
  return Object.fromEntries(
    Object.entries(askedServices(given)).map(([name, value]) => [name, readService(name, membersOf(value), `${target}.${name}`)]),
  )
}

/** The services that the author of a job asked for, without those that the server adds. */
export function askedServices(given: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(membersOf(given)).filter(([name, value]) => !platformServices.has(name.toLowerCase()) && value !== null),
  )
}

function readService(name: string, members: Readonly<Record<string, unknown>>, target: string): ServiceRequest {
  const asked = textOf(members['jobServiceType'] ?? members['job_service_type'] ?? members['type']) ?? 'Custom'
  const key = asked.replaceAll('_', '').toLowerCase()
  if (!(key in known)) {
    const meant = nearest(key, Object.keys(known))
    const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`
    throw invalid(`Service '${name}' is of type '${asked}'; jupyter_lab, tensor_board and custom can be had here.${hint}`, {
      target,
    })
  }
  const type = known[key]
  if (type === undefined) {
    throw notSupported(
      `Service '${name}' of type '${asked}', for which one signs in to a machine of the job's own,`,
      "A job is a process of the server's own host: open its directory there, or ask for a service of type jupyter_lab, tensor_board or custom.",
    )
  }
  const port = portOf(members['port'], target)
  if (type === 'Custom' && port === undefined)
    throw invalid(`Service '${name}' is custom: name the port on which the command listens (port: 1024 to 65535).`, {
      target: `${target}.port`,
    })
  const properties = membersOf(members['properties'])
  const logDirectory = textOf(properties['logDir'] ?? properties['log_dir'] ?? members['logDir'] ?? members['log_dir'])
  return { type, ...(port === undefined ? {} : { port }), ...(logDirectory === undefined ? {} : { logDirectory }) }
}

function portOf(value: unknown, target: string): number | undefined {
  if (value === undefined || value === null) return undefined
  const port = Number(value)
  if (Number.isInteger(port) && port >= 1024 && port <= 65_535) return port
  throw invalid(`'${String(value)}' is no port that a job can open; from 1024 to 65535.`, { target: `${target}.port` })
}

/** The services of a job as clients read them: what was asked, and where each one listens while the job runs. */
export function presentServices(job: StoredResource): Record<string, Record<string, unknown>> {
  const states = (job.status['services'] ?? {}) as Readonly<Record<string, ServiceState>>
  const ended = terminalStatuses.includes(String(job.status['status']))
  return Object.fromEntries(
    Object.entries(askedServices(job.properties['services'])).map(([name, asked]) => {
      const { token: _token, ...state } = states[name] ?? { status: 'NotStarted', endpoint: null }
      const over = ended && state.status !== 'Failed' ? { status: 'Stopped', endpoint: null } : {}
      return [name, { ...membersOf(asked), ...state, ...over }]
    }),
  )
}

/** As the SDK's `show_services` reads them; with the token for who submitted the job. */
export function serviceInstances(job: StoredResource, forSubmitter: boolean): Record<string, Record<string, unknown>> {
  const states = (job.status['services'] ?? {}) as Readonly<Record<string, ServiceState>>
  return Object.fromEntries(
    Object.entries(presentServices(job)).map(([name, { jobServiceType, port, status, endpoint, errorMessage }]) => {
      const token = forSubmitter && typeof endpoint === 'string' ? states[name]?.token : undefined
      return [
        name,
        {
          type: jobServiceType,
          port: port ?? null,
          status,
          endpoint: token === undefined || token === null ? (endpoint ?? null) : `${String(endpoint)}?token=${token}`,
          ...(errorMessage === undefined || errorMessage === null ? {} : { error: { error: { message: errorMessage } } }),
          properties: {},
        },
      ]
    }),
  )
}
