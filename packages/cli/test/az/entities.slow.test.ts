import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startBuiltPlatform, type BuiltPlatform } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildShim, type Shim } from './shim.ts'

/**
 * What the shim prints equals what the unmodified SDK's entities dump, member by member. The interpreter is the one that the SDK tests
 * installed, or FULCRUM_AZURE_SDK_PYTHON; of a version before the one whose dumps hold Python's names of enum members.
 */
const python =
  process.env['FULCRUM_AZURE_SDK_PYTHON'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'fulcrum-tests', 'azure-ai-ml-1.16.1', 'bin', 'python')

type Entity = Readonly<Record<string, unknown>>

/** SDK attribute and verb, and the command that prints the same. */
const pairs: readonly (readonly [sdk: string, az: readonly string[]])[] = [
  ['workspaces:get:story', ['workspace', 'show', '-n', 'story']],
  ['compute:get:cluster', ['compute', 'show', '-n', 'cluster']],
  ['datastores:list', ['datastore', 'list']],
  ['data:list', ['data', 'list']],
  ['data:get:numbers:1', ['data', 'show', '-n', 'numbers', '-v', '1']],
  ['environments:get:plain:1', ['environment', 'show', '-n', 'plain', '-v', '1']],
  ['components:get:add:3', ['component', 'show', '-n', 'add', '-v', '3']],
  ['models:get:adder:1', ['model', 'show', '-n', 'adder', '-v', '1']],
  ['models:list', ['model', 'list']],
  ['jobs:get:sum', ['job', 'show', '-n', 'sum']],
  ['jobs:get:flow', ['job', 'show', '-n', 'flow']],
  ['online_endpoints:get:story-adder', ['online-endpoint', 'show', '-n', 'story-adder']],
  ['schedules:get:nightly', ['schedule', 'show', '-n', 'nightly']],
]

/** Where the shim says more than this version of the SDK, and why. */
const allowed: readonly RegExp[] = [
  // The SDK reads it from a place where clusters do not have it.
  /^compute:get:cluster\.created_on/,
  // Schedules are read without shortening references, and without their id; the shim prints both as everywhere.
  /^schedules:get:nightly\.(id|create_job\.(settings\.default_compute|inputs\.numbers\.path|jobs\.add\.component))/,
]

let platform: BuiltPlatform
let shim: Shim
let dumps: Readonly<Record<string, unknown>> = {}

describe.skipIf(!existsSync(python))(`az prints what the SDK dumps (skipped without ${python})`, () => {
  beforeAll(async () => {
    platform = await startBuiltPlatform()
    const { apiUrl: url, token, subscriptionId } = platform
    shim = await buildShim({ url, token, subscriptionId, tenantId: '00000000-0000-0000-0000-000000000002' })
    await cp(join(import.meta.dirname, 'story'), shim.directory, { recursive: true })
    await create()
    const parameters = [url, token, subscriptionId, 'rg-story', 'story', ...pairs.map(([sdk]) => sdk)]
    const script = join(import.meta.dirname, 'sdk_entities.py')
    const { stdout } = await promisify(execFile)(python, [script, ...parameters], { maxBuffer: 64 << 20, timeout: 300_000 })
    dumps = JSON.parse(stdout.slice(stdout.indexOf('{'))) as Record<string, unknown>
  })
  afterAll(async () => {
    await shim?.[Symbol.asyncDispose]()
    await platform?.[Symbol.asyncDispose]()
  })

  test.each(pairs)('%s', async (sdk, command) => {
    const printed: unknown = JSON.parse(
      await shim.text('ml', ...command, '-g', 'rg-story', ...(command[0] === 'workspace' ? [] : ['-w', 'story'])),
    )
    const differences = differencesOf(sdk, dumps[sdk], withoutGroup(printed)).filter(
      (line) => !allowed.some((pattern) => pattern.test(line)),
    )
    expect(differences).toEqual([])
  })
})

async function create(): Promise<void> {
  await shim.text('configure', '--defaults', 'group=rg-story', 'workspace=story')
  await shim.text('group', 'create', '-n', 'rg-story')
  await shim.text('ml', 'workspace', 'create', '-n', 'story')
  await shim.text('ml', 'compute', 'create', '-n', 'cluster', '--type', 'AmlCompute', '--size', 'small', '--max-instances', '2')
  await shim.text('ml', 'environment', 'create', '-f', 'environment.yml')
  await shim.text('ml', 'data', 'create', '-f', 'data.yml')
  await shim.text('ml', 'component', 'create', '-f', 'component.yml', '--version', '3')
  await shim.text('ml', 'model', 'create', '-n', 'adder', '--path', 'model', '--type', 'custom_model', '--tags', 'a=b')
  await shim.text('ml', 'online-endpoint', 'create', '-n', 'story-adder')
  await shim.text('ml', 'job', 'create', '-f', 'job.yml', '-n', 'sum', '--stream')
  await shim.text('ml', 'job', 'create', '-f', 'pipeline.yml', '-n', 'flow', '--stream')
  await shim.text('ml', 'schedule', 'create', '-f', 'schedule.yml')
}

/** The original's own addition to what the SDK dumps. */
function withoutGroup(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutGroup)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]) => (key === 'resourceGroup' ? [] : [[key, withoutGroup(entry)]])),
  )
}

function differencesOf(path: string, sdk: unknown, az: unknown): string[] {
  if (Array.isArray(sdk) && Array.isArray(az) && sdk.length === az.length)
    return sdk.flatMap((entry, index) => differencesOf(`${path}[${index}]`, entry, az[index]))
  if (isEntity(sdk) && isEntity(az))
    return [...new Set([...Object.keys(sdk), ...Object.keys(az)])].flatMap((key) =>
      differencesOf(`${path}.${key}`, sdk[key], az[key]),
    )
  return JSON.stringify(sdk) === JSON.stringify(az) ? [] : [`${path}:: SDK ${JSON.stringify(sdk)}, az ${JSON.stringify(az)}`]
}

function isEntity(value: unknown): value is Entity {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
