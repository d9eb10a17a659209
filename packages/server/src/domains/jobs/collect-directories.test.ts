import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, until, type TestServer } from '../../../../testkit/src/index.ts'
import { WorkDirectory } from '../../kernel/processes/index.ts'
import { collectDirectories } from './collect-directories.ts'
import { findAttemptOf } from './step-store.ts'

let server: TestServer
let workspace: string
beforeAll(async () => {
  server = await startTestServer()
  const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg-collect`
  workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/collect`
  await server.admin.put(group, { location: 'local' })
  await server.admin.put(workspace, { location: 'local', properties: {} })
})
afterAll(() => server.close())

const job = (name: string) => `${workspace}/jobs/${name}`
const directoryOf = async (name: string) =>
  new WorkDirectory((await findAttemptOf(server.ctx.db.kysely, job(name)))?.directory ?? '')

async function run(name: string, command: string) {
  await server.admin.put(job(name), { properties: { jobType: 'Command', command } })
  return until(`end of ${name}`, async () => {
    const { properties } = (await server.admin.get(job(name))).json<{ properties: { status: string } }>()
    return ['Completed', 'Failed'].includes(properties.status) ? properties.status : undefined
  })
}

it('removes what has ended and is stored, and logs read the same afterwards', async () => {
  await run('kept', 'echo one; echo two')
  await run('failed', 'echo why; exit 1')
  await run('unstored', 'echo only here')
  await server.admin.put(job('running'), { properties: { jobType: 'Command', command: 'sleep 98765' } })
  await until('start', async () => (await directoryOf('running')).path !== '' && (await directoryOf('running')).exists())
  // Longer than what was stored: something of it is nowhere else.
  await (await directoryOf('unstored')).appendText('user_logs/std_log.txt', 'late line\n')
  expect(await collectDirectories(server.ctx, { completedMs: 3_600_000, otherMs: 3_600_000, parallelMs: 3_600_000 })).toBe(0)
  expect(await collectDirectories(server.ctx, { completedMs: 0, otherMs: 3_600_000, parallelMs: 3_600_000 })).toBe(1)
  const exists = async (name: string) => (await directoryOf(name)).exists()
  expect([await exists('kept'), await exists('failed'), await exists('unstored'), await exists('running')]).toEqual([
    false,
    true,
    true,
    true,
  ])
  const logs = (await server.admin.get(`${job('kept')}/logs`)).json<{ value: object[]; complete: boolean }>()
  expect(logs).toMatchObject({ complete: true, value: expect.arrayContaining([{ path: 'user_logs/std_log.txt', sizeBytes: 8 }]) })
  expect((await server.admin.get(`${job('kept')}/logs/user_logs/std_log.txt?offset=4`)).text).toBe('two\n')
  expect((await server.admin.get(`${job('kept')}/logs/user_logs/std_log.txt/stream`)).text).toContain('one\\ntwo')
  expect((await server.admin.get(`${job('kept')}/logs/user_logs/other.txt`)).status).toBe(404)
  await server.admin.post(`${job('running')}/cancel`)
})
