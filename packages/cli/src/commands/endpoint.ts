import { readFile } from 'node:fs/promises'
import { rebuildError } from '@fulcrum/sdk'
import { OutcomeError, UsageError } from '../cli-errors.ts'
import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { openSession } from '../session.ts'

/** Scores a request file over HTTP with the endpoint's key, as an application does. */
export async function invoke(
  name: string,
  options: GlobalOptions & { requestFile: string; deploymentName?: string },
): Promise<void> {
  const session = await openSession(options)
  const id = `${await session.workspace()}/onlineEndpoints/${encodeURIComponent(name)}`
  const body = await readFile(options.requestFile, 'utf8').catch(() => {
    throw new UsageError(`There is no request file '${options.requestFile}'.`)
  })
  const [endpoint, keys] = await Promise.all([
    session.client.get(id),
    session.client.post<{ primaryKey: string }>(`${id}/listKeys`),
  ])
  const scoringUri = endpoint.properties['scoringUri']
  if (typeof scoringUri !== 'string') throw new OutcomeError(`Endpoint '${name}' has no scoring address yet.`)
  const response = await fetch(scoringUri, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${keys.primaryKey}`,
      ...(options.deploymentName === undefined ? {} : { 'azureml-model-deployment': options.deploymentName }),
    },
  })
  const text = await response.text()
  if (!response.ok) throw rebuildError(response.status, text)
  process.stdout.write(`${text}\n`)
}

export async function keys(name: string, options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  await print(
    await session.client.post(`${await session.workspace()}/onlineEndpoints/${encodeURIComponent(name)}/listKeys`),
    options,
  )
}

/** Sets the share of each deployment, e.g. `blue=90 green=10`. */
export async function setTraffic(name: string, shares: readonly string[], options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  const id = `${await session.workspace()}/onlineEndpoints/${encodeURIComponent(name)}`
  const traffic = Object.fromEntries(shares.flatMap((share) => share.split(/\s+/)).map(parseShare))
  await print(await session.client.patch(id, { properties: { traffic } }), options)
}

export function parseShare(share: string): [string, number] {
  const [, deployment, percent] = /^([A-Za-z][\w-]*)=(\d{1,3})$/.exec(share) ?? []
  if (deployment === undefined || Number(percent) > 100)
    throw new UsageError(`'${share}' is no share; write <deployment>=<percent>, e.g. blue=90.`)
  return [deployment, Number(percent)]
}
