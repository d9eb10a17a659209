import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, until, type TestServer } from '../../../../testkit/src/index.ts'

/** Bodies as Azure's clients write and read them. */

let server: TestServer
let workspace: string
beforeAll(async () => {
  server = await startTestServer()
  const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg-bodies`
  workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/bodies`
  await server.admin.put(group, { location: 'local' })
  await server.admin.put(workspace, { location: 'local', properties: {} })
})
afterAll(() => server.close())

type Properties = Record<string, unknown> & { status: string }
const job = (name: string) => `${workspace}/jobs/${name}`
const put = (name: string, properties: Record<string, unknown>) =>
  server.admin.put(job(name), { properties }, { 'x-azureml-token': 'eyJhbGciOi' })
const get = async (name: string) => (await server.admin.get(job(name))).json<{ properties: Properties }>().properties
const ended = (name: string) =>
  until(`end of ${name}`, async () => {
    const properties = await get(name)
    return ['Completed', 'Failed', 'Canceled'].includes(properties.status) ? properties : undefined
  })

it('keeps what clients write beside what the server reads, and gives no map as null', async () => {
  const git = {
    'mlflow.source.git.repoURL': 'https://git.example/r',
    'mlflow.source.git.commit': 'abc',
    'azureml.git.dirty': 'True',
  }
  const written = await put('client', {
    jobType: 'command',
    command: 'echo hi',
    properties: git,
    tags: null,
    inputs: null,
    outputs: null,
    environmentVariables: null,
    services: { my_jupyter: { jobServiceType: 'JupyterLab' }, Local: {} },
    resources: { instanceCount: 1, shmSize: '2g', properties: {} },
    limits: { jobLimitsType: 'Command', timeout: 'PT1H' },
    identity: { identityType: 'AMLToken' },
  })
  expect(written.status, written.text).toBe(201)
  const { properties } = written.json<{ properties: Record<string, Record<string, unknown>> }>()
  expect(properties).toMatchObject({
    properties: git,
    tags: {},
    inputs: {},
    outputs: {},
    environmentVariables: {},
    computeId: '',
    resources: { shmSize: '2g' },
    identity: { identityType: 'AMLToken' },
  })
  expect(Object.keys(properties['services'] ?? {})).not.toContain('Local')
  expect(JSON.stringify(properties['services']?.['Studio'])).toContain('?wsid=')
  await ended('client')
  // What was read is written back with tags and archived, as the SDK does.
  const read = (await server.admin.get(job('client'))).json<{ properties: Properties }>()
  expect(
    (await server.admin.put(job('client'), { properties: { ...read.properties, tags: { a: 'b' }, isArchived: true } })).status,
  ).toBe(200)
  expect(await get('client')).toMatchObject({ tags: { a: 'b' }, isArchived: true, status: 'Completed' })
  const names = async (query: string) =>
    (await server.admin.get(`${workspace}/jobs?${query}`)).json<{ value: { name: string }[] }>().value.map(({ name }) => name)
  expect(await names('')).not.toContain('client')
  expect(await names('listViewType=ArchivedOnly')).toEqual(['client'])
  expect(await names('listViewType=All&tag=a=b')).toEqual(['client'])
  expect(await names('listViewType=All&tag=a=c')).toEqual([])
  expect(await names('listViewType=All&jobType=Pipeline')).not.toContain('client')
})

it('runs a pipeline made of a component alone, and gives its nodes back as written', async () => {
  const component = `${workspace}/components/flow/versions/1`
  const nodes = {
    say: {
      type: 'command',
      command: 'echo ${{inputs.word}} > ${{outputs.out}}/w',
      inputs: { word: { job_input_type: 'literal', value: '${{parent.inputs.word}}' } },
      outputs: { out: { type: 'literal', value: '${{parent.outputs.said}}' } },
      _source: 'YAML.COMPONENT',
    },
  }
  const spec = {
    name: 'flow',
    type: 'pipeline',
    inputs: { word: { type: 'string', default: 'default' } },
    outputs: { said: { type: 'uri_folder' } },
    jobs: nodes,
    sourceJobId: null,
  }
  expect((await server.admin.put(component, { properties: { componentSpec: spec } })).status).toBeLessThan(300)
  const inputs = { word: { jobInputType: 'literal', value: 'given' } }
  await put('flow', { jobType: 'Pipeline', componentId: component, inputs, outputs: { said: { jobOutputType: 'uri_folder' } } })
  expect(await ended('flow')).toMatchObject({
    status: 'Completed',
    componentId: component,
    outputs: { said: { uri: expect.stringContaining('/flow/said/') } },
  })
  const settings = { _source: 'YAML.JOB', default_datastore: 'workspaceblobstore', missspelt_setting: 1 }
  const inner = { say: { ...nodes.say, outputs: { out: null }, inputs: { word: 'x' } } }
  await put('nodes', { jobType: 'Pipeline', jobs: inner, settings })
  expect(await ended('nodes')).toMatchObject({ status: 'Completed', settings, jobs: { say: { _source: 'YAML.COMPONENT' } } })
})

it('stores kinds that do not run here and fails them at once, for clients to read why', async () => {
  const kinds = {
    Spark: { entry: { sparkJobEntryType: 'SparkJobPythonEntry', file: 'main.py' }, conf: { 'spark.driver.cores': '1' } },
    AutoML: { taskDetails: { taskType: 'TextClassification', targetColumnName: 'y', trainingData: { uri: 'azureml:d:1' } } },
  }
  for (const [jobType, members] of Object.entries(kinds)) {
    expect((await put(jobType, { jobType, ...members })).status).toBe(201)
    expect(await ended(jobType)).toMatchObject({ ...members, jobType, status: 'Failed', error: { code: 'NotSupported' } })
    const details = `/history/v1.0${workspace}/runs/${jobType}/details`
    await server.admin.get(details)
    expect((await server.admin.get(details)).json()).toMatchObject({
      status: 'Failed',
      error: { error: { code: 'NotSupported', message: expect.stringContaining(jobType) } },
    })
  }
  expect((await put('unknown', { jobType: 'Dance' })).status).toBe(400)
})

it('answers a cancel with a place to poll', async () => {
  await put('stop', { jobType: 'Command', command: 'sleep 98765' })
  const reply = await server.admin.post(`${job('stop')}/cancel`)
  expect(reply.status).toBe(202)
  const { pathname, search } = new URL(String(reply.headers['location']))
  expect((await server.admin.get(pathname + search)).status).toBeLessThan(205)
  expect(await ended('stop')).toMatchObject({ status: 'Canceled' })
})
