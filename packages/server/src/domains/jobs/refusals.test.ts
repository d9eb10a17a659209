import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../../../testkit/src/index.ts'

/** What cannot be right is refused when it is submitted, with the place in the request and the nearest right thing. */

let server: TestServer
let workspace: string
beforeAll(async () => {
  server = await startTestServer({ engine: false })
  const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg-refusals`
  workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/refusals`
  await server.admin.put(group, { location: 'local' })
  await server.admin.put(workspace, { location: 'local', properties: {} })
  const dataUri = 'azureml://datastores/workspaceblobstore/paths/letters/'
  await server.admin.put(`${workspace}/data/letters/versions/1`, { properties: { dataType: 'uri_folder', dataUri } })
  await server.admin.put(`${workspace}/components/train/versions/1`, { properties: { componentSpec: train } })
})
afterAll(() => server.close())

const train = {
  type: 'command',
  command:
    'train ${{inputs.data}} $[[${{inputs.epochs}}]] $[[${{inputs.rate}}]] $[[${{inputs.mode}}]] $[[${{inputs.fast}}]] ${{outputs.model}}',
  inputs: {
    data: { type: 'uri_folder' },
    epochs: { type: 'integer', min: '1', max: 10, optional: true },
    rate: { type: 'number', optional: true },
    mode: { type: 'string', enum: ['a', 'b'], optional: true },
    fast: { type: 'boolean', optional: true },
  },
  outputs: { model: { type: 'mlflow_model' } },
}
const folder = { job_input_type: 'uri_folder', uri: 'azureml:letters:1' }
const trainWith = (inputs: Record<string, unknown>) => ({
  jobs: { train: { type: 'command', componentId: 'azureml:train:1', inputs } },
})
const literal = (value: unknown) => trainWith({ data: folder, epochs: 3, ...(value as object) })
/** A step that makes an output of a type, and one whose component takes another. */
const passing = (from: string, to: string) => ({
  jobs: {
    take: {
      type: 'command',
      component: { type: 'command', command: 'ls ${{inputs.data}}', inputs: { data: { type: to } } },
      inputs: { data: '${{parent.jobs.make.outputs.out}}' },
    },
    make: { type: 'command', command: 'make ${{outputs.out}}', outputs: { out: { type: from } } },
  },
})
const step = (source: string) => ({
  type: 'command',
  command: 'echo ${{inputs.data}}',
  inputs: { data: `\${{parent.jobs.${source}.outputs.out}}` },
  outputs: { out: {} },
})

let submissions = 0
async function submit(properties: Record<string, unknown>, jobType = 'Pipeline') {
  submissions += 1
  const reply = await server.admin.put(`${workspace}/jobs/refused-${submissions}`, { properties: { jobType, ...properties } })
  const { error } = reply.json<{ error?: { message: string; target?: string } }>()
  return { status: reply.status, message: error?.message ?? '', target: error?.target }
}

