import { createClient } from '@fulcrum/sdk'
import { signInOperations } from '@fulcrum/contract'
import { UsageError } from '../cli-errors.ts'
import { readConnection, readLocalConnection, readProfile, writeProfile } from '../connection.ts'
import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { openSession } from '../session.ts'

/** Checks a token against an instance and remembers both. */
export async function login(options: { url?: string; token?: string }): Promise<void> {
  const apiUrl = options.url ?? (await readLocalConnection())?.apiUrl
  if (apiUrl === undefined || !URL.canParse(apiUrl))
    throw new UsageError('Which instance? Give --url, e.g. --url http://127.0.0.1:7180.')
  const token = options.token ?? (await readStandardInput())
  if (token === '') throw new UsageError('No token was given: use --token, or pass it on standard input.')
  const me = await createClient({ baseUrl: apiUrl, token }).call(signInOperations.me)
  const path = await writeProfile({
    ...(await readProfile()),
    apiUrl: apiUrl.replace(/\/+$/, ''),
    token,
    subscriptionId: me.subscriptionId,
  })
  process.stdout.write(`Signed in at ${apiUrl} as ${me.name}; remembered in ${path}.\n`)
}

export async function logout(): Promise<void> {
  await writeProfile({})
  process.stdout.write('Forgotten.\n')
}

export async function configure(options: GlobalOptions): Promise<void> {
  const profile = await readProfile()
  const changed = {
    ...profile,
    ...(options.resourceGroup === undefined ? {} : { resourceGroup: options.resourceGroup }),
    ...(options.workspaceName === undefined ? {} : { workspace: options.workspaceName }),
  }
  if (options.resourceGroup !== undefined || options.workspaceName !== undefined) await writeProfile(changed)
  await print(
    { url: (await readConnection()).apiUrl, resourceGroup: changed.resourceGroup ?? null, workspace: changed.workspace ?? null },
    options,
  )
}

export async function whoAmI(options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  const me = await session.client.call(signInOperations.me)
  await print(
    { ...me, groups: me.groups.map((group) => group.name), workspaces: me.workspaces.map((workspace) => workspace.name) },
    options,
  )
}

async function readStandardInput(): Promise<string> {
  if (process.stdin.isTTY) return ''
  let text = ''
  for await (const chunk of process.stdin) text += String(chunk)
  return text.trim()
}
