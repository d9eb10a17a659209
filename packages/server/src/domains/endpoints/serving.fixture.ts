import { request as httpRequest } from 'node:http'
import { startTestServer, until, type TestServer, type TestServerOptions } from '@fulcrum/testkit'
import type { Gateway } from '../../gateway/gateway.ts'
import { startGatewayOf } from '../../gateway/role.ts'
import { putBlob } from '../storage/index.ts'

/** For tests: a server with engine and gateway, a workspace, and a scoring script that needs the standard library only. */

export const scoreScript = `
import json, os, time

def init():
    global name
    name = os.environ.get('DEPLOYMENT', 'unnamed')
    print('init of', name)
    if os.environ.get('FAIL_INIT'):
        raise ValueError('no model here')

def run(raw_data):
    data = json.loads(raw_data)
    if data.get('crash'):
        os._exit(9)
    if data.get('fail'):
        raise RuntimeError('cannot score this')
    time.sleep(data.get('sleepMs', 0) / 1000)
    return {'deployment': name, 'pid': os.getpid(), 'echo': data.get('value')}
`

export interface Scored {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

export interface ServingFixture extends AsyncDisposable {
  readonly server: TestServer
  readonly gateway: Gateway
  readonly workspace: string
  createEndpoint(name: string, properties?: Record<string, unknown>): Promise<string>
  /** Creates or changes a deployment and waits for its end. @returns its provisioning state */
  deploy(
    endpointId: string,
    name: string,
    options?: { capacity?: number; variables?: Record<string, string>; properties?: Record<string, unknown> },
  ): Promise<string>
  setTraffic(endpointId: string, traffic: Record<string, number>, mirrorTraffic?: Record<string, number>): Promise<void>
  primaryKey(endpointId: string): Promise<string>
  score(endpointId: string, key: string, body: unknown, headers?: Record<string, string>): Promise<Scored>
  call(path: string, options?: { method?: string; headers?: Record<string, string>; body?: string | Buffer }): Promise<Scored>
}

export async function startServingFixture(options: TestServerOptions = {}): Promise<ServingFixture> {
  const server = await startTestServer({ config: { gateway: { host: '127.0.0.1', port: 0 } }, ...options })
  const { ctx, admin } = server
  const gateway = await startGatewayOf(ctx)
  const group = `/subscriptions/${ctx.config.subscriptionId}/resourceGroups/rg`
  await admin.put(group, { location: 'local' })
  const workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/dev`
  await admin.put(workspace, { location: 'local' })
  await putBlob(ctx, { workspaceId: workspace, name: 'code/score.py', source: Buffer.from(scoreScript) })
  await admin.put(`${workspace}/codes/score/versions/1`, {
    properties: { codeUri: 'azureml://datastores/workspaceblobstore/paths/code' },
  })

  const terminal = (id: string): Promise<string> =>
    until(
      `${id} to end`,
      async () => {
        const { properties } = (await admin.get(id)).json<{ properties: { provisioningState: string } }>()
        return ['Succeeded', 'Failed'].includes(properties.provisioningState) ? properties.provisioningState : undefined
      },
      300_000,
    )
  const call: ServingFixture['call'] = (path, options = {}) => send(`${gateway.address}${path}`, options)
  return {
    server,
    gateway,
    workspace,
    call,
    async createEndpoint(name, properties = {}) {
      const id = `${workspace}/onlineEndpoints/${name}`
      const answer = await admin.put(id, { location: 'local', properties: { authMode: 'key', ...properties } })
      if (answer.status !== 201) throw new Error(answer.text)
      await terminal(id)
      return id
    },
    async deploy(endpointId, name, { capacity = 1, variables = {}, properties = {} } = {}) {
      const answer = await admin.put(`${endpointId}/deployments/${name}`, {
        location: 'local',
        sku: { name: 'Default', capacity },
        properties: {
          endpointComputeType: 'Managed',
          codeConfiguration: { codeId: `${workspace}/codes/score/versions/1`, scoringScript: 'score.py' },
          environmentVariables: { DEPLOYMENT: name, ...variables },
          ...properties,
        },
      })
      if (answer.status >= 300) throw new Error(answer.text)
      return terminal(`${endpointId}/deployments/${name}`)
    },
    async setTraffic(endpointId, traffic, mirrorTraffic = {}) {
      const answer = await admin.patch(endpointId, { properties: { traffic, mirrorTraffic } })
      if (answer.status >= 300) throw new Error(answer.text)
      await terminal(endpointId)
    },
    async primaryKey(endpointId) {
      return (await admin.post(`${endpointId}/listKeys`)).json<{ primaryKey: string }>().primaryKey
    },
    score(endpointId, key, body, headers = {}) {
      return call(`${pathOf(endpointId)}/score`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      })
    },
    async [Symbol.asyncDispose]() {
      await gateway.close()
      await server.close()
    },
  }
}

/** Path of an endpoint at the gateway. */
export function pathOf(endpointId: string): string {
  const parts = endpointId.split('/')
  return `/endpoints/${parts[4]}/${parts[8]}/${parts[10]}`
}

function send(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer },
): Promise<Scored> {
  return new Promise((resolve, reject) => {
    const call = httpRequest(url, { method: options.method ?? 'GET', headers: options.headers ?? {} }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') }),
      )
    })
    call.once('error', reject)
    call.end(options.body)
  })
}
