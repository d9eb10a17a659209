import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** What the clients of Azure insist on: the status codes of each call, long-running headers, and no null where they read a map. */

interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'
  /** Below the workspace; `/` alone is the workspace itself. */
  readonly path: string
  readonly codes: readonly number[]
  readonly body?: unknown
  /** Codes when the same call is made once more. */
  readonly again?: readonly number[]
}

const cron = { triggerType: 'Cron', expression: '0 6 * * 1', timeZone: 'UTC' }
const commandJob = { jobType: 'Command', command: 'true', environmentId: 'azureml:e:1', experimentName: 'x' }
const version = (properties: object) => ({ properties: { ...properties, tags: { a: 'b' } } })

const calls: readonly Call[] = [
  { method: 'PATCH', path: '/', codes: [200, 202], body: { tags: { a: 'b' } } },
  { method: 'GET', path: '/', codes: [200] },
  { method: 'POST', path: '/listKeys', codes: [200] },
  { method: 'POST', path: '/listkeys', codes: [200] },
  { method: 'POST', path: '/resyncKeys', codes: [200, 202] },
  { method: 'POST', path: '/diagnose', codes: [200, 202], body: { value: {} } },
  { method: 'POST', path: '/listNotebookAccessToken', codes: [200] },
  { method: 'POST', path: '/listStorageAccountKeys', codes: [200] },
  { method: 'GET', path: '/features', codes: [200] },
  { method: 'GET', path: '/outboundNetworkDependenciesEndpoints', codes: [200] },
  { method: 'GET', path: '/privateEndpointConnections', codes: [200] },
  {
    method: 'PUT',
    path: '/datastores/raw',
    codes: [200, 201],
    again: [200],
    body: { properties: { datastoreType: 'AzureBlob', containerName: 'raw', credentials: { credentialsType: 'None' } } },
  },
  { method: 'POST', path: '/datastores/workspaceblobstore/listSecrets', codes: [200] },
  {
    method: 'PUT',
    path: '/environments/e/versions/1',
    codes: [200, 201],
    again: [200],
    body: version({ condaFile: 'name: e\ndependencies:\n- python\n' }),
  },
  { method: 'PUT', path: '/environments/e', codes: [200, 201], body: { properties: { isArchived: false } } },
  {
    method: 'PUT',
    path: '/data/d/versions/1',
    codes: [200, 201],
    again: [200],
    body: version({ dataType: 'uri_folder', dataUri: 'azureml://datastores/raw/paths/d' }),
  },
  {
    method: 'PUT',
    path: '/codes/c/versions/1',
    codes: [200, 201],
    again: [200],
    body: version({ codeUri: 'azureml://datastores/raw/paths/c' }),
  },
  {
    method: 'PUT',
    path: '/components/k/versions/1',
    codes: [200, 201],
    again: [200],
    body: version({ componentSpec: { name: 'k', version: '1', type: 'command', command: 'true', environment: 'azureml:e:1' } }),
  },
  { method: 'GET', path: '/components/k/versions', codes: [200] },
  { method: 'PUT', path: '/jobs/j', codes: [200, 201], body: { properties: commandJob } },
  { method: 'GET', path: '/jobs', codes: [200] },
  { method: 'POST', path: '/jobs/j/cancel', codes: [200, 202] },
  {
    method: 'PUT',
    path: '/computes/cpu',
    codes: [200, 201],
    again: [200],
    body: { location: 'local', properties: { computeType: 'amlcompute', properties: { vmSize: 'small' } } },
  },
  { method: 'PATCH', path: '/computes/cpu', codes: [200], body: { properties: { scaleSettings: { maxNodeCount: 2 } } } },
  { method: 'POST', path: '/computes/cpu/listNodes', codes: [200] },
  {
    method: 'PUT',
    path: '/computes/ci',
    codes: [200, 201],
    body: { location: 'local', properties: { computeType: 'ComputeInstance', properties: { vmSize: 'small' } } },
  },
  { method: 'POST', path: '/computes/ci/stop', codes: [202] },
  { method: 'POST', path: '/computes/ci/start', codes: [202] },
  { method: 'POST', path: '/computes/ci/restart', codes: [202] },
  { method: 'POST', path: '/computes/ci/listKeys', codes: [200] },
  { method: 'DELETE', path: '/computes/ci?underlyingResourceAction=Delete', codes: [200, 202, 204], again: [204] },
  {
    method: 'PUT',
    path: '/connections/git',
    codes: [200],
    again: [200],
    body: { properties: { authType: 'PAT', category: 'Git', target: 'https://git.example', credentials: { pat: 'p' } } },
  },
  { method: 'POST', path: '/connections/git/listsecrets', codes: [200] },
  { method: 'DELETE', path: '/connections/git', codes: [200, 204], again: [204] },
  {
    method: 'PUT',
    path: '/onlineEndpoints/scores',
    codes: [200, 201],
    body: { location: 'local', properties: { authMode: 'key' } },
  },
  { method: 'POST', path: '/onlineEndpoints/scores/listKeys', codes: [200] },
  { method: 'POST', path: '/onlineEndpoints/scores/regenerateKeys', codes: [200, 202], body: { keyType: 'Primary' } },
  {
    method: 'PUT',
    path: '/onlineEndpoints/scores/deployments/blue',
    codes: [200, 201],
    body: {
      location: 'local',
      sku: { name: 'Default', capacity: 1 },
      properties: { endpointComputeType: 'managed', codeConfiguration: { codeId: 'azureml:c:1', scoringScript: 'score.py' } },
    },
  },
  { method: 'GET', path: '/onlineEndpoints/scores/deployments/blue/skus', codes: [200] },
  { method: 'POST', path: '/onlineEndpoints/scores/deployments/blue/getLogs', codes: [200], body: { tail: 5 } },
  {
    method: 'PUT',
    path: '/schedules/s',
    codes: [200, 201],
    body: { properties: { trigger: cron, action: { actionType: 'CreateJob', jobDefinition: commandJob } } },
  },
  { method: 'GET', path: '/schedules?listViewType=EnabledOnly', codes: [200] },
  { method: 'DELETE', path: '/schedules/s', codes: [200, 202, 204] },
  { method: 'DELETE', path: '/data/d/versions/1', codes: [200, 204], again: [204] },
  { method: 'DELETE', path: '/datastores/raw', codes: [200, 204] },
]

