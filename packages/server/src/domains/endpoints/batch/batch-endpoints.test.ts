import { AppError } from '@fulcrum/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, until, type TestApi, type TestServer } from '@fulcrum/testkit'
import { openBlob, putBlob } from '../../storage/index.ts'
import { registerDeploymentGuard } from '../deployment-guards.ts'

const driver = `
import os
def init():
    global factor
    print('model in', os.environ['AZUREML_MODEL_DIR'])
    with open(os.path.join(os.environ['AZUREML_MODEL_DIR'], 'model', 'factor.txt')) as stream:
        factor = int(stream.read())
def run(mini_batch):
    rows = []
    for path in mini_batch:
        if os.path.basename(path) in os.environ.get('BAD', '').split(','):
            raise ValueError('cannot read ' + os.path.basename(path))
        with open(path) as stream:
            rows.append('%s %d' % (os.path.basename(path), factor * int(stream.read())))
        if os.environ.get('OWN_FILES'):
            with open(os.path.join(os.environ['AZUREML_BI_OUTPUT_PATH'], os.path.basename(path) + '.out'), 'w') as stream:
                stream.write(rows[-1])
    return rows
`

let server: TestServer
let admin: TestApi
let workspace: string
let endpoint: string
const blobs = 'azureml://datastores/workspaceblobstore/paths'

beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
  const { ctx } = server
  const group = `/subscriptions/${ctx.config.subscriptionId}/resourceGroups/rg`
  await admin.put(group, { location: 'local' })
  workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/dev`
  await admin.put(workspace, { location: 'local' })
  const files = { 'driver/driver.py': driver, 'up/model/factor.txt': '3', 'in/a.txt': '1', 'in/b.txt': '2', 'in/c.txt': '3' }
  for (const [name, text] of Object.entries(files)) {
    await putBlob(ctx, { workspaceId: workspace, name, source: Buffer.from(text) })
  }
  await created(`${workspace}/codes/driver/versions/1`, { properties: { codeUri: `${blobs}/driver` } })
  await created(`${workspace}/models/factor/versions/1`, {
    properties: { modelType: 'custom_model', modelUri: `${blobs}/up/model` },
  })
  endpoint = `${workspace}/batchEndpoints/numbers`
  await created(endpoint, { location: 'local', properties: { authMode: 'aadToken' } })
  await deploy('first')
})
afterAll(() => server.close())

async function created(id: string, body: unknown) {
  const answer = await admin.put(id, body)
  expect(answer.status, answer.text).toBe(201)
  return answer
}

async function deploy(name: string, properties: Record<string, unknown> = {}, api = admin) {
  const id = `${endpoint}/deployments/${name}`
  const answer = await api.put(id, {
    location: 'local',
    properties: {
      compute: 'local',
      model: { referenceType: 'Id', assetId: `${workspace}/models/factor/versions/1` },
      codeConfiguration: { codeId: `${workspace}/codes/driver/versions/1`, scoringScript: 'driver.py' },
      miniBatchSize: 2,
      retrySettings: { maxRetries: 0, timeout: 'PT30S' },
      ...properties,
    },
  })
  if (answer.status >= 300) throw new Error(answer.text)
  expect(answer.headers['azure-asyncoperation']).toBeDefined()
  return until(`${name} to be deployed`, async () => {
    const found = (await admin.get(id)).json<{ properties: { provisioningState: string } }>()
    return ['Succeeded', 'Failed'].includes(found.properties.provisioningState) ? found.properties : undefined
  })
}

interface BatchJob {
  readonly id: string
  readonly name: string
  readonly properties: { readonly status: string; readonly outputs: Record<string, { uri: string }>; readonly tags: object }
}

async function invoke(body: unknown, headers: Record<string, string> = {}, place = endpoint) {
  return admin.request('POST', `${place}/jobs`, { body, headers })
}

const folder = { properties: { inputData: { UriFolder: { jobInputType: 'UriFolder', uri: `${blobs}/in/` } } } }

async function ended(name: string): Promise<BatchJob> {
  return until(
    `end of ${name}`,
    async () => {
      const job = (await admin.get(`${workspace}/jobs/${name}`)).json<BatchJob>()
      return ['Completed', 'Failed', 'Canceled'].includes(job.properties.status) ? job : undefined
    },
    40_000,
  )
}

async function textAt(uri: string): Promise<string> {
  const path = uri.replace(/^azureml:\/\/datastores\/workspaceblobstore\/paths\//, '')
  const { stream } = await openBlob(server.ctx, { workspaceId: workspace, name: path })
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

it('needs a default deployment or a named one', async () => {
  const none = await invoke(folder)
  expect(none.status).toBe(400)
  expect(none.text).toContain('no default deployment')
  expect(none.text).toContain('first')
  const wrong = await admin.patch(endpoint, { properties: { defaults: { deploymentName: 'fist' } } })
  expect(wrong.text).toContain("Did you mean 'first'?")
  expect((await admin.patch(endpoint, { properties: { defaults: { deploymentName: 'first' } } })).status).toBe(200)
  const shown = (await admin.get(endpoint)).json<{ properties: Record<string, unknown> }>().properties
  expect(shown).toMatchObject({ provisioningState: 'Succeeded', authMode: 'AADToken', defaults: { deploymentName: 'first' } })
  expect(shown['scoringUri']).toMatch(new RegExp(`^https?://[^/]+${endpoint}/jobs$`))
})

