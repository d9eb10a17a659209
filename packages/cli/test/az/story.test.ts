import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildShim, type Shim } from './shim.ts'

let server: TestServer
let shim: Shim

beforeAll(async () => {
  server = await startTestServer({ listen: true, gateway: true })
  const { ctx } = server
  const principal = await ctx.db.kysely
    .selectFrom('principals')
    .select('id')
    .where('name', '=', 'admin')
    .executeTakeFirstOrThrow()
  const { subscriptionId, tenantId } = ctx.config
  shim = await buildShim({ url: server.url, token: await server.tokenOf(principal.id), subscriptionId, tenantId })
})
afterAll(async () => {
  await shim?.[Symbol.asyncDispose]()
  await server?.close()
})

test('a project from workspace to prediction in one bash script', { timeout: 300_000 }, async () => {
  const folder = join(shim.directory, 'story')
  await cp(join(import.meta.dirname, 'story'), folder, { recursive: true })
  const ended = await shim.bash('run.sh', folder)
  expect(ended, `${ended.stdout}\n${ended.stderr}`).toMatchObject({ code: 0 })
  expect(ended.stdout).toMatch(/the story is told\n$/)
})
