import { until } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listBlobs, openBlob } from '../storage/index.ts'
import { pathOf, startServingFixture, type ServingFixture } from './serving.fixture.ts'

interface Answered {
  readonly deployment: string
  readonly pid: number
  readonly echo: unknown
}

describe('online endpoints', () => {
  let serving: ServingFixture
  let endpoint: string
  let key: string
  beforeAll(async () => {
    serving = await startServingFixture()
    endpoint = await serving.createEndpoint('churn')
    expect(await serving.deploy(endpoint, 'blue')).toBe('Succeeded')
    await serving.setTraffic(endpoint, { blue: 100 })
    key = await serving.primaryKey(endpoint)
  })
  afterAll(() => serving[Symbol.asyncDispose]())

  it('answers a new deployment with a state that is not terminal and the address to poll, and fills the defaults', async () => {
    const other = await serving.createEndpoint('polled')
    const answer = await serving.server.admin.put(`${other}/deployments/blue`, {
      location: 'local',
      properties: { codeConfiguration: { codeId: 'azureml:score:1', scoringScript: 'score.py' } },
    })
    expect(answer.status).toBe(201)
    expect(answer.headers['azure-asyncoperation']).toContain('/operationsStatus/')
    expect(answer.json()).toMatchObject({
      sku: { name: 'Default', capacity: 1 },
      properties: {
        provisioningState: 'Creating',
        endpointComputeType: 'Managed',
        scaleSettings: { scaleType: 'Default' },
        requestSettings: { requestTimeout: 'PT5S', maxConcurrentRequestsPerInstance: 1 },
        livenessProbe: { period: 'PT10S', failureThreshold: 30 },
      },
    })
    const poll = new URL(String(answer.headers['azure-asyncoperation'])).pathname
    const done = await until('the operation to end', async () => {
      const { status } = (await serving.server.admin.get(poll)).json<{ status: string }>()
      return status === 'InProgress' ? undefined : status
    })
    expect(done).toBe('Succeeded')
  })

  it('scores with ids, timing and the deployment in the headers', async () => {
    const answer = await serving.score(endpoint, key, { value: 7 }, { 'x-ms-client-request-id': 'mine-1' })
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toMatchObject({ deployment: 'blue', echo: 7 })
    expect(answer.headers).toMatchObject({
      'azureml-model-deployment': 'blue',
      'x-ms-client-request-id': 'mine-1',
      'x-ms-request-id': 'mine-1',
      'x-ms-run-function-failed': 'False',
      'server-timing': expect.stringContaining('infer;dur='),
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect((await serving.score(endpoint, key, {}, { 'x-request-id': 'x'.repeat(101) })).status).toBe(431)
  })

  it('lets nobody in without a key of this endpoint', async () => {
    expect((await serving.score(endpoint, '', {})).status).toBe(401)
    expect((await serving.score(endpoint, `${key}x`, {})).status).toBe(401)
    const other = await serving.createEndpoint('stranger')
    expect((await serving.score(endpoint, await serving.primaryKey(other), {})).status).toBe(401)
    expect((await serving.call(`/endpoints/rg/dev/nothing/score`, { method: 'POST' })).status).toBe(404)
    const twin = `${serving.workspace.replace(/dev$/, 'twin')}`
    await serving.server.admin.put(twin, { location: 'local' })
    await serving.server.admin.put(`${twin}/onlineEndpoints/churn`, { location: 'local', properties: {} })
    const foreign = await serving.primaryKey(`${twin}/onlineEndpoints/churn`)
    expect((await serving.score(endpoint, foreign, {})).status).toBe(401)
  })

  it('replaces a key without touching the other, and keeps keys out of tables and answers', async () => {
    const rotating = await serving.createEndpoint('rotating', { keys: { primaryKey: 'a-key-of-my-own' } })
    await serving.deploy(rotating, 'blue')
    await serving.setTraffic(rotating, { blue: 100 })
    expect((await serving.score(rotating, 'a-key-of-my-own', {})).status).toBe(200)
    const { secondaryKey } = (await serving.server.admin.post(`${rotating}/listKeys`)).json<{ secondaryKey: string }>()
    await serving.server.admin.post(`${rotating}/regenerateKeys`, { keyType: 'primary' })
    await until('the old key to be refused', async () => (await serving.score(rotating, 'a-key-of-my-own', {})).status === 401)
    expect((await serving.score(rotating, secondaryKey, {})).status).toBe(200)
    const stored = await serving.server.ctx.db.kysely
      .selectFrom('resources')
      .select('properties')
      .where('id', '=', rotating.toLowerCase())
      .executeTakeFirstOrThrow()
    const routed = await serving.server.ctx.db.kysely
      .selectFrom('serving_endpoints')
      .selectAll()
      .where('endpoint_id', '=', rotating.toLowerCase())
      .executeTakeFirstOrThrow()
    expect(JSON.stringify([stored, routed])).not.toMatch(new RegExp(`a-key-of-my-own|${secondaryKey}`))
  })

  it('admits tokens of an endpoint with AMLToken only there', async () => {
    const tokens = await serving.createEndpoint('tokens', { authMode: 'AMLToken' })
    await serving.deploy(tokens, 'blue')
    await serving.setTraffic(tokens, { blue: 100 })
    const { accessToken, expiryTimeUtc } = (await serving.server.admin.post(`${tokens}/token`)).json<{
      accessToken: string
      expiryTimeUtc: number
    }>()
    expect(expiryTimeUtc).toBeGreaterThan(Date.now() / 1000)
    expect((await serving.score(tokens, accessToken, {})).status).toBe(200)
    expect((await serving.score(endpoint, accessToken, {})).status).toBe(401)
    const [head, payload] = accessToken.split('.')
    expect((await serving.score(tokens, `${head}.${payload}.AAAA`, {})).status).toBe(401)
  })

  it('gives each deployment exactly its share of a hundred requests, and a pinned one what it is sent', async () => {
    const split = await serving.createEndpoint('split')
    for (const name of ['blue', 'green']) await serving.deploy(split, name)
    await serving.setTraffic(split, { blue: 90, green: 10 })
    const own = await serving.primaryKey(split)
    const seen: Record<string, number> = {}
    for (let count = 0; count < 100; count += 1) {
      const { deployment } = JSON.parse((await serving.score(split, own, {})).text) as Answered
      seen[deployment] = (seen[deployment] ?? 0) + 1
    }
    expect(seen).toEqual({ blue: 90, green: 10 })
    const pinned = await serving.score(split, own, {}, { 'azureml-model-deployment': 'green' })
    expect(JSON.parse(pinned.text)).toMatchObject({ deployment: 'green' })
    expect((await serving.score(split, own, {}, { 'azureml-model-deployment': 'red' })).status).toBe(404)
  })

  it('refuses traffic that does not add up, and a deployment that takes traffic cannot be deleted', async () => {
    const refused = async (properties: object) =>
      (await serving.server.admin.patch(endpoint, { properties })).json<{ error: { code: string; message: string } }>().error
    expect(await refused({ traffic: { blue: 60 } })).toMatchObject({
      code: 'InvalidTraffic',
      message: expect.stringContaining('60'),
    })
    expect(await refused({ traffic: { bleu: 100 } })).toMatchObject({ message: expect.stringContaining("Did you mean 'blue'?") })
    expect(await refused({ mirrorTraffic: { blue: 10 } })).toMatchObject({ message: expect.stringContaining('live traffic') })
    expect((await serving.server.admin.delete(`${endpoint}/deployments/blue`)).status).toBe(409)
  })

  it('mirrors the wanted share to the shadow, whose figures and data are its own', async () => {
    const mirrored = await serving.createEndpoint('mirrored')
    await serving.deploy(mirrored, 'live')
    await serving.deploy(mirrored, 'shadow', {
      properties: { dataCollector: { collections: { request: { dataCollectionMode: 'Enabled' } } } },
    })
    await serving.setTraffic(mirrored, { live: 100 }, { shadow: 20 })
    const own = await serving.primaryKey(mirrored)
    for (let count = 0; count < 100; count += 1) {
      expect(JSON.parse((await serving.score(mirrored, own, { value: count })).text)).toMatchObject({ deployment: 'live' })
    }
    const copies = await until('the copies to be counted', async () => {
      const { value } = (await serving.server.admin.get(`${mirrored}/metrics`)).json<{
        value: { name: string; deployment: string; data: { value: number }[] }[]
      }>()
      const sum = (deployment: string) =>
        value
          .filter((series) => series.name === 'RequestsPerMinute' && series.deployment === deployment)
          .flatMap((series) => series.data)
          .reduce((total, point) => total + point.value, 0)
      return sum('live') === 100 && sum('shadow') === 20
    })
    expect(copies).toBe(true)
  })

  it('refuses what is over twice the concurrency with 429, and ends what takes too long with 408', async () => {
    const busy = await serving.createEndpoint('busy')
    await serving.deploy(busy, 'blue', {
      properties: { requestSettings: { requestTimeout: 'PT1S', maxConcurrentRequestsPerInstance: 1 } },
    })
    await serving.setTraffic(busy, { blue: 100 })
    const own = await serving.primaryKey(busy)
    const answers = await Promise.all(Array.from({ length: 6 }, () => serving.score(busy, own, { sleepMs: 300 })))
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, 200, 429, 429, 429, 429])
    const slow = await serving.score(busy, own, { sleepMs: 5_000 })
    expect(slow.status).toBe(408)
    await until('the slot to be back', async () => (await serving.score(busy, own, {})).status === 200)
  })

  it('answers 424 with the error headers when the model fails, and replaces a worker that crashed', async () => {
    const broken = await serving.score(endpoint, key, { fail: true })
    expect(broken.status).toBe(424)
    expect(broken.headers).toMatchObject({
      'ms-azureml-model-error-statuscode': '500',
      'ms-azureml-model-error-reason': 'model_error',
      'x-ms-run-function-failed': 'True',
    })
    expect(broken.text).not.toContain('Traceback')
    const before = JSON.parse((await serving.score(endpoint, key, {})).text) as Answered
    expect((await serving.score(endpoint, key, { crash: true })).status).toBe(424)
    const after = await until('a new worker', async () => {
      const answer = await serving.score(endpoint, key, {})
      return answer.status === 200 ? (JSON.parse(answer.text) as Answered) : undefined
    })
    expect(after.pid).not.toBe(before.pid)
    const logs = (await serving.server.admin.post(`${endpoint}/deployments/blue/getLogs`, { tail: 50 })).json<{
      content: string
    }>()
    expect(logs.content).toContain('init of blue')
    expect((await serving.score(endpoint, key, 'x'.repeat(11 * 1024 * 1024))).status).toBe(413)
  })

  it('ends a deployment whose script cannot start as Failed, with the code and its own last lines', async () => {
    const failing = await serving.createEndpoint('failing')
    expect(await serving.deploy(failing, 'blue', { variables: { FAIL_INIT: '1' } })).toBe('Failed')
    const { properties } = (await serving.server.admin.get(`${failing}/deployments/blue`)).json<{
      properties: { failure: Record<string, string> }
    }>()
    expect(properties.failure).toMatchObject({
      code: 'UserScriptInitFailed',
      probe: 'readiness',
      log: expect.stringContaining('no model here'),
    })
    expect(await serving.deploy(failing, 'blue')).toBe('Succeeded')
    expect((await serving.server.admin.delete(`${failing}/deployments/blue`)).status).toBe(202)
    await until(
      'the deployment to be gone',
      async () => (await serving.server.admin.get(`${failing}/deployments/blue`)).status === 404,
    )
  })

  it('loses no request while deployments, instances and traffic change under load', async () => {
    const swapped = await serving.createEndpoint('swapped')
    const properties = { requestSettings: { maxConcurrentRequestsPerInstance: 50 } }
    await serving.deploy(swapped, 'blue', { properties })
    await serving.setTraffic(swapped, { blue: 100 })
    const own = await serving.primaryKey(swapped)
    const statuses: Record<number, number> = {}
    let running = true
    const load = Array.from({ length: 8 }, async () => {
      while (running) {
        const { status } = await serving.score(swapped, own, { value: 1 })
        statuses[status] = (statuses[status] ?? 0) + 1
      }
    })
    await serving.deploy(swapped, 'green', { properties })
    await serving.setTraffic(swapped, { blue: 50, green: 50 })
    await serving.deploy(swapped, 'blue', { properties, variables: { CHANGED: 'yes' } })
    await serving.deploy(swapped, 'green', { properties, capacity: 2 })
    await serving.setTraffic(swapped, { green: 100, blue: 0 })
    await serving.server.admin.delete(`${swapped}/deployments/blue`)
    await until('blue to be gone', async () => (await serving.server.admin.get(`${swapped}/deployments/blue`)).status === 404)
    running = false
    await Promise.all(load)
    expect(Object.keys(statuses)).toEqual(['200'])
    expect(statuses[200]).toBeGreaterThan(100)
  })

  it('collects payloads as events with the correlation id of the client', async () => {
    const collected = await serving.createEndpoint('collected')
    const collections = {
      request: { dataCollectionMode: 'enabled' },
      response: { dataCollectionMode: 'Enabled' },
      model_inputs: { dataCollectionMode: 'Disabled' },
    }
    await serving.deploy(collected, 'blue', { properties: { dataCollector: { collections } } })
    await serving.setTraffic(collected, { blue: 100 })
    await serving.score(collected, await serving.primaryKey(collected), { value: 5 }, { 'x-ms-client-request-id': 'flight-9' })
    const { ctx } = serving.server
    const prefix = 'modelDataCollector/collected/blue/'
    const blobs = await until('both files', async () => {
      const page = await listBlobs(ctx, { workspaceId: serving.workspace, prefix })
      return page.blobs.length === 2 ? page.blobs : undefined
    })
    expect(blobs.map((blob) => blob.name)).toEqual([
      expect.stringMatching(/\/request\/\d{4}\/\d\d\/\d\d\/\d\d\/[^/]+\.jsonl$/),
      expect.stringMatching(/\/response\/\d{4}\/\d\d\/\d\d\/\d\d\/[^/]+\.jsonl$/),
    ])
    const { stream } = await openBlob(ctx, { workspaceId: serving.workspace, name: blobs[0]?.name ?? '' })
    const text = (await stream.toArray()).map(String).join('')
    expect(JSON.parse(text.trim())).toMatchObject({
      specversion: '1.0',
      type: 'azureml.inference.request',
      correlationid: 'flight-9',
      source: `${collected}/deployments/blue`,
      data: { value: 5 },
    })
    expect((await serving.server.admin.get(`${serving.workspace}/data/collected-blue-request/versions/1`)).status).toBe(200)
  })

  it('scores through the API with the rights of the caller, and refuses those who have none', async () => {
    const answer = await serving.server.admin.post(`${endpoint}/score?deployment=blue`, { value: 3 })
    expect(answer.status).toBe(200)
    expect(answer.json()).toMatchObject({ deployment: 'blue', echo: 3 })
    const stranger = serving.server.api(await serving.server.tokenOf(await serving.server.createUser('stranger')))
    expect((await stranger.post(`${endpoint}/score`, {})).status).toBe(404)
  })

  it('describes itself, and shows its figures and its traffic log', async () => {
    const swagger = await serving.call(`${pathOf(endpoint)}/swagger.json`, { headers: { authorization: `Bearer ${key}` } })
    expect(JSON.parse(swagger.text)).toMatchObject({
      openapi: '3.0.3',
      paths: { '/score': { post: { operationId: 'RunMLService' } } },
    })
    expect((await serving.call(pathOf(endpoint))).text).toBe('Healthy')
    expect((await serving.call('/metrics')).text).toContain('fulcrum_gateway_request_duration_seconds_bucket')
    const log = await until('the traffic log', async () => {
      const { value } = (await serving.server.admin.get(`${endpoint}/trafficLogs`)).json<{
        value: { responseCode: number; requestId: string }[]
      }>()
      return value.length > 0 ? value : undefined
    })
    expect(log[0]).toMatchObject({ deployment: 'blue', requestId: expect.any(String) })
    const metrics = (await serving.server.admin.get(`${endpoint}/metrics`)).json<{ value: { name: string }[] }>()
    expect(metrics.value.map((series) => series.name)).toEqual(
      expect.arrayContaining(['RequestsPerMinute', 'RequestLatency_P99', 'DeploymentCapacity']),
    )
  })
})
