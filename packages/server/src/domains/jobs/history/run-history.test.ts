import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, until, type TestServer } from '../../../../../testkit/src/index.ts'

let server: TestServer
let workspace: string
beforeAll(async () => {
  server = await startTestServer()
  const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg-history`
  workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/history`
  expect((await server.admin.put(group, { location: 'local' })).status).toBeLessThan(300)
  expect((await server.admin.put(workspace, { location: 'local', properties: {} })).status).toBeLessThan(300)
})
afterAll(() => server.close())

interface Details {
  status: string
  logFiles: Record<string, string>
  error?: { error: { code: string; message: string } }
}
const history = (path: string) => `/history/v1.0${workspace}${path}`
const put = (name: string, properties: Record<string, unknown>) =>
  server.admin.put(`${workspace}/jobs/${name}`, { properties: { jobType: 'Command', ...properties } })
const details = async (name: string) => (await server.admin.get(history(`/runs/${name}/details`))).json<Details>()
const ended = (name: string) =>
  until(`end of ${name}`, async () => {
    const { properties } = (await server.admin.get(`${workspace}/jobs/${name}`)).json<{ properties: { status: string } }>()
    return ['Completed', 'Failed', 'Canceled'].includes(properties.status) ? properties : undefined
  })
const fetchLog = (link: string, headers: Record<string, string> = {}) => {
  const { pathname, search } = new URL(link)
  return server.api().request('GET', pathname + search, { headers })
}

it('links a running log without a token, and every process has its own', async () => {
  const distribution = { distributionType: 'PyTorch', processCountPerInstance: 2 }
  await put('two', {
    command: 'echo rank $RANK; while [ ! -f outputs/go ]; do sleep 0.1; done',
    distribution,
    limits: { timeout: 'PT1M' },
  })
  const links = await until('both logs', async () => {
    const { status, logFiles } = await details('two')
    const text = logFiles['user_logs/std_log_process_01.txt']
    return status === 'Running' && text !== undefined && (await fetchLog(text)).text.includes('rank 1') ? logFiles : undefined
  })
  const first = links['user_logs/std_log_process_00.txt'] ?? ''
  expect((await fetchLog(first)).text).toContain('rank 0')
  expect((await fetchLog(first.replace('process_00', 'process_01'))).status).toBe(403)
  expect((await fetchLog(first.replace('/runs/two/', '/runs/other/'))).status).toBe(403)
  expect((await fetchLog(first.replace(/se=2/, 'se=3'))).status).toBe(403)
  expect((await server.admin.post(`${workspace}/jobs/two/cancel`)).status).toBe(202)
  expect(await ended('two')).toMatchObject({ status: 'Canceled' })
  expect((await details('two')).status).toBe('Canceled')
})

it('says Finalizing once of a job that was over when its client came, so that the client prints its log', async () => {
  await put('quick', { command: 'echo quick; exit 3' })
  await ended('quick')
  expect((await details('quick')).status).toBe('Finalizing')
  const seen = await details('quick')
  expect(seen).toMatchObject({ status: 'Failed', error: { error: { code: 'UserError', message: expect.stringContaining('3') } } })
  expect((await fetchLog(seen.logFiles['user_logs/std_log.txt'] ?? '')).text).toBe('quick\n')
})

