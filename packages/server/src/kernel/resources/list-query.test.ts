import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

describe('lists', () => {
  let server: TestServer
  let workspace: string
  beforeAll(async () => {
    server = await startTestServer({ engine: false })
    const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/lists`
    workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/alpha`
    for (const path of [group, workspace]) await server.admin.put(path, { location: 'local' })
    const store = (name: string) => ({
      properties: { datastoreType: 'AzureBlob', containerName: name, credentials: { credentialsType: 'None' } },
    })
    for (const name of ['raw', 'raw-eu', 'gold'])
      expect((await server.admin.put(`${workspace}/datastores/${name}`, store(name))).status).toBe(201)
    for (const [version, tags] of [
      ['1', { stage: 'raw' }],
      ['2', { stage: 'clean', owner: 'ana' }],
      ['3', {}],
    ] as const)
      await server.admin.put(`${workspace}/data/flights/versions/${version}`, {
        properties: {
          dataType: 'uri_folder',
          dataUri: `azureml://datastores/raw/paths/${version}`,
          tags,
          isArchived: version === '3',
        },
      })
  })
  afterAll(() => server.close())

  const namesOf = async (path: string): Promise<string[]> => {
    const answer = await server.admin.get(`${workspace}/${path}`)
    expect(answer.status, answer.text).toBe(200)
    return answer.json<{ value: { name: string }[] }>().value.map(({ name }) => name)
  }

  it.each([
    ['datastores?isDefault=true', ['workspaceblobstore']],
    ['datastores?names=raw,GOLD&orderBy=createdtime&orderByAsc=true', ['raw', 'gold']],
    ['datastores?searchText=raw', ['raw-eu', 'raw']],
    ['datastores?count=1', ['gold']],
    ['data/flights/versions', ['2', '1']],
    ['data/flights/versions?$orderBy=createdtime%20asc&listViewType=All', ['1', '2', '3']],
    ['data/flights/versions?$orderBy=CreatedAtAsc', ['1', '2']],
    ['data/flights/versions?listViewType=ArchivedOnly', ['3']],
    ['data/flights/versions?$tags=stage=clean', ['2']],
    ['data/flights/versions?$tags=owner', ['2']],
    ['data/flights/versions?$top=1&$skip=1', ['1']],
    ['data/flights/versions?version=1', ['1']],
  ])('%s gives %j', async (path, names) => {
    expect(await namesOf(path)).toEqual(names)
  })

  it('hands out absolute next links that lead to the rest, under whatever prefix', async () => {
    const first = (
      await server.admin.get(`/mferp/managementfrontend${workspace}/data/flights/versions?$top=1&api-version=x`)
    ).json<{
      value: { name: string }[]
      nextLink: string
    }>()
    const next = new URL(first.nextLink)
    expect(next.origin).toBe('http://127.0.0.1')
    const second = await server.admin.get(next.pathname + next.search)
    expect(second.json<{ value: { name: string }[] }>()).toMatchObject({ value: [{ name: '1' }], nextLink: null })
  })

  it('refuses an order that it does not have', async () => {
    expect((await server.admin.get(`${workspace}/datastores?$orderBy=size`)).status).toBe(400)
  })
})
