import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, until, type TestServer } from '../../../../testkit/src/index.ts'

let server: TestServer
let workspace: string
beforeAll(async () => {
  server = await startTestServer()
  const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg-jobs`
  workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/jobs`
  expect((await server.admin.put(group, { location: 'local' })).status).toBeLessThan(300)
  expect((await server.admin.put(workspace, { location: 'local', properties: {} })).status).toBeLessThan(300)
})
afterAll(() => server.close())

const job = (name: string) => `${workspace}/jobs/${name}`

function put(name: string, properties: Record<string, unknown>) {
  return server.admin.put(job(name), { properties })
}

async function ended(name: string) {
  return until(`end of ${name}`, async () => {
    const body = (await server.admin.get(job(name))).json<{ properties: Record<string, unknown> }>()
    return ['Completed', 'Failed', 'Canceled'].includes(String(body.properties['status'])) ? body.properties : undefined
  })
}

it("answers in Azure's shape and takes status and services from nobody", async () => {
  const created = await put('shape', {
    jobType: 'command',
    command: 'echo one; echo two',
    status: 'Completed',
    services: { Local: {} },
  })
  expect(created.status).toBe(201)
  expect(created.json()).toMatchObject({
    name: 'shape',
    type: 'Microsoft.MachineLearningServices/workspaces/jobs',
    properties: {
      jobType: 'Command',
      status: 'NotStarted',
      experimentName: 'Default',
      inputs: {},
      outputs: {},
      tags: {},
      properties: {},
      services: {
        Studio: { jobServiceType: 'Studio' },
        Tracking: { jobServiceType: 'Tracking', endpoint: expect.stringContaining('/mlflow/v1.0/subscriptions/') },
      },
    },
  })
  expect(created.json<{ properties: { services: object } }>().properties.services).not.toHaveProperty('Local')
  expect(await ended('shape')).toMatchObject({ status: 'Completed' })
})

it('serves logs from an offset, as a stream, and after the end', async () => {
  await put('logged', { jobType: 'Command', command: 'echo first; sleep 0.5; echo second' })
  const live = await until('first line', async () => {
    const reply = await server.admin.get(`${job('logged')}/logs/user_logs/std_log.txt`)
    return reply.status === 200 && reply.text.includes('first') ? reply : undefined
  })
  expect(live.headers['x-log-complete']).toBe('false')
  const stream = await server.admin.get(`${job('logged')}/logs/user_logs/std_log.txt/stream?offset=6`)
  expect(stream.text).toContain('second')
  expect(stream.text).not.toContain('first')
  expect(stream.text).toContain('event: end')
  await ended('logged')
  expect((await server.admin.get(`${job('logged')}/logs`)).json()).toMatchObject({
    complete: true,
    value: expect.arrayContaining([{ path: 'user_logs/std_log.txt', sizeBytes: 13 }]),
  })
  expect((await server.admin.get(`${job('logged')}/logs/user_logs/std_log.txt?offset=6`)).text).toBe('second\n')
  for (const path of ['spec.json', 'user_logs/../spec.json', 'user_logs/%2e%2e/spec.json']) {
    const reply = await server.admin.get(`${job('logged')}/logs/${path}`)
    expect(reply.text, path).not.toContain('MLFLOW_TRACKING_TOKEN')
    expect([400, 404], path).toContain(reply.status)
  }
})

