import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { startBuiltPlatform, type BuiltPlatform } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientPython, clients, prepareWorkspaces, runPython, settingsOf } from './sdk-clients.ts'

const suite = join(import.meta.dirname, 'suite')
const workspaceOf = (version: string): string => `mlw-sdk-${version.replaceAll('.', '-')}`

let platform: BuiltPlatform
beforeAll(async () => {
  platform = await startBuiltPlatform()
  const names = clients.map(({ version }) => workspaceOf(version))
  await prepareWorkspaces(platform, names)
})
afterAll(() => platform?.[Symbol.asyncDispose]())

/** In this order: later files use the compute and the environment that earlier ones create. */
const files = readdirSync(suite)
  .filter((name) => name.startsWith('test_'))
  .map((name) => name.replace('.py', ''))
  .toSorted()

describe.each(clients)('azure-ai-ml $version, unmodified', (client) => {
  it.each(files)('%s', async (file) => {
    const python = await clientPython(client)
    const env = await settingsOf(platform, client, workspaceOf(client.version))
    const options = { cwd: suite, env, timeoutMs: 900_000 }
    const { failed, output } = await runPython(python, ['-m', 'unittest', '-v', file], options)
    expect(failed, output).toBe(false)
    process.stdout.write(`azure-ai-ml ${client.version} ${file}: ${output.trim().split('\n').slice(-3).join(' ')}\n`)
  })
})
