import { OutcomeError } from '../cli-errors.ts'
import { readLocalConnection } from '../connection.ts'
import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { isAlive } from './down.ts'

/** Prints each part of the instance on this host with its state. @throws OutcomeError when the API does not answer */
export async function status(options: GlobalOptions): Promise<void> {
  const connection = await readLocalConnection()
  if (connection === undefined) throw new OutcomeError("Nothing runs here yet; start it with 'fulcrum up'.")
  const [api, gateway] = await Promise.all([
    health(connection.apiUrl),
    connection.gatewayUrl === undefined ? 'unknown' : health(connection.gatewayUrl),
  ])
  const supervisor =
    connection.supervisorPid === undefined || !isAlive(connection.supervisorPid)
      ? 'stopped'
      : `running (${connection.supervisorPid})`
  await print(
    [
      { part: 'supervisor', state: supervisor, address: '' },
      { part: 'api and studio', state: api, address: connection.apiUrl },
      { part: 'gateway', state: gateway, address: connection.gatewayUrl ?? '' },
    ],
    options,
  )
  if (api !== 'answers') throw new OutcomeError("The API does not answer; start it with 'fulcrum up'.")
}

async function health(url: string): Promise<string> {
  return fetch(`${url}/health`, { signal: AbortSignal.timeout(3000) }).then(
    (response) => (response.ok ? 'answers' : `answers ${response.status}`),
    () => 'does not answer',
  )
}
