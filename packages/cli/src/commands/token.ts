import { oauthOperations, signInOperations } from '@fulcrum/contract'
import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { openSession } from '../session.ts'

export async function listTokens(options: GlobalOptions): Promise<void> {
  const { client } = await openSession(options)
  await print((await client.call(signInOperations.listTokens)).value, options)
}

export async function createToken(name: string, options: GlobalOptions & { days: string; scope?: string[] }): Promise<void> {
  const { client } = await openSession(options)
  const body = { name, expiresInDays: Number(options.days), ...(options.scope === undefined ? {} : { scopes: options.scope }) }
  await print(await client.call(signInOperations.createToken, { body }), options)
}

export async function revokeToken(id: string, options: GlobalOptions): Promise<void> {
  const { client } = await openSession(options)
  await client.call(signInOperations.revokeToken, { params: { tokenId: id } })
  process.stderr.write(`Revoked '${id}'.\n`)
}

/** Settles the sign-in of a device, saying who asked for what. */
export async function approveDevice(userCode: string, options: GlobalOptions & { refuse?: boolean }): Promise<void> {
  const { client } = await openSession(options)
  const params = { userCode }
  const { clientId, audience } = await client.call(oauthOperations.describeDevice, { params })
  const { state } = await client.call(oauthOperations.approveDevice, { params, body: { approve: options.refuse !== true } })
  process.stderr.write(`${state === 'approved' ? 'Approved' : 'Refused'}: ${clientId} at ${audience}.\n`)
}
