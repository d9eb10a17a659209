import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roleIds } from '../../kernel/authz/index.ts'
import { digestOfTree, filesOfUri, materialiseUri, resolveAssetUri } from './index.ts'

describe('a mirror of public data', () => {
  let server: TestServer
  let workspace = ''
  let mirrors = ''

  beforeAll(async () => {
    server = await startTestServer({ engine: false })
    const subscription = `/subscriptions/${server.ctx.config.subscriptionId}`
    const group = `${subscription}/resourceGroups/rg`
    await server.admin.put(group, { location: 'local' })
    workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/alpha`
    await server.admin.put(workspace, { location: 'local' })
    mirrors = `${subscription}/providers/Fulcrum.Storage/mirrors`
  })
  afterAll(() => server.close())

  const content = async (name: string, text: string) => {
    const stored = await server.admin.request('POST', `${mirrors}/${name}/content`, {
      body: text,
      headers: { 'content-type': 'application/octet-stream' },
    })
    return stored.json<{ digest: string; sizeBytes: number }>()
  }
  const add = async (name: string, prefix: string, files: Record<string, string>) => {
    const entries = await Promise.all(
      Object.entries(files).map(async ([path, text]) => ({ path, ...(await content(name, text)) })),
    )
    return { entries, answer: await server.admin.put(`${mirrors}/${name}`, { properties: { prefix, files: entries } }) }
  }
  const textAt = async (uri: string) => {
    const targetDirectory = join(server.ctx.config.dataDirectory, server.ctx.ids.base62(8))
    const { path, kind } = await materialiseUri(server.ctx, { workspaceId: workspace, uri, targetDirectory, writable: false })
    return kind === 'file' ? readFile(path, 'utf8') : kind
  }

  it('answers https and wasbs addresses from the copy, the longest prefix first', async () => {
    const { entries, answer } = await add('examples', 'https://examples.blob.core.windows.net/datasets', {
      'iris.csv': 'a,b\n1,2\n',
      'deep/er/x.txt': 'x',
    })
    expect([answer.status, answer.json()]).toMatchObject([
      201,
      { properties: { fileCount: 2, sizeBytes: 9, digest: digestOfTree(entries) } },
    ])
    expect(answer.text).not.toContain('"files"')
    await add('one', 'wasbs://datasets@examples.blob.core.windows.net/titanic.csv', { '': 'survived\n' })
    for (const uri of [
      'https://examples.blob.core.windows.net/datasets/iris.csv',
      'https://EXAMPLES.blob.core.windows.net/datasets/iris.csv?sv=2020&sig=x',
      'wasbs://datasets@examples.blob.core.windows.net/iris.csv',
      'abfss://datasets@examples.dfs.core.windows.net/iris.csv',
    ])
      expect([uri, await textAt(uri)]).toEqual([uri, 'a,b\n1,2\n'])
    expect(await textAt('https://examples.blob.core.windows.net/datasets/titanic.csv')).toBe('survived\n')
    const folder = await filesOfUri(server.ctx, {
      workspaceId: workspace,
      uri: 'wasbs://datasets@examples.blob.core.windows.net/deep/',
    })
    expect(folder).toMatchObject({ kind: 'folder', files: [{ path: 'er/x.txt' }] })
  })

  it('stands behind data assets and datastores of such accounts', async () => {
    await server.admin.put(`${workspace}/data/iris/versions/1`, {
      properties: { dataType: 'uri_file', dataUri: 'https://examples.blob.core.windows.net/datasets/iris.csv' },
    })
    const preview = await server.admin.get(`${workspace}/data/iris/versions/1/preview`)
    expect(preview.json()).toMatchObject({ rows: [{ a: '1', b: '2' }] })
    await server.admin.put(`${workspace}/datastores/public`, {
      properties: {
        datastoreType: 'AzureBlob',
        accountName: 'examples',
        containerName: 'datasets',
        credentials: { credentialsType: 'None' },
      },
    })
    expect(await textAt('azureml://datastores/public/paths/iris.csv')).toBe('a,b\n1,2\n')
  })

  it('is named by the error for an address of which there is no copy; nothing is fetched unless that is allowed', async () => {
    const missing = 'https://elsewhere.example/data/x.csv'
    await expect(resolveAssetUri(server.ctx, workspace, missing)).rejects.toThrow(
      'fulcrum mirror add https://elsewhere.example/data/x.csv',
    )
    await expect(textAt('wasbs://c@elsewhere.blob.core.windows.net/x')).rejects.toThrow('fulcrum mirror add')
    await using open = await startTestServer({ engine: false, config: { externalInputs: 'allow' } })
    // Loopback stands for every address that is not public: it is asked for, and refused.
    await expect(filesOfUri(open.ctx, { workspaceId: workspace, uri: 'https://127.0.0.1:1/x.csv' })).rejects.toThrow('not public')
  })

  it('is for operators, and takes only what was stored', async () => {
    const id = await server.createUser('builder')
    await server.grant(id, roleIds.contributor, workspace)
    const builder = server.api(await server.tokenOf(id))
    expect((await builder.request('POST', `${mirrors}/x/content`, { body: 'x' })).status).toBe(404)
    expect((await builder.put(`${mirrors}/x`, { properties: { prefix: 'https://h.example/p', files: [] } })).status).toBe(404)
    const stored = await content('x', 'four')
    for (const [prefix, file] of [
      ['ftp://h.example/p', { path: 'a', ...stored }],
      ['https://h.example/p', { path: '../a', ...stored }],
      ['https://h.example/p', { path: 'a', ...stored, sizeBytes: 5 }],
      ['https://h.example/p', { path: 'a', digest: `sha256:${'0'.repeat(64)}`, sizeBytes: 4 }],
    ] as const)
      expect((await server.admin.put(`${mirrors}/x`, { properties: { prefix, files: [file] } })).status).toBe(400)
    expect((await server.admin.delete(`${mirrors}/one`)).status).toBe(200)
    await expect(textAt('https://examples.blob.core.windows.net/datasets/titanic.csv')).rejects.toThrow('was not found')
  })
})