it('scores files in mini-batches as a job of the caller, with rows appended in order', async () => {
  const answer = await invoke(folder)
  expect(answer.status, answer.text).toBe(201)
  const started = answer.json<BatchJob>()
  expect(started.id).toBe(`${endpoint}/jobs/${started.name}`)
  const job = await ended(started.name)
  expect(job.properties).toMatchObject({ status: 'Completed', tags: { 'azureml.batchrun': 'true' } })
  expect(await textAt(`${job.properties.outputs['score']?.uri}predictions.csv`)).toBe('a.txt 3\nb.txt 6\nc.txt 9\n')

  const progress = (await admin.get(`${workspace}/jobs/${started.name}/miniBatches`)).json<{ value: object[] }>().value
  expect(progress).toMatchObject([
    { step: 'batchscoring', state: 'completed', total: 2, completed: 2, failed: 0, itemsProcessed: 3, itemsFailed: 0 },
  ])
  for (const place of [endpoint, `${endpoint}/deployments/first`]) {
    const listed = (await admin.get(`${place}/jobs`)).json<{ value: BatchJob[] }>().value
    expect(listed.map((entry) => [entry.name, entry.properties.status])).toEqual([[started.name, 'Completed']])
    expect((await admin.get(`${place}/jobs/${started.name}`)).json<BatchJob>().properties.status).toBe('Completed')
  }
  expect((await admin.get(`${endpoint}/jobs/nothing`)).status).toBe(404)
})

it('obeys what an invocation says over what the deployment says, in any spelling', async () => {
  await deploy('second', { environmentVariables: { BAD: 'b.txt' } })
  const answer = await invoke(
    {
      properties: {
        InputData: { numbers: { JobInputType: 'uri_file', Uri: `${blobs}/in/c.txt` } },
        outputData: { score: { jobOutputType: 'UriFile', uri: `${blobs}/mine/here.txt` } },
        properties: { experimentName: 'nightly' },
      },
    },
    { 'azureml-model-deployment': 'second' },
  )
  expect(answer.status, answer.text).toBe(201)
  const job = await ended(answer.json<BatchJob>().name)
  expect(job.properties).toMatchObject({ status: 'Completed', experimentName: 'nightly' })
  expect(await textAt(`${blobs}/mine/here.txt`)).toBe('c.txt 9\n')
})

it('leaves failed files out unless more failed than allowed', async () => {
  const tolerant = await ended((await invoke(folder, {}, `${endpoint}/deployments/second`)).json<BatchJob>().name)
  expect(tolerant.properties.status).toBe('Completed')
  expect(await textAt(`${tolerant.properties.outputs['score']?.uri}predictions.csv`)).toBe('c.txt 9\n')
  const strict = await invoke(
    { properties: { ...folder.properties, errorThreshold: 1, miniBatchSize: 3 } },
    {},
    `${endpoint}/deployments/second`,
  )
  const job = await ended(strict.json<BatchJob>().name)
  expect(job.properties.status).toBe('Failed')
  const [progress] = (await admin.get(`${workspace}/jobs/${job.name}/miniBatches`)).json<{
    value: { state: string; message: string; errors: { traceback: string }[] }[]
  }>().value
  expect(progress?.message).toContain('3 items failed, 1 are allowed')
  expect(progress?.errors[0]?.traceback).toContain('cannot read b.txt')
})

it('lets a script write its own files with summary_only', async () => {
  await deploy('third', { outputAction: 'summary_only', environmentVariables: { OWN_FILES: '1' } })
  const job = await ended((await invoke(folder, { 'azureml-model-deployment': 'third' })).json<BatchJob>().name)
  expect(await textAt(`${job.properties.outputs['score']?.uri}b.txt.out`)).toBe('b.txt 6')
})