it('shows the graph with phases, explains reuse and lists outputs', async () => {
  const jobs = {
    make: { type: 'command', command: 'echo x > ${{outputs.out}}/x', outputs: { out: {} } },
    use: {
      type: 'command',
      command: 'cat ${{inputs.data}}/x',
      inputs: { data: '${{parent.jobs.make.outputs.out}}' },
      outputs: {},
    },
  }
  await put('graph', { jobType: 'Pipeline', jobs })
  expect(await ended('graph')).toMatchObject({ status: 'Completed' })
  const graph = (await server.admin.get(`${job('graph')}/steps`)).json<{
    nodes: { name: string; jobName: string; status: string; phases: { name: string }[] }[]
    edges: object[]
  }>()
  expect(graph.edges).toEqual([{ source: 'make', target: 'use' }])
  expect(graph.nodes.map((node) => [node.name, node.status])).toEqual([
    ['make', 'Completed'],
    ['use', 'Completed'],
  ])
  expect(graph.nodes[0]?.phases.map((phase) => phase.name)).toEqual([
    'Launching',
    'Environment',
    'Inputs',
    'Submitted',
    'Active',
    'Publishing',
    'Completed',
  ])
  const children = (await server.admin.get(`${workspace}/jobs?parentJobName=graph`)).json<{
    value: { name: string; properties: { parentJobName: string } }[]
  }>()
  expect(children.value.map((child) => child.properties.parentJobName)).toEqual(['graph', 'graph'])
  const child = graph.nodes[0]?.jobName ?? ''
  expect((await server.admin.get(`${job(child)}/outputs`)).json()).toMatchObject({
    value: [{ name: 'out', uri: `azureml://datastores/workspaceblobstore/paths/azureml/${child}/out/`, files: 1 }],
  })
  await put('graph-2', { jobType: 'Pipeline', jobs })
  await ended('graph-2')
  expect((await server.admin.get(`${job('graph-2')}/explain`)).json()).toMatchObject({
    value: [
      { step: 'make', decision: { reused: true, jobName: child } },
      { step: 'use', decision: { reused: true } },
    ],
  })
})

it('cancels by name, twice without harm', async () => {
  await put('stop', { jobType: 'Command', command: 'sleep 987656' })
  expect((await server.admin.post(`${job('stop')}/cancel`)).status).toBe(202)
  expect((await server.admin.post(`${job('stop')}/cancel`)).status).toBe(202)
  expect(await ended('stop')).toMatchObject({ status: 'Canceled' })
  expect((await server.admin.post(`${job('nobody')}/cancel`)).status).toBe(404)
})

it('reports what the host can do and keeps kinds it cannot run', async () => {
  const local = await server.admin.get(`${workspace}/computes/local/capabilities`)
  expect(local.json()).toMatchObject({ runsJobs: true, host: { bubblewrap: { available: expect.any(Boolean) } } })
  await server.admin.put(`${workspace}/computes/k8s`, {
    location: 'local',
    properties: { computeType: 'Kubernetes', properties: { namespace: 'default' } },
  })
  await put('on-k8s', { jobType: 'Command', command: 'true', computeId: `${workspace}/computes/k8s` })
  expect(await ended('on-k8s')).toMatchObject({
    status: 'Failed',
    error: { code: 'NotSupported', message: expect.stringContaining("Use 'local'") },
  })
})

it('fires a schedule by hand, once per time, with the job that it names', async () => {
  const schedule = `${workspace}/schedules/nightly`
  const trigger = { triggerType: 'Cron', expression: '0 3 * * *', timeZone: 'W. Europe Standard Time' }
  const reply = await server.admin.put(schedule, {
    properties: { trigger, action: { actionType: 'CreateJob', jobDefinition: { jobType: 'Command', command: 'echo nightly' } } },
  })
  expect(reply.status, reply.text).toBe(201)
  const fired = await server.admin.post(`${schedule}/trigger`, {})
  expect(fired.status).toBe(200)
  const name = fired.json<{ jobName: string }>().jobName
  expect(fired.json()).toMatchObject({ submissionId: name, scheduleActionType: 'CreateJob' })
  expect(name).toMatch(/^nightly-/)
  expect(await ended(name)).toMatchObject({ status: 'Completed' })
  const names = async (query: string) =>
    (await server.admin.get(`${workspace}/jobs?${query}`)).json<{ value: { name: string }[] }>().value.map((each) => each.name)
  expect(await names('scheduled=true')).toEqual([name])
  expect(await names('scheduleId=nightly')).toEqual([name])
  expect(await names('scheduleId=other')).toEqual([])
  expect(await names('scheduled=false')).not.toContain(name)
  const wrong = await server.admin.put(`${workspace}/schedules/wrong`, {
    properties: { trigger: { triggerType: 'Cron', expression: '0 25 * * *' }, action: { actionType: 'CreateJob' } },
  })
  expect(wrong.status).toBe(400)
  expect(wrong.text).toContain("'25' is no valid field 2")
})

