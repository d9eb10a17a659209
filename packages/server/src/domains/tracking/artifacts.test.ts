import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorkspaceFixture, type WorkspaceFixture } from '../../../test/workspace-fixture.ts'
import { listBlobs } from '../storage/index.ts'
import { artifactPathOf } from './index.ts'

describe('artifacts', () => {
  let server: TestServer
  let workspace: WorkspaceFixture
  let proxy: string
  let runId: string
  beforeAll(async () => {
    server = await startTestServer({ engine: false })
    workspace = await createWorkspaceFixture(server)
    proxy = `${workspace.mlflow}/api/2.0/mlflow-artifacts/artifacts`
    const created = await workspace.api.post(`${workspace.mlflow}/api/2.0/mlflow/runs/create`, { experiment_id: '0' })
    runId = created.json<{ run: { info: { run_id: string } } }>().run.info.run_id
  })
  afterAll(() => server.close())

  const put = (path: string, body: string | Buffer) =>
    workspace.api.request('PUT', `${proxy}/${path}`, { body, headers: { 'content-type': 'application/octet-stream' } })
  const list = async (query: string) =>
    (await workspace.api.get(`${workspace.mlflow}/api/2.0/mlflow/artifacts/list?run_id=${runId}${query}`)).json<{
      files: unknown[]
      root_uri: string
    }>()

  it('stores a file under the name that Azure gives it, and lists it from the root of the run', async () => {
    expect((await put(`ExperimentRun/dcid.${runId}/model/MLmodel`, 'flavors: {}')).status).toBe(200)
    expect((await put(`ExperimentRun/dcid.${runId}/a%20b.txt`, '')).status).toBe(200)
    expect(await list('')).toEqual({
      root_uri: `mlflow-artifacts:/ExperimentRun/dcid.${runId}`,
      files: [
        { path: 'a b.txt', is_dir: false, file_size: 0 },
        { path: 'model', is_dir: true },
      ],
    })
    expect((await list('&path=model')).files).toEqual([{ path: 'model/MLmodel', is_dir: false, file_size: 11 }])
    expect((await list('&path=nothing')).files).toEqual([])
    const { blobs } = await listBlobs(server.ctx, {
      workspaceId: workspace.id,
      datastore: 'workspaceartifactstore',
      prefix: `ExperimentRun/dcid.${runId}/`,
    })
    expect(blobs.map(({ name }) => name)).toContain(`ExperimentRun/dcid.${runId}/model/MLmodel`)
  })

  it('sends ranges, as attachment, never as HTML', async () => {
    await put('x/page.html', '<script>0123456789</script>')
    const whole = await workspace.api.get(`${proxy}/x/page.html`)
    expect(whole.headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
    expect(whole.headers['content-disposition']).toMatch(/^attachment/)
    const part = await workspace.api.request('GET', `${proxy}/x/page.html`, { headers: { range: 'bytes=8-11' } })
    expect([part.status, part.text, part.headers['content-range']]).toEqual([206, '0123', 'bytes 8-11/27'])
    expect((await workspace.api.request('GET', `${proxy}/x/page.html`, { headers: { range: 'bytes=99-' } })).status).toBe(416)
    expect((await workspace.api.request('GET', `${proxy}/x/page.html`, { headers: { range: 'bytes=-9' } })).text).toBe(
      '</script>',
    )
  })

  it.each(['..%2fsecret', 'a%2f%2e%2e%2fb', 'a/..%2f..%2fb', 'a%00b', '%2fetc/passwd', 'a%5cb', 'c:%5ca', '%252e%252e%252fa'])(
    'refuses the path %s',
    async (path) => {
      const written = await put(path, 'x')
      expect(written.status).toBe(400)
      expect((await workspace.api.get(`${proxy}/${path}`)).status).toBe(400)
    },
  )

  it('answers 404 for what is not there, and deletes folders', async () => {
    expect((await workspace.api.get(`${proxy}/none/at/all`)).json()).toMatchObject({ error_code: 'RESOURCE_DOES_NOT_EXIST' })
    await put('y/a.txt', '1')
    await put('y/b/c.txt', '2')
    await put('yy.txt', '3')
    expect((await workspace.api.delete(`${proxy}/y`)).status).toBe(200)
    expect((await workspace.api.get(`${proxy}/y/b/c.txt`)).status).toBe(404)
    expect((await workspace.api.get(`${proxy}/yy.txt`)).text).toBe('3')
  })

  it('sends clients of multipart uploads back to one PUT', async () => {
    const response = await workspace.api.post(`${workspace.mlflow}/api/2.0/mlflow-artifacts/mpu/create/x`, {
      path: 'x/a',
      num_parts: 2,
    })
    expect(response.status).toBe(501)
    expect(response.json<{ message: string }>().message).toMatch(
      /^Multipart upload is not supported for the current artifact repository/,
    )
  })

  it('reads both forms of the URI', () => {
    expect(artifactPathOf('mlflow-artifacts:/a/b/')).toBe('a/b')
    expect(artifactPathOf('mlflow-artifacts://host:80/a/b')).toBe('a/b')
    expect(artifactPathOf('s3://bucket/a')).toBeUndefined()
  })
})
