import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isAppError } from '@fulcrum/contract'
import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../kernel/clock.ts'
import { roleIds } from '../../kernel/authz/index.ts'
import {
  digestOfTree,
  filesOfUri,
  materialiseUri,
  parseDataUri,
  publishDirectory,
  putBlob,
  resolveAssetUri,
  treeDigest,
} from './index.ts'

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (isAppError(error) ? error.code : error),
  )

describe('storage', () => {
  let server: TestServer
  let workspace = ''
  let other = ''
  let work = ''
  let clockShiftMs = 0

  beforeAll(async () => {
    server = await startTestServer({
      engine: false,
      overrides: { clock: { now: () => new Date(systemClock.now().getTime() + clockShiftMs) } },
    })
    const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg`
    await server.admin.put(group, { location: 'local' })
    workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/alpha`
    other = `${group}/providers/Microsoft.MachineLearningServices/workspaces/beta`
    for (const id of [workspace, other]) expect((await server.admin.put(id, { location: 'local' })).status).toBe(200)
    work = join(server.ctx.config.dataDirectory, 'work')
    await mkdir(work, { recursive: true })
  })
  afterAll(() => server.close())

  const storeOf = async (workspaceId: string, datastore = 'workspaceblobstore') => {
    const store = (await server.admin.get(`${workspaceId}/datastores/${datastore}`)).json<{
      properties: { accountName: string; containerName: string }
    }>()
    const { sasToken } = (await server.admin.post(`${workspaceId}/datastores/${datastore}/listSecrets`)).json<{
      sasToken: string
    }>()
    return {
      base: `/store/${store.properties.accountName.split('/store/')[1]}.blob.core.windows.net/${store.properties.containerName}`,
      sas: sasToken,
    }
  }
  const anonymous = () => server.api()

  it('gives a workspace its two datastores in the moment it exists', async () => {
    const list = (await server.admin.get(`${workspace}/datastores`)).json<{
      value: { name: string; properties: { isDefault: boolean; credentials: object } }[]
    }>()
    expect(list.value.map((store) => [store.name, store.properties.isDefault]).toSorted()).toEqual([
      ['workspaceartifactstore', false],
      ['workspaceblobstore', true],
    ])
    expect((await server.admin.delete(`${workspace}/datastores/workspaceblobstore`)).status).toBe(409)
  })

  it('takes a file by a signed URL and gives it back whole and in ranges', async () => {
    const { base, sas } = await storeOf(workspace)
    const url = `${base}/LocalUpload/a%20b/d%25.csv?${sas}`
    const put = await anonymous().request('PUT', url, {
      body: 'abcdefghij',
      headers: {
        'content-type': 'text/csv',
        'x-ms-blob-type': 'BlockBlob',
        'x-ms-meta-upload_status': 'completed',
        'if-none-match': '*',
      },
    })
    expect([put.status, put.text]).toEqual([201, ''])
    expect(
      (await anonymous().request('PUT', url, { body: 'x', headers: { 'content-type': 'text/csv', 'if-none-match': '*' } }))
        .status,
    ).toBe(409)
    const whole = await anonymous().get(url)
    expect([whole.status, whole.text, whole.headers['content-type'], whole.headers['x-ms-meta-upload_status']]).toEqual([
      200,
      'abcdefghij',
      'text/csv',
      'completed',
    ])
    const range = (bytes: string) => anonymous().request('GET', url, { headers: { 'x-ms-range': `bytes=${bytes}` } })
    expect(await range('2-4').then((part) => [part.status, part.text, part.headers['content-range']])).toEqual([
      206,
      'cde',
      'bytes 2-4/10',
    ])
    expect(await range('8-99').then((part) => [part.status, part.text])).toEqual([206, 'ij'])
    expect(await range('-3').then((part) => [part.status, part.text])).toEqual([206, 'hij'])
    expect(await range('10-').then((part) => [part.status, part.headers['x-ms-error-code']])).toEqual([416, 'InvalidRange'])
    const head = await anonymous().request('HEAD', url)
    expect([head.status, head.headers['content-length'], head.text]).toEqual([200, '10', ''])
    expect((await anonymous().request('GET', url, { headers: { 'if-none-match': String(whole.headers['etag']) } })).status).toBe(
      304,
    )
    expect(
      await filesOfUri(server.ctx, {
        workspaceId: workspace,
        uri: 'azureml://datastores/workspaceblobstore/paths/LocalUpload/a b/d%.csv',
      }),
    ).toMatchObject({ kind: 'file', files: [{ path: 'd%.csv', sizeBytes: 10 }] })
    expect((await anonymous().request('DELETE', url)).status).toBe(202)
    expect(
      await anonymous()
        .get(url)
        .then((gone) => [gone.status, gone.headers['x-ms-error-code']]),
    ).toEqual([404, 'BlobNotFound'])
  })

  it('joins blocks in the order of the list and refuses unknown ones', async () => {
    const { base, sas } = await storeOf(workspace)
    const block = (id: string, body: string) =>
      anonymous().request('PUT', `${base}/blocks/big.bin?comp=block&blockid=${encodeURIComponent(id)}&${sas}`, {
        body,
        headers: { 'content-type': 'application/octet-stream' },
      })
    for (const [id, body] of [
      ['QUE=', 'second'],
      ['QkI=', 'first-'],
    ] as const)
      expect((await block(id, body)).status).toBe(201)
    const commit = (ids: string[]) =>
      anonymous().request('PUT', `${base}/blocks/big.bin?comp=blocklist&${sas}`, {
        body: `<?xml version="1.0"?><BlockList>${ids.map((id) => `<Latest>${id}</Latest>`).join('')}</BlockList>`,
        headers: { 'content-type': 'application/xml' },
      })
    expect(await commit(['QkI=', 'Q0M=']).then((refused) => [refused.status, refused.headers['x-ms-error-code']])).toEqual([
      400,
      'InvalidBlockList',
    ])
    expect((await commit(['QkI=', 'QUE='])).status).toBe(201)
    expect((await anonymous().get(`${base}/blocks/big.bin?${sas}`)).text).toBe('first-second')
  })

  it('lists by prefix and delimiter, in pages', async () => {
    const { base, sas } = await storeOf(workspace)
    for (const name of ['list/a.txt', 'list/b/1', 'list/b/2', 'list/c & d.txt'])
      await putBlob(server.ctx, { workspaceId: workspace, name, source: Buffer.from(name), metadata: { k: 'v' } })
    const list = async (more: string) => (await anonymous().get(`${base}?restype=container&comp=list&${more}&${sas}`)).text
    const folders = await list('prefix=list/&delimiter=/&include=metadata')
    expect([...folders.matchAll(/<Name>([^<]*)<\/Name>/g)].map((match) => match[1])).toEqual([
      'list/a.txt',
      'list/b/',
      'list/c &amp; d.txt',
    ])
    expect(folders).toContain('<k>v</k>')
    const seen: string[] = []
    let marker = ''
    do {
      const page = await list(`prefix=list/&maxresults=1&marker=${marker}`)
      seen.push(...[...page.matchAll(/<Name>([^<]*)<\/Name>/g)].map((match) => match[1] ?? ''))
      marker = /<NextMarker>([^<]*)<\/NextMarker>/.exec(page)?.[1] ?? ''
    } while (marker !== '')
    expect(seen).toEqual(['list/a.txt', 'list/b/1', 'list/b/2', 'list/c &amp; d.txt'])
  })

  it('refuses signatures that expired, were changed, or are for another container', async () => {
    const { base, sas } = await storeOf(workspace)
    const foreign = await storeOf(other)
    const errorOf = async (url: string) => {
      const response = await anonymous().get(url)
      return [response.status, response.headers['x-ms-error-code']]
    }
    expect(await errorOf(`${base}/x?${sas}`)).toEqual([404, 'BlobNotFound'])
    expect(await errorOf(`${foreign.base}/x?${sas}`)).toEqual([403, 'AuthenticationFailed'])
    expect(await errorOf(`${base}/x?${sas.replace('sp=racwdl', 'sp=racwdlx')}`)).toEqual([403, 'AuthenticationFailed'])
    expect(await errorOf(`${base}/x`)).toEqual([401, 'NoAuthenticationInformation'])
    clockShiftMs = 3_601_000
    expect(await errorOf(`${base}/x?${sas}`)).toEqual([403, 'AuthenticationFailed'])
    clockShiftMs = 0
    expect((await anonymous().get(`${workspace}?${sas}`)).status).toBe(401)
  })

  it('reads and writes with a token only with the data actions', async () => {
    const { base } = await storeOf(workspace)
    const userId = await server.createUser('reader')
    const user = server.api(await server.tokenOf(userId))
    await putBlob(server.ctx, { workspaceId: workspace, name: 'shared.txt', source: Buffer.from('hello') })
    expect((await user.get(`${base}/shared.txt`)).status).toBe(404)
    const readerRole = (await import('../../kernel/authz/builtin-roles.ts')).builtinRoles.find(
      (role) => role.roleName === 'Storage Blob Data Reader',
    )
    expect(readerRole).toBeDefined()
    const account = (await server.ctx.resources.require(workspace)).properties['storageAccount']
    await server.grant(userId, readerRole?.name ?? '', String(account))
    expect((await user.get(`${base}/shared.txt`)).text).toBe('hello')
    const refused = await user.request('PUT', `${base}/shared.txt`, { body: 'x', headers: { 'content-type': 'text/plain' } })
    expect([refused.status, refused.headers['x-ms-error-code']]).toEqual([403, 'AuthorizationPermissionMismatch'])
  })

  it('does not let a workspace attach the container of another without rights there', async () => {
    const userId = await server.createUser('owner-of-beta')
    const user = server.api(await server.tokenOf(userId))
    await server.grant(userId, roleIds.contributor, other)
    const { accountName, containerName } = (await server.admin.get(`${workspace}/datastores/workspaceblobstore`)).json<{
      properties: { accountName: string; containerName: string }
    }>().properties
    const body = {
      properties: { datastoreType: 'AzureBlob', accountName, containerName, credentials: { credentialsType: 'None' } },
    }
    expect((await user.put(`${other}/datastores/stolen`, body)).status).toBe(404)
    expect((await server.admin.put(`${other}/datastores/lent`, body)).status).toBe(201)
    const uri = `azureml://subscriptions/${server.ctx.config.subscriptionId}/resourcegroups/rg/workspaces/alpha/datastores/workspaceblobstore/paths/shared.txt`
    expect(await codeOf(parseDataUri(server.ctx, other, uri))).toBe('ResourceNotFound')
    expect(await codeOf(parseDataUri(server.ctx, workspace, uri))).toBe('no error')
  })

  it('refuses names that would leave a directory, at the door and again when files are laid out', async () => {
    const { base, sas } = await storeOf(workspace)
    for (const name of ['%2e%2e%2fetc', 'a/%5c..%5cb', 'a%2500', 'a//b']) {
      const response = await anonymous().request('PUT', `${base}/${name}?${sas}`, {
        body: 'x',
        headers: { 'content-type': 'text/plain' },
      })
      expect([name, response.status, response.headers['x-ms-error-code']]).toEqual([name, 400, 'InvalidResourceName'])
    }
    await putBlob(server.ctx, { workspaceId: workspace, name: 'evil/../../outside', source: Buffer.from('x') })
    expect(
      await codeOf(
        materialiseUri(server.ctx, {
          workspaceId: workspace,
          uri: 'azureml://datastores/workspaceblobstore/paths/evil',
          targetDirectory: join(work, 'evil'),
          writable: true,
        }),
      ),
    ).toBe('InvalidPath')
    expect(await codeOf(readFile(join(work, 'outside')))).not.toBe('no error')
  })

  it('publishes a directory at once and lays it out again with the same digest', async () => {
    const source = join(work, 'model')
    await mkdir(join(source, 'code'), { recursive: true })
    await writeFile(join(source, 'MLmodel'), 'flavors: {}')
    await writeFile(join(source, 'code/b.py'), 'pass')
    const uri = 'azureml://datastores/workspaceblobstore/paths/models/m'
    const published = await publishDirectory(server.ctx, { workspaceId: workspace, directory: source, uri })
    expect(published).toMatchObject({ files: 2, sizeBytes: 15 })
    expect(await treeDigest(server.ctx, { workspaceId: workspace, uri: `${uri}/` })).toBe(published.digest)
    const target = join(work, 'again')
    const laidOut = await materialiseUri(server.ctx, { workspaceId: workspace, uri, targetDirectory: target, writable: false })
    // Root may write what nobody else may: it gets copies.
    expect(laidOut).toEqual({ path: target, kind: 'folder', files: 2, sizeBytes: 15, linked: process.getuid?.() !== 0 })
    expect(await readFile(join(target, 'code/b.py'), 'utf8')).toBe('pass')
    const single = await materialiseUri(server.ctx, {
      workspaceId: workspace,
      uri: `${uri}/MLmodel`,
      targetDirectory: join(work, 'single'),
      writable: true,
    })
    expect(single).toMatchObject({ kind: 'file', path: join(work, 'single/MLmodel') })
    await writeFile(single.path, 'changed')
    expect(await treeDigest(server.ctx, { workspaceId: workspace, uri })).toBe(published.digest)
    expect(
      await codeOf(
        materialiseUri(server.ctx, { workspaceId: workspace, uri: `${uri}-none`, targetDirectory: target, writable: false }),
      ),
    ).toBe('ResourceNotFound')
    expect(
      digestOfTree([
        { path: 'b', digest: '1' },
        { path: 'a', digest: '2' },
      ]),
    ).toBe(
      digestOfTree([
        { path: 'a', digest: '2' },
        { path: 'b', digest: '1' },
      ]),
    )
  })

  it('refuses to publish into a datastore with read access', async () => {
    const body = { properties: { datastoreType: 'AzureBlob', containerName: 'lake', access: 'read' } }
    expect((await server.admin.put(`${workspace}/datastores/inbox`, body)).status).toBe(201)
    expect(
      await codeOf(
        publishDirectory(server.ctx, {
          workspaceId: workspace,
          directory: join(work, 'model'),
          uri: 'azureml://datastores/inbox/paths/x',
        }),
      ),
    ).toBe('InvalidRequestContent')
  })

  it('numbers data versions, keeps them unchanged and resolves every form of reference', async () => {
    await putBlob(server.ctx, {
      workspaceId: workspace,
      name: 'flights/1.csv',
      source: Buffer.from('carrier,delay\nAA,1\nUA,\nAA,5\n'),
    })
    const version = (dataUri: string) => ({ properties: { dataType: 'UriFile', dataUri } })
    const first = 'azureml://datastores/workspaceblobstore/paths/flights/1.csv'
    expect((await server.admin.put(`${workspace}/data/flights/versions/1`, version(first))).json()).toMatchObject({
      properties: { dataType: 'uri_file', tags: {} },
    })
    expect((await server.admin.put(`${workspace}/data/flights/versions/7`, version(`${first}x`))).status).toBe(201)
    expect((await server.admin.put(`${workspace}/data/flights/versions/1`, version(`${first}y`))).status).toBe(409)
    expect((await server.admin.get(`${workspace}/data/flights`)).json()).toMatchObject({
      properties: { latestVersion: '7', nextVersion: '8' },
    })
    expect((await server.admin.delete(`${workspace}/data/flights/versions/7`)).status).toBe(200)
    expect((await server.admin.get(`${workspace}/data/flights`)).json()).toMatchObject({
      properties: { latestVersion: '1', nextVersion: '2' },
    })
    for (const reference of [
      'azureml:flights:1',
      'azureml:flights@latest',
      `${workspace}/data/flights/versions/1`,
      `azureml:${workspace}/data/flights/versions/1`,
      first,
    ]) {
      expect([reference, (await resolveAssetUri(server.ctx, workspace, reference)).uri]).toEqual([reference, first])
    }
    const guid = (await server.admin.get(workspace)).json<{ properties: { workspaceId: string } }>().properties.workspaceId
    const located = `azureml://locations/local/workspaces/${guid}/data/flights/versions/1`
    expect((await resolveAssetUri(server.ctx, workspace, located)).uri).toBe(first)
    for (const reference of [`${workspace}/data/flights/versions/1`, located])
      expect(await codeOf(resolveAssetUri(server.ctx, other, reference))).toBe('ResourceNotFound')
    await expect(resolveAssetUri(server.ctx, workspace, 'azureml:flight:1')).rejects.toThrow("Did you mean 'flights'?")
    expect(await codeOf(resolveAssetUri(server.ctx, workspace, 'file:///etc/passwd'))).toBe('InvalidUri')
  })

  it('previews rows and columns of a data asset', async () => {
    const preview = await server.admin.get(`${workspace}/data/flights/versions/1/preview?rows=2`)
    expect(preview.json()).toMatchObject({
      format: 'csv',
      rowsRead: 3,
      fileCount: 1,
      rows: [
        { carrier: 'AA', delay: '1' },
        { carrier: 'UA', delay: null },
      ],
      columns: [
        {
          name: 'carrier',
          type: 'VARCHAR',
          missing: 0,
          histogram: [
            { from: 'AA', count: 2 },
            { from: 'UA', count: 1 },
          ],
        },
        { name: 'delay', missing: 1, minimum: 1, maximum: 5, mean: 3 },
      ],
    })
  })

  it('gives a container of its own to an upload that is about to become a version', async () => {
    const pending = (await server.admin.post(`${workspace}/codes/train/versions/1/startPendingUpload`, {})).json<{
      blobReferenceForConsumption: { blobUri: string; credential: { sasUri: string } }
    }>()
    const { blobUri, credential } = pending.blobReferenceForConsumption
    const { pathname, search } = new URL(credential.sasUri)
    expect(
      (
        await anonymous().request('PUT', `${pathname}/src/a.py${search}`, {
          body: 'pass',
          headers: { 'content-type': 'text/x-python' },
        })
      ).status,
    ).toBe(201)
    expect(
      (await server.admin.put(`${workspace}/codes/train/versions/1`, { properties: { codeUri: `${blobUri}/src` } })).status,
    ).toBe(201)
    const { uri } = await resolveAssetUri(server.ctx, workspace, `${workspace}/codes/train/versions/1`)
    expect((await filesOfUri(server.ctx, { workspaceId: workspace, uri })).files).toMatchObject([{ path: 'a.py' }])
    expect(await codeOf(filesOfUri(server.ctx, { workspaceId: other, uri }))).toBe('ResourceNotFound')
  })
})
