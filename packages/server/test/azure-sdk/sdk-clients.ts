import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { BuiltPlatform } from '@fulcrum/testkit'

const run = promisify(execFile)
const group = 'rg-sdk'
const registry = 'sdkshared'

/**
 * The oldest SDK we support, one between, the newest; what each needs besides to be imported by a current Python; and how it learns of
 * this cloud: not at all (`AZUREML_DEV_URL_MFE` alone), from the environment, or from its user's code.
 */
export const clients = [
  { version: '1.4.0', besides: ['six', 'marshmallow<3.24'], cloud: 'none' },
  { version: '1.16.1', besides: ['marshmallow<3.24'], cloud: 'environment' },
  { version: '1.35.2', besides: [], cloud: 'code' },
] as const

export type Client = (typeof clients)[number]
export const newest: Client = clients[2]

/** Workspaces of these names, in one resource group, and a registry. */
export async function prepareWorkspaces(platform: BuiltPlatform, workspaces: readonly string[]): Promise<void> {
  const subscription = `/subscriptions/${platform.subscriptionId}`
  await platform.call('PUT', `${subscription}/resourcegroups/${group}`, { location: 'local' })
  const provider = `${subscription}/resourceGroups/${group}/providers/Microsoft.MachineLearningServices`
  for (const name of workspaces)
    await platform.call('PUT', `${provider}/workspaces/${name}`, { location: 'local', properties: {} })
  await platform.call('PUT', `${provider}/registries/${registry}`, { location: 'local', properties: {} })
}

/** What a user has after `eval "$(fulcrum env)"`, and nothing else. */
export async function settingsOf(platform: BuiltPlatform, { cloud }: Client, workspace: string): Promise<NodeJS.ProcessEnv> {
  const known = cloud === 'environment' ? ['--current-cloud'] : []
  const exported = await printedBy(platform, 'env', ...known, '-g', group, '-w', workspace, '-o', 'json')
  if (cloud === 'code') delete exported['AZUREML_DEV_URL_MFE']
  const metadata = cloud === 'code' ? await printedBy(platform, 'env', '-g', group, '-w', workspace, '--cloud') : undefined
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    ...exported,
    ...(metadata === undefined ? {} : { FULCRUM_SDK_CLOUD: JSON.stringify(metadata) }),
    FULCRUM_SDK_SUBSCRIPTION: platform.subscriptionId,
    FULCRUM_SDK_GROUP: group,
    FULCRUM_SDK_WORKSPACE: workspace,
    FULCRUM_SDK_REGISTRY: registry,
  }
}

async function printedBy(platform: BuiltPlatform, ...parameters: string[]): Promise<Record<string, string>> {
  const { code, output } = await platform.cli(...parameters)
  if (code !== 0) throw new Error(`fulcrum ${parameters.join(' ')}: ${output}`)
  return JSON.parse(output) as Record<string, string>
}

/** An interpreter with the client installed; kept between runs under a name that changes with what is installed. */
export async function clientPython({ version, besides }: Client): Promise<string> {
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

/** Runs Python to its end. @returns whether it failed, and what it printed on both streams */
export async function runPython(
  python: string,
  parameters: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; timeoutMs: number },
): Promise<{ failed: boolean; output: string }> {
  const { cwd, env, timeoutMs } = options
  return run(python, ['-W', 'ignore', ...parameters], { cwd, env, timeout: timeoutMs, maxBuffer: 64 << 20 }).then(
    ({ stdout, stderr }) => ({ failed: false, output: `${stdout}${stderr}` }),
    (error: { stdout?: string; stderr?: string; message: string }) => ({
      failed: true,
      output: `${error.stderr ?? error.message}\n${error.stdout?.slice(-5_000) ?? ''}`,
    }),
  )
}