it('fires a job by reference as a copy of it, with what the schedule changes', async () => {
  const schedule = `${workspace}/schedules/repeat`
  const say = {
    type: 'command',
    command: 'echo ${{inputs.word}} > ${{outputs.out}}/w',
    inputs: { word: '${{parent.inputs.word}}' },
    outputs: { out: {} },
  }
  await put('original', {
    jobType: 'Pipeline',
    experimentName: 'trees',
    tags: { kind: 'tree' },
    inputs: { word: { jobInputType: 'literal', value: 'oak' }, other: { jobInputType: 'literal', value: 'x' } },
    settings: { continue_on_step_failure: true },
    jobs: { say },
  })
  const repeat = (sourceJobId: string, changes: Record<string, unknown> = {}) => ({
    properties: {
      trigger: { triggerType: 'Cron', expression: '0 3 * * *', timeZone: 'UTC' },
      action: {
        actionType: 'CreateJob',
        jobDefinition: { jobType: 'Pipeline', experimentName: 'Default', sourceJobId, ...changes },
      },
    },
  })
  const missing = await server.admin.put(schedule, repeat('nobody'))
  expect(missing.status).toBe(400)
  expect(missing.text).toContain("names the job 'nobody'")
  const none = { properties: { ...repeat('original').properties, action: { actionType: 'CreateJob' } } }
  expect((await server.admin.put(schedule, none)).text).toContain('jobDefinition')
  const changes = {
    inputs: { word: { jobInputType: 'literal', value: 'elm' } },
    settings: { force_rerun: true },
    tags: { by: 'schedule' },
    jobs: {},
  }
  expect((await server.admin.put(schedule, repeat(job('original'), changes))).status).toBe(201)
  const name = (await server.admin.post(`${schedule}/trigger`, {})).json<{ jobName: string }>().jobName
  expect(await ended(name)).toMatchObject({
    status: 'Completed',
    experimentName: 'trees',
    sourceJobId: job('original'),
    inputs: { word: { value: 'elm' }, other: { value: 'x' } },
    settings: { continue_on_step_failure: true, force_rerun: true },
    tags: { kind: 'tree', by: 'schedule' },
    jobs: { say: { command: say.command } },
  })
  // A command job is called a pipeline by the client all the same.
  await put('plain-original', { jobType: 'Command', command: 'echo plain' })
  expect((await server.admin.put(`${workspace}/schedules/repeat-plain`, repeat('azureml:plain-original'))).status).toBe(201)
  const plain = (await server.admin.post(`${workspace}/schedules/repeat-plain/trigger`, {})).json<{ jobName: string }>().jobName
  expect(await ended(plain)).toMatchObject({ jobType: 'Command', command: 'echo plain', status: 'Completed' })
})

it('runs a pipeline that names its source, and refuses one without', async () => {
  await put('source', {
    jobType: 'Pipeline',
    inputs: { word: { jobInputType: 'literal', value: 'a' } },
    jobs: { say: { type: 'command', command: 'echo ${{inputs.word}}', inputs: { word: '${{parent.inputs.word}}' } } },
  })
  const copy = { jobType: 'Pipeline', sourceJobId: job('source') }
  expect((await put('copy', copy)).status).toBe(201)
  expect(await ended('copy')).toMatchObject({ status: 'Completed', sourceJobId: job('source') })
  expect((await put('copy-of-copy', { ...copy, sourceJobId: job('copy') })).status).toBe(201)
  expect(await ended('copy-of-copy')).toMatchObject({ status: 'Completed' })
  const foreign = job('source').replace('/workspaces/jobs/', '/workspaces/other/')
  for (const sourceJobId of ['nobody', foreign]) {
    const refused = await put('refused', { jobType: 'Pipeline', sourceJobId })
    expect(refused.status, refused.text).toBe(400)
    expect(refused.text).toContain('does not exist in this workspace')
  }
  await put('single', { jobType: 'Command', command: 'true' })
  expect((await put('refused', { jobType: 'Pipeline', sourceJobId: 'single' })).text).toContain('the source of a pipeline')
})