it('runs a pipeline component with literals and data', async () => {
  await created(`${workspace}/components/greet/versions/1`, {
    properties: {
      componentSpec: {
        type: 'pipeline',
        name: 'greet',
        version: '1',
        inputs: { data: { type: 'uri_folder' }, word: { type: 'string', default: 'hello' } },
        outputs: { text: { type: 'uri_folder' } },
        jobs: {
          say: {
            type: 'command',
            command: 'echo ${{inputs.word}} $(ls ${{inputs.data}}) > ${{outputs.out}}/text.txt',
            inputs: { data: { path: '${{parent.inputs.data}}' }, word: { path: '${{parent.inputs.word}}' } },
            outputs: { out: '${{parent.outputs.text}}' },
          },
        },
      },
    },
  })
  const id = `${endpoint}/deployments/greeting`
  const component = {
    deploymentConfigurationType: 'PipelineComponent',
    componentId: { referenceType: 'Id', assetId: `${workspace}/components/greet/versions/1` },
    settings: { default_compute: 'local', 'ComponentDeployment.Settings.continue_on_step_failure': 'False' },
  }
  await created(id, { location: 'local', properties: { deploymentConfiguration: component } })
  await until('the component to be deployed', async () =>
    (await admin.get(id)).json<{ properties: { provisioningState: string } }>().properties.provisioningState === 'Succeeded'
      ? true
      : undefined,
  )
  const answer = await invoke(
    {
      properties: {
        inputData: { data: { jobInputType: 'UriFolder', uri: `${blobs}/in/` }, word: { jobInputType: 'Literal', value: 'bye' } },
      },
    },
    { 'azureml-model-deployment': 'greeting' },
  )
  expect(answer.status, answer.text).toBe(201)
  const job = await ended(answer.json<BatchJob>().name)
  expect(job.properties).toMatchObject({ status: 'Completed', tags: { 'azureml.jobtype': 'azureml.pipelinejob' } })
  expect(await textAt(`${job.properties.outputs['text']?.uri}text.txt`)).toBe('bye a.txt b.txt c.txt\n')

  // A component made from that job has its steps, and its word as a default.
  await created(`${workspace}/components/again/versions/1`, {
    properties: {
      componentSpec: { type: 'pipeline', name: 'again', version: '1', sourceJobId: `${workspace}/jobs/${job.name}` },
    },
  })
  const componentId = { referenceType: 'Id', assetId: `${workspace}/components/again/versions/1` }
  await admin.put(id, { location: 'local', properties: { deploymentConfiguration: { ...component, componentId } } })
  await until('the other component to be deployed', async () =>
    (await admin.get(id)).json<{ properties: { provisioningState: string } }>().properties.provisioningState === 'Succeeded'
      ? true
      : undefined,
  )
  const data = { data: { jobInputType: 'UriFolder', uri: `${blobs}/in/` }, word: { jobInputType: 'Literal', value: 'twice' } }
  const second = await invoke({ properties: { inputData: data } }, { 'azureml-model-deployment': 'greeting' })
  const repeated = await ended(second.json<BatchJob>().name)
  expect(await textAt(`${repeated.properties.outputs['text']?.uri}text.txt`)).toBe('twice a.txt b.txt c.txt\n')
  // The component takes a folder; a file is refused with its name.
  const file = { data: { jobInputType: 'UriFile', uri: `${blobs}/in/b.txt` } }
  const refused = await invoke({ properties: { inputData: file } }, { 'azureml-model-deployment': 'greeting' })
  expect(refused.text).toContain("Input 'data' of the pipeline takes uri_folder, but gets data of type uri_file")
})

it('refuses what cannot be right', async () => {
  const literal = await invoke({ properties: { inputData: { n: { jobInputType: 'Literal', value: '3' } } } })
  expect(literal.text).toContain('takes files')
  expect((await invoke({ properties: {} })).text).toContain('properties.inputData')
  expect((await invoke(folder, { 'azureml-model-deployment': 'frist' })).status).toBe(404)
  await expect(deploy('odd', { outputFileName: '../x' })).rejects.toThrow('must be a name without folders')
  await expect(deploy('odd', { model: null, codeConfiguration: null })).rejects.toThrow('needs a model')
  const failed = await deploy('codeless', { codeConfiguration: null })
  expect(failed.provisioningState).toBe('Failed')
  expect((await invoke(folder, { 'azureml-model-deployment': 'codeless' })).status).toBe(409)
  const keys = await admin.post(`${endpoint}/listkeys`)
  expect([keys.status, keys.text.includes('has no keys')]).toEqual([400, true])
})

it('asks the guards of deployments, and the caller for the right to submit jobs', async () => {
  registerDeploymentGuard(server.ctx, async (_tx, request) => {
    if (request.deploymentName === 'guarded') throw new AppError('Conflict', `Not before the gate of ${request.what}.`)
  })
  await expect(deploy('guarded')).rejects.toThrow("Not before the gate of Model 'factor' version '1'.")
  expect((await admin.get(`${endpoint}/deployments/guarded`)).status).toBe(404)

  const reader = await server.createUser('rita')
  const api = server.api(await server.tokenOf(reader))
  await server.grant(reader, 'acdd72a7-3385-48ef-bd42-f606fba81ae7', workspace)
  expect((await api.get(endpoint)).status).toBe(200)
  expect((await api.request('POST', `${endpoint}/jobs`, { body: folder })).status).toBe(403)
})

it('keeps the jobs when deployment and endpoint go', async () => {
  const { name } = (await admin.get(`${endpoint}/jobs`)).json<{ value: BatchJob[] }>().value[0] ?? { name: '' }
  expect((await admin.delete(`${endpoint}/deployments/first`)).status).toBe(202)
  await until('the deployment to be gone', async () =>
    (await admin.get(`${endpoint}/deployments/first`)).status === 404 ? true : undefined,
  )
  expect((await admin.get(endpoint)).json<{ properties: object }>().properties).toMatchObject({
    defaults: { deploymentName: null },
  })
  expect([200, 202]).toContain((await admin.delete(endpoint)).status)
  expect((await admin.get(endpoint)).status).toBe(404)
  expect((await admin.get(`${workspace}/jobs/${name}`)).status).toBe(200)
})