const one = { type: 'command', command: 'true' }
it.each<[string, Record<string, unknown>, string, RegExp]>([
  [
    'a required input without a value',
    trainWith({}),
    'properties.jobs.train.inputs.data',
    /gives no value to input 'data' \(uri_folder\)/,
  ],
  [
    'an input that the component does not have',
    literal({ epoch: 3 }),
    'properties.jobs.train.inputs.epoch',
    /does not have. Did you mean 'epochs'/,
  ],
  [
    'text for a whole number',
    literal({ epochs: 'many' }),
    'properties.jobs.train.inputs.epochs',
    /takes a whole number, but gets 'many'/,
  ],
  [
    'a fraction for a whole number',
    literal({ epochs: 2.5 }),
    'properties.jobs.train.inputs.epochs',
    /whole number, but gets 2.5/,
  ],
  ['a number out of range', literal({ epochs: 11 }), 'properties.jobs.train.inputs.epochs', /takes 10 or less/],
  ['text for a number', literal({ rate: 'fast' }), 'properties.jobs.train.inputs.rate', /takes a number/],
  ['no truth', literal({ fast: 'yes' }), 'properties.jobs.train.inputs.fast', /takes true or false/],
  ['no choice', literal({ mode: 'c' }), 'properties.jobs.train.inputs.mode', /takes one of a, b/],
  ['data for a number', literal({ epochs: folder }), 'properties.jobs.train.inputs.epochs', /gets data of type uri_folder/],
  [
    'a file for a folder',
    passing('uri_file', 'uri_folder'),
    'properties.jobs.take.inputs.data',
    /takes uri_folder, .* of type uri_file/,
  ],
  ['a folder for a file', passing('uri_folder', 'uri_file'), 'properties.jobs.take.inputs.data', /a folder is no file/],
  ['a model of another kind', passing('mlflow_model', 'triton_model'), 'properties.jobs.take.inputs.data', /takes triton_model/],
  ['a folder for text', passing('uri_folder', 'string'), 'properties.jobs.take.inputs.data', /takes string/],
  [
    'a circle, without what waits for it',
    { jobs: { after: step('left'), left: step('right'), right: step('left') } },
    'properties.jobs.right',
    /The steps 'right', 'left' depend .*: right → left → right\./,
  ],
  ['an unknown step', { jobs: { left: one, right: step('lefd') } }, 'properties.jobs.right.inputs.data', /Did you mean 'left'/],
  [
    'an unknown output',
    { jobs: { left: { ...one, outputs: { result: {} } }, right: step('left') } },
    'properties.jobs.right.inputs.data',
    /output 'out' of step 'left', which has: result/,
  ],
  [
    'an unknown input of the pipeline',
    {
      inputs: { size: { jobInputType: 'literal', value: '1' } },
      jobs: { a: { ...one, inputs: { n: '${{parent.inputs.sise}}' } } },
    },
    'properties.jobs.a.inputs.n',
    /no input 'sise'. Did you mean 'size'/,
  ],
  [
    'an unknown component',
    { jobs: { a: { type: 'command', componentId: 'azureml:trein:1' } } },
    'properties.jobs.a.componentId',
    /'azureml:trein:1' was not found/,
  ],
  [
    'an unknown compute',
    { jobs: { a: { ...one, compute: 'azureml:locall' } } },
    'properties.jobs.a.computeId',
    /Step 'a': .*Did you mean 'local'/,
  ],
  [
    'an unknown environment',
    { jobs: { a: { ...one, environment: 'azureml:nowhere:1' } } },
    'properties.jobs.a.environmentId',
    /Step 'a': .*'nowhere'/,
  ],
  [
    'an unknown data version',
    trainWith({ data: { ...folder, uri: 'azureml:letters:2' } }),
    'properties.jobs.train.inputs.data',
    /Step 'train': .*letters\/versions\/2.*was not found/,
  ],
  [
    'an unknown data asset',
    trainWith({ data: { ...folder, uri: 'azureml:leters@latest' } }),
    'properties.jobs.train.inputs.data',
    /Did you mean 'letters'/,
  ],
  [
    'an unknown datastore',
    trainWith({ data: { ...folder, uri: 'azureml://datastores/nowhere/paths/a/' } }),
    'properties.jobs.train.inputs.data',
    /Datastore 'nowhere' was not found/,
  ],
  [
    'an unknown job',
    trainWith({ data: { ...folder, uri: 'azureml://jobs/nobody/outputs/out' } }),
    'properties.jobs.train.inputs.data',
    /Job 'nobody'/,
  ],
  ['unknown code', { jobs: { a: { ...one, code: 'azureml:scripts:7' } } }, 'properties.jobs.a.codeId', /Step 'a': .*'scripts'/],
  [
    'a misspelt expression',
    { jobs: { a: { ...one, command: 'echo ${{inputs.x}}' } } },
    'properties.jobs.a.command',
    /no such input/,
  ],
  [
    'an unknown distribution',
    { jobs: { a: { ...one, distribution: { type: 'pytorsh' } } } },
    'properties.jobs.a.distribution.type',
    /Did you mean 'pytorch'/,
  ],
])('refuses %s', async (_what, properties, target, message) => {
  const refused = await submit(properties)
  expect(refused.message).toMatch(message)
  expect(refused.target).toBe(target)
  expect([400, 404]).toContain(refused.status)
  // Nothing of it stays.
  expect((await server.admin.get(`${workspace}/jobs/refused-${submissions}`)).status).toBe(404)
})

it.each<[string, Record<string, unknown>, string, RegExp]>([
  [
    'unknown distributions',
    { command: 'true', distribution: { distributionType: 'Slurm' } },
    'properties.distribution.type',
    /Slurm/,
  ],
  ['unknown environments', { command: 'true', environmentId: 'azureml:nowhere@latest' }, 'properties.environmentId', /'nowhere'/],
  [
    'data without a place',
    { command: 'true', inputs: { d: { jobInputType: 'uri_file' } } },
    'properties.inputs.d',
    /needs a uri/,
  ],
  [
    'unknown data',
    { command: 'true', inputs: { d: { jobInputType: 'uri_file', uri: 'azureml:no:1' } } },
    'properties.inputs.d',
    /'no'/,
  ],
])('refuses commands with %s', async (_what, properties, target, message) => {
  const refused = await submit(properties, 'Command')
  expect(refused.message).toMatch(message)
  expect(refused.target).toBe(target)
})

const trial = { command: 'train ${{search_space.rate}}' }
const objective = { goal: 'maximize', primaryMetric: 'score' }
it.each<[string, Record<string, unknown>, string]>([
  ['an unknown function', { searchSpace: { rate: ['unifrom', [0, 1]] } }, 'properties.searchSpace.rate'],
  ['an empty range', { searchSpace: { rate: ['uniform', [1, 1]] } }, 'properties.searchSpace.rate'],
  ['no space', { searchSpace: {} }, 'properties.searchSpace'],
  [
    'a grid over a range',
    { samplingAlgorithm: 'grid', searchSpace: { rate: ['uniform', [0, 1]] } },
    'properties.searchSpace.rate',
  ],
  ['no goal', { searchSpace: { rate: ['uniform', [0, 1]] }, objective: { primaryMetric: 'score' } }, 'properties.objective.goal'],
  [
    'no trials',
    { searchSpace: { rate: ['uniform', [0, 1]] }, limits: { maxTotalTrials: 0 } },
    'properties.limits.maxTotalTrials',
  ],
])('refuses sweeps with %s', async (_what, properties, target) => {
  const refused = await submit({ trial, objective, ...properties }, 'Sweep')
  expect(refused.status).toBe(400)
  expect(refused.target).toBe(target)
})

it.each<[string, Record<string, unknown>]>([
  ['values as text and as numbers', literal({ epochs: '3', rate: '1e-3', mode: 'a', fast: 'True' })],
  ['a model for a folder', passing('mlflow_model', 'uri_folder')],
  ['a folder for a table', passing('uri_folder', 'mltable')],
  ['a file for a custom model', passing('uri_file', 'custom_model')],
])('takes %s', async (_what, properties) => {
  expect(await submit(properties)).toMatchObject({ status: 201 })
})
