import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { builtCommand, startBuiltPlatform, type BuiltPlatform } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientPython, newest, prepareWorkspaces, runPython, settingsOf } from './sdk-clients.ts'

const corpus = join(import.meta.dirname, 'corpus')
/** Work trees of azureml-examples and of mlops-project-template; what is absent is skipped. */
const examples = process.env['FULCRUM_AZUREML_EXAMPLES']
const template = process.env['FULCRUM_MLOPS_TEMPLATE']
const rows = Array.from({ length: 20 }, (_, index) => `p${index + 1}`)
const doors = ['sdk', 'az'] as const
const workspaces = [...doors.map((door) => `mlw-corpus-${door}`), 'mlw-accelerator']

let platform: BuiltPlatform
let directory: string
beforeAll(async () => {
  if (examples === undefined && template === undefined) return
  platform = await startBuiltPlatform()
  directory = await mkdtemp(join(tmpdir(), 'fulcrum-az-'))
  await platform.cli('az', 'install', '--directory', directory)
  await prepareWorkspaces(platform, workspaces)
})
afterAll(async () => {
  await platform?.[Symbol.asyncDispose]()
  if (directory !== undefined) await rm(directory, { recursive: true, force: true })
})

async function runCorpus(workspace: string, parameters: readonly string[]): Promise<{ failed: boolean; output: string }> {
  const settings = await settingsOf(platform, newest, workspace)
  const env = {
    ...settings,
    PATH: `${directory}:${settings['PATH']}`,
    FULCRUM_AZUREML_EXAMPLES: examples ?? '/nowhere',
    FULCRUM_SDK_COMMAND: JSON.stringify([process.execPath, builtCommand]),
  }
  return runPython(await clientPython(newest), parameters, { cwd: corpus, env, timeoutMs: 3_000_000 })
}

describe.each(doors)('the public corpus through %s (needs FULCRUM_AZUREML_EXAMPLES)', (door) => {
  it.skipIf(examples === undefined).each(rows)('%s', { timeout: 3_600_000 }, async (row) => {
    const { failed, output } = await runCorpus(`mlw-corpus-${door}`, ['run.py', door, row])
    expect(failed, output).toBe(false)
  })
})

it.skipIf(template === undefined)(
  "the accelerator's classical project trains, serves online and scores in batch (needs FULCRUM_MLOPS_TEMPLATE)",
  { timeout: 3_600_000 },
  async () => {
    const { failed, output } = await runCorpus('mlw-accelerator', ['accelerator.py', template ?? ''])
    expect(failed, output).toBe(false)
  },
)