/** Members that clients read as maps and that must not be null. */
const maps = ['properties', 'tags', 'inputs', 'outputs', 'services', 'flavors', 'environmentVariables', 'metadata']

describe('the answers that clients of Azure insist on', () => {
  let server: TestServer
  let group: string
  let workspace: string
  beforeAll(async () => {
    server = await startTestServer({ engine: false })
    group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/codes`
    workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/alpha`
    await server.admin.put(group, { location: 'local' })
    expect((await server.admin.put(workspace, { location: 'local' })).status).toBe(200)
    expect((await server.admin.put(workspace, { location: 'local' })).status).toBe(200)
  })
  afterAll(() => server.close())

  const send = async ({ method, path, body }: Call) => {
    const separator = path.includes('?') ? '&' : '?'
    const target = `${workspace}${path === '/' ? '' : path}${separator}api-version=2022-10-01`
    const answer = await server.admin.request(method, target, body === undefined ? {} : { body })
    const shown: unknown = answer.text === '' ? undefined : answer.json()
    expect(nullMaps(shown), `${method} ${path}`).toEqual([])
    for (const name of ['azure-asyncoperation', 'location']) {
      const url = answer.headers[name]
      if (url === undefined) continue
      expect(String(url)).toMatch(/^http:\/\/127\.0\.0\.1\/subscriptions\//)
      expect(answer.headers['retry-after']).toBeDefined()
    }
    return answer
  }

  it('come in the order in which a client makes the calls', async () => {
    for (const call of calls) {
      const answer = await send(call)
      expect(call.codes, `${call.method} ${call.path}: ${answer.text}`).toContain(answer.status)
      if (call.again === undefined) continue
      const second = await send(call)
      expect(call.again, `${call.method} ${call.path} once more: ${second.text}`).toContain(second.status)
    }
  })

  it('name an operation for what 1.4.0 reads rightly only at the end of one', async () => {
    const put = (path: string, body: unknown) => send({ method: 'PUT', path, codes: [], body })
    const compute = await put('/computes/again', { location: 'local', properties: { computeType: 'AmlCompute', properties: {} } })
    const deployment = await put('/onlineEndpoints/scores/deployments/green', {
      location: 'local',
      properties: { endpointComputeType: 'Managed', codeConfiguration: { codeId: 'azureml:c:1', scoringScript: 'score.py' } },
    })
    const schedule = await put('/schedules/t', {
      properties: { trigger: cron, action: { actionType: 'CreateJob', jobDefinition: commandJob } },
    })
    for (const answer of [compute, deployment, schedule]) {
      expect(answer.headers['azure-asyncoperation'], answer.text).toBeDefined()
      const url = new URL(String(answer.headers['azure-asyncoperation']))
      const state = (await server.admin.get(url.pathname + url.search)).json<{ status: string }>().status
      expect(['InProgress', 'Succeeded']).toContain(state)
    }
  })

  it('are the same under any spelling of the path, with the prefix of the front door, and for any api-version', async () => {
    const plain = (await server.admin.get(workspace)).json()
    const spelled = workspace.replace('resourceGroups', 'resourcegroups').replace('workspaces', 'WORKSPACES')
    for (const path of [spelled, `/mferp/managementfrontend${workspace}`, `${workspace}?api-version=2099-01-01-preview`])
      expect((await server.admin.get(path)).json(), path).toEqual(plain)
  })

  it('follow the host by which the request came, also in what clients compose', async () => {
    const shown = async (path: string) =>
      (await server.admin.request('GET', path, { headers: { host: 'localhost:7180' } })).json<{
        properties: Record<string, string>
      }>().properties
    expect(await shown(workspace)).toMatchObject({
      discoveryUrl: 'http://localhost:7180/discovery',
      mlFlowTrackingUri: `http://localhost:7180/mlflow/v1.0${workspace}`,
    })
    expect((await shown(`${workspace}/datastores/workspaceblobstore`))['accountName']).toMatch(
      /^localhost:7443\/store\/[a-z0-9]+$/,
    )
  })

  it('say which names there are when one is wrong', async () => {
    const wrong = await server.admin.put(`${workspace}/computes/x`, { properties: { computeType: 'AmlComputer' } })
    expect(wrong.status).toBe(400)
    expect(wrong.text).toContain('AmlCompute')
    const connection = await server.admin.put(`${workspace}/connections/x`, {
      properties: { authType: 'Password', category: 'Git' },
    })
    expect(connection.status).toBe(400)
    expect(connection.text).toContain('UsernamePassword')
    const local = await server.admin.post(`${workspace}/computes/cpu/start`)
    expect(local.status).toBe(400)
  })

  it('tell about the subscription, its places, sizes and providers', async () => {
    const subscription = group.slice(0, group.indexOf('/resourceGroups'))
    const provider = `${subscription}/providers/Microsoft.MachineLearningServices`
    for (const path of ['vmSizes', 'usages', 'quotas'])
      expect(
        (await server.admin.get(`${provider}/locations/local/${path}`)).json<{ value: unknown[] }>().value.length,
      ).toBeGreaterThan(0)
    expect((await server.admin.get(provider)).json()).toMatchObject({ registrationState: 'Registered' })
    expect((await server.admin.post(`${provider}/register`)).status).toBe(200)
    expect((await server.admin.get(`${subscription}/providers/Microsoft.Nothing`)).status).toBe(404)
    expect((await server.admin.get(`${subscription}/locations`)).json()).toMatchObject({ value: [{ name: 'local' }] })
    expect((await server.admin.get('/tenants')).json()).toMatchObject({ value: [{ tenantId: server.ctx.config.tenantId }] })
    expect((await server.admin.request('HEAD', group)).status).toBe(204)
    expect((await server.admin.request('HEAD', `${group}-none`)).status).toBe(404)
  })
})

/** Paths of null where a client reads a map. */
function nullMaps(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => nullMaps(item, `${path}[${index}]`))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) =>
    member === null ? (maps.includes(name) ? [`${path}.${name}`] : []) : nullMaps(member, `${path}.${name}`),
  )
}
