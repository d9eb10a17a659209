import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createProgram } from '../src/program.ts'

/** What the server refuses of a file is told with its line and column. */

let server: TestServer
let directory = ''

beforeAll(async () => {
  server = await startTestServer({ listen: true, engine: false })
  directory = await mkdtemp(join(tmpdir(), 'fulcrum-refused-cli-'))
  const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg`
  const workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/alpha`
  for (const id of [group, workspace]) await server.admin.put(id, { location: 'local' })
  const componentSpec = { type: 'command', command: 'train ${{inputs.epochs}}', inputs: { epochs: { type: 'integer' } } }
  await server.admin.put(`${workspace}/components/train/versions/1`, { properties: { componentSpec } })
  await server.admin.put(`${workspace}/environments/plain/versions/1`, { properties: { image: 'python:3.11' } })
  const admin = await server.ctx.db.kysely
    .selectFrom('principals')
    .select('id')
    .where('name', '=', 'admin')
    .executeTakeFirstOrThrow()
  vi.stubEnv('FULCRUM_URL', server.url)
  vi.stubEnv('FULCRUM_TOKEN', await server.tokenOf(admin.id))
  vi.stubEnv('FULCRUM_HOME', server.ctx.config.dataDirectory)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await server.close()
  await rm(directory, { recursive: true, force: true })
})

const pipeline = (step: string) => `$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
jobs:
  first:
    type: command
${step}`

it.each<[string, string, RegExp]>([
  [
    'a literal of the wrong type',
    pipeline('    component: azureml:train:1\n    inputs:\n      epochs: many\n'),
    /job\.yml:8:7 Input 'epochs' of step 'first' takes a whole number, but gets 'many'\./,
  ],
  [
    'a missing input',
    pipeline('    component: azureml:train:1\n'),
    /job\.yml:4:3 Step 'first' gives no value to input 'epochs' \(integer\)/,
  ],
  [
    'an unknown environment',
    pipeline('    command: echo\n    environment: azureml:plian:1\n'),
    /job\.yml:7:5 Step 'first': Environment 'plian' was not found\. Did you mean 'plain'\?/,
  ],
  [
    'unknown data',
    pipeline('    component: azureml:train:1\n    inputs:\n      epochs: 1\n').replace(
      'epochs: 1',
      'epochs: {type: uri_folder, path: azureml:letters:1}',
    ),
    /job\.yml:8:7 Input 'epochs' of step 'first' takes integer, but gets data of type uri_folder/,
  ],
  [
    'an unknown compute',
    pipeline('    command: echo\n    environment: azureml:plain:1\n    compute: azureml:locall\n'),
    /job\.yml:8:5 Step 'first': Compute 'locall' was not found\. Did you mean 'local'\?/,
  ],
  [
    'an unknown input',
    pipeline('    command: echo ${{inputs.x}}\n    environment: azureml:plain:1\n    inputs:\n      y: 1\n'),
    /job\.yml:6:5 The command uses \$\{\{inputs\.x\}\}/,
  ],
])('%s', async (_what, text, message) => {
  const file = join(directory, 'job.yml')
  await writeFile(file, text)
  const create = createProgram()
    .exitOverride()
    .parseAsync(['node', 'fulcrum', 'job', 'create', '-f', file, '-g', 'rg', '-w', 'alpha'])
  await expect(create).rejects.toThrow(message)
})
