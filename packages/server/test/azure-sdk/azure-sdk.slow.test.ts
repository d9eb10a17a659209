import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startBuiltPlatform, type BuiltPlatform } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const suite = join(import.meta.dirname, 'suite')
const group = 'rg-sdk'
const registry = 'sdkshared'

/**
 * The oldest SDK we support, one between, the newest; what each needs besides to be imported by a current Python; and how it learns of
 * this cloud: not at all (`AZUREML_DEV_URL_MFE` alone), from the environment, or from its user's code.
 */
const clients = [
  { version: '1.4.0', besides: ['six', 'marshmallow<3.24'], cloud: 'none' },
  { version: '1.16.1', besides: ['marshmallow<3.24'], cloud: 'environment' },
  { version: '1.35.2', besides: [], cloud: 'code' },
] as const

type Client = (typeof clients)[number]

let platform: BuiltPlatform
beforeAll(async () => {
  platform = await startBuiltPlatform()
  const subscription = `/subscriptions/${platform.subscriptionId}`
  await platform.call('PUT', `${subscription}/resourcegroups/${group}`, { location: 'local' })
  const provider = `${subscription}/resourceGroups/${group}/providers/Microsoft.MachineLearningServices`
  for (const { version } of clients)
    await platform.call('PUT', `${provider}/workspaces/${workspaceOf(version)}`, { location: 'local', properties: {} })
  await platform.call('PUT', `${provider}/registries/${registry}`, { location: 'local', properties: {} })
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
    const { failed, output } = await runSuite(python, file, await settingsOf(client))
    expect(failed, output).toBe(false)
    process.stdout.write(`azure-ai-ml ${client.version} ${file}: ${output.trim().split('\n').slice(-3).join(' ')}\n`)
  })
})

async function runSuite(python: string, file: string, env: NodeJS.ProcessEnv): Promise<{ failed: boolean; output: string }> {
  const parameters = ['-W', 'ignore', '-m', 'unittest', '-v', file]
  return run(python, parameters, { cwd: suite, env, timeout: 900_000, maxBuffer: 64 << 20 }).then(
    ({ stderr }) => ({ failed: false, output: stderr }),
    (error: { stdout?: string; stderr?: string; message: string }) => ({
      failed: true,
      output: `${error.stderr ?? error.message}\n${error.stdout?.slice(-5_000) ?? ''}`,
    }),
  )
}

/** What a user has after `eval "$(fulcrum env)"`, and nothing else. */
async function settingsOf({ version, cloud }: Client): Promise<NodeJS.ProcessEnv> {
  const workspace = workspaceOf(version)
  const known = cloud === 'environment' ? ['--current-cloud'] : []
  const exported = await cliJson('env', ...known, '-g', group, '-w', workspace, '-o', 'json')
  if (cloud === 'code') delete exported['AZUREML_DEV_URL_MFE']
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    ...exported,
    ...(cloud === 'code'
      ? { FULCRUM_SDK_CLOUD: JSON.stringify(await cliJson('env', '-g', group, '-w', workspace, '--cloud')) }
      : {}),
    FULCRUM_SDK_SUBSCRIPTION: platform.subscriptionId,
    FULCRUM_SDK_GROUP: group,
    FULCRUM_SDK_WORKSPACE: workspace,
    FULCRUM_SDK_REGISTRY: registry,
  }
}

async function cliJson(...parameters: string[]): Promise<Record<string, string>> {
  const { code, output } = await platform.cli(...parameters)
  if (code !== 0) throw new Error(`fulcrum ${parameters.join(' ')}: ${output}`)
  return JSON.parse(output) as Record<string, string>
}

/** An interpreter with the client installed; kept between runs under a name that changes with what is installed. */
async function clientPython({ version, besides }: Client): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'fulcrum-tests', `azure-ai-ml-${version}`)
  const python = join(cache, 'bin', 'python')
  if (existsSync(join(cache, 'complete'))) return python
  await mkdir(cache, { recursive: true })
  await run('python3', ['-m', 'venv', cache])
  const packages = [`azure-ai-ml==${version}`, 'azure-identity', 'setuptools<81', ...besides]
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages], { timeout: 900_000 })
  await writeFile(join(cache, 'complete'), '')
  return python
}

function workspaceOf(version: string): string {
  return `mlw-sdk-${version.replaceAll('.', '-')}`
}
