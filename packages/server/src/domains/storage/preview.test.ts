import type { DataPreview } from '@fulcrum/contract'
import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { putBlob } from './index.ts'

let server: TestServer
let workspace = ''
beforeAll(async () => {
  server = await startTestServer({ engine: false })
  const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg`
  await server.admin.put(group, { location: 'local' })
  workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/alpha`
  expect((await server.admin.put(workspace, { location: 'local' })).status).toBe(200)
})
afterAll(() => server.close())

it('counts distinct values exactly: an estimate would show more of them than there are rows', async () => {
  const lines = Array.from({ length: 20_000 }, (_, row) => `id-${row},${row % 31}`)
  await putBlob(server.ctx, { workspaceId: workspace, name: 'rows.csv', source: Buffer.from(`id,day\n${lines.join('\n')}\n`) })
  const asset = `${workspace}/data/rows/versions/1`
  const dataUri = 'azureml://datastores/workspaceblobstore/paths/rows.csv'
  expect((await server.admin.put(asset, { properties: { dataType: 'uri_file', dataUri } })).status).toBe(201)
  const { columns } = (await server.admin.get(`${asset}/preview?rows=1`)).json<DataPreview>()
  expect(columns.map(({ name, distinct }) => [name, distinct])).toEqual([
    ['id', 20_000],
    ['day', 31],
  ])
})
