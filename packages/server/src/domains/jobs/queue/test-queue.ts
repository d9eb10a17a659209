import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JobQueue } from '@fulcrum/contract'
import { startTestServer, until, type TestApi, type TestServer } from '../../../../../testkit/src/index.ts'

type Properties = Record<string, unknown>

/** A server with two job slots, four cores and one GPU (named 7), and a workspace whose jobs can be held back by name. */
export interface QueueWorld {
  readonly server: TestServer
  readonly workspace: string
  put(name: string, properties: Properties, api?: TestApi): Promise<void>
  propertiesOf(name: string): Promise<Properties>
  /** Waits for a status. */
  reaches(name: string, ...statuses: readonly string[]): Promise<Properties>
  queue(query?: string): Promise<JobQueue>
  /** A command that ends once {@link release} was called with the same name. */
  holdUntil(name: string): string
  release(name: string): Promise<void>
}

export async function startQueueWorld(): Promise<QueueWorld> {
  const server = await startTestServer({
    config: {
      engine: { pollIntervalMs: 50, maxConcurrentJobs: 2 },
      host: { cores: 4, memoryBytes: 8 * 1024 ** 3, gpus: ['7'] },
      isolation: 'none',
    },
  })
  const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg-queue`
  const workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/queue`
  const write = async (path: string, body: unknown, api: TestApi = server.admin): Promise<void> => {
    const reply = await api.put(path, body)
    if (reply.status >= 300) throw new Error(`PUT ${path}: ${reply.status} ${reply.text}`)
  }
  await write(group, { location: 'local' })
  await write(workspace, { location: 'local', properties: {} })
  const propertiesOf = async (name: string) =>
    (await server.admin.get(`${workspace}/jobs/${name}`)).json<{ properties: Properties }>().properties
  const fileOf = (name: string) => join(server.ctx.config.dataDirectory, `release-${name}`)
  return {
    server,
    workspace,
    put: (name, properties, api) =>
      write(`${workspace}/jobs/${name}`, { properties: { jobType: 'Command', ...properties } }, api),
    propertiesOf,
    reaches: (name, ...statuses) =>
      until(`${name} ${statuses.join(' or ')}`, async () => {
        const properties = await propertiesOf(name)
        return statuses.includes(String(properties['status'])) ? properties : undefined
      }),
    async queue(query = '') {
      const reply = await server.admin.get(`${workspace}/queue${query}`)
      if (reply.status !== 200) throw new Error(`The queue answered ${reply.status} ${reply.text}`)
      return reply.json<JobQueue>()
    },
    holdUntil: (name) => `until [ -e ${fileOf(name)} ]; do sleep 0.05; done`,
    release: (name) => writeFile(fileOf(name), ''),
  }
}