it('tells a pipeline from its steps, lists them and types their outputs', async () => {
  const jobs = {
    make: {
      type: 'command',
      command: 'echo x > ${{outputs.out}}/x',
      outputs: { out: { type: 'literal', value: '${{parent.outputs.all}}' } },
    },
    break: { type: 'command', command: 'cat ${{inputs.data}}/missing', inputs: { data: '${{parent.jobs.make.outputs.out}}' } },
  }
  await put('steps', { jobType: 'Pipeline', jobs, outputs: { all: { jobOutputType: 'uri_folder' } } })
  await ended('steps')
  await details('steps')
  const log = await fetchLog((await details('steps')).logFiles['logs/azureml/executionlogs.txt'] ?? '')
  expect(log.text.split('\n').map((line) => line.slice(25))).toEqual([
    "Step 'make' is running",
    "Step 'make' has completed",
    "Step 'break' is running",
    "Step 'break' has failed",
    '',
  ])
  const run = (await server.admin.get(history('/runs/steps'))).json()
  expect(run).toMatchObject({
    runId: 'steps',
    runType: 'azureml.PipelineRun',
    outputs: { all: { type: 'UriFolder', assetId: 'azureml://jobs/steps/outputs/all' } },
  })
  const page = (await server.admin.get(history('/runs/steps/children?$top=1'))).json<{
    value: { runId: string }[]
    nextLink: string
  }>()
  const rest = (await server.admin.get(page.nextLink.replace(/^https?:\/\/[^/]+/, ''))).json<{
    value: object[]
    nextLink?: string
  }>()
  expect(page.value).toMatchObject([{ displayName: 'make', parentRunId: 'steps', status: 'Completed' }])
  expect(rest.value).toMatchObject([{ displayName: 'break', parentRunId: 'steps', status: 'Failed' }])
  expect(rest.nextLink).toBeUndefined()
  const data = await server.admin.post(history('/rundata'), { runId: page.value[0]?.runId, selectRunMetadata: true })
  expect(data.json()).toMatchObject({ runMetadata: { status: 'Completed', outputs: { out: { type: 'UriFolder' } } } })
  expect((await server.admin.post(history('/rundata'), { runId: 'nobody' })).status).toBe(404)
  const newest = { body: { runId: page.value[0]?.runId }, headers: { 'user-agent': 'azure-ai-ml/1.35.2 Python/3.11' } }
  const spelled = await server.admin.request('POST', history('/rundata'), newest)
  expect(spelled.json()).toMatchObject({ runMetadata: { outputs: { out: { type: 'uri_folder' } } } })
  await server.admin.patch(history('/experiments/Default/runs/steps'), { hidden: true })
  const listed = (await server.admin.get(`${workspace}/jobs`)).json<{ value: { name: string }[] }>().value
  expect(listed.map((job) => job.name)).not.toContain('steps')
})

it('adds tags by PATCH below the experiment, and gives a running job a fresh token that dies with it', async () => {
  await put('long', { command: 'sleep 98765', tags: { a: '1' } })
  const patched = await server.admin.patch(history('/experiments/Default/runs/long'), { tags: { b: '2' }, displayName: 'Long' })
  expect(patched.json()).toMatchObject({ tags: { a: '1', b: '2' }, displayName: 'Long' })
  const refreshed = await server.admin.get(history('/experimentids/0/runs/long/token'))
  const { token } = refreshed.json<{ token: string }>()
  expect((await server.api(token).get(`${workspace}/jobs/long`)).status).toBe(200)
  expect(
    (await server.api(token).get('/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01')).status,
  ).not.toBe(200)
  const other = await server.createUser('other')
  await server.grant(other, 'acdd72a7-3385-48ef-bd42-f606fba81ae7', workspace)
  expect((await server.api(await server.tokenOf(other)).get(history('/experimentids/0/runs/long/token'))).status).toBe(403)
  await server.admin.post(`${workspace}/jobs/long/cancel`)
  await ended('long')
  expect((await server.api(token).get(`${workspace}/jobs/long`)).status).toBe(401)
  expect((await server.admin.get(history('/experimentids/0/runs/long/token'))).status).toBe(409)
})

it('lets no token outlive its job, also of a step that never started', async () => {
  const first = { type: 'command', command: 'sleep 98765', outputs: { out: {} } }
  const inputs = { data: { job_input_type: 'uri_folder', uri: '${{parent.jobs.first.outputs.out}}' } }
  const second = { type: 'command', command: 'true ${{inputs.data}}', inputs }
  const pipeline = { properties: { jobType: 'Pipeline', jobs: { first, second } } }
  await server.admin.put(`${workspace}/jobs/held`, pipeline)
  const { nodes } = (await server.admin.get(`${workspace}/jobs/held/steps`)).json<{ nodes: { jobName: string }[] }>()
  const names = nodes.map((node) => node.jobName)
  expect(names).toHaveLength(2)
  const tokens: string[] = []
  for (const name of names) {
    const answer = await server.admin.get(history(`/experimentids/0/runs/${name}/token`))
    tokens.push(answer.json<{ token: string }>().token)
  }
  const statuses = () => Promise.all(tokens.map(async (token) => (await server.api(token).get(`${workspace}/jobs/held`)).status))
  expect(await statuses()).toEqual([200, 200])
  await server.admin.post(`${workspace}/jobs/held/cancel`)
  await ended('held')
  expect(await statuses()).toEqual([401, 401])
})
