import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorkspaceFixture } from '../../../test/workspace-fixture.ts'

let server: TestServer
let datastores: string
beforeAll(async () => {
  server = await startTestServer({ engine: false })
  datastores = `${(await createWorkspaceFixture(server)).id}/datastores`
})
afterAll(() => server.close())

const address = { accountName: 'stoutside', endpoint: 'core.windows.net', protocol: 'https' }
/** Members of a datastore outside this instance by its type, and the one that it cannot do without. */
const types: Record<string, { needed: string; members: Record<string, unknown> }> = {
  AzureBlob: { needed: 'containerName', members: { ...address, containerName: 'raw' } },
  AzureFile: { needed: 'fileShareName', members: { ...address, fileShareName: 'share' } },
  AzureDataLakeGen2: { needed: 'filesystem', members: { ...address, filesystem: 'lake' } },
  AzureDataLakeGen1: { needed: 'storeName', members: { storeName: 'oldlake' } },
  OneLake: {
    needed: 'artifact',
    members: { oneLakeWorkspaceName: 'team', artifact: { artifactName: 'house', artifactType: 'LakeHouse' } },
  },
  Hdfs: { needed: 'nameNodeAddress', members: { nameNodeAddress: 'hdfs.example:8020' } },
}

describe('datastores outside this instance', () => {
  it.each(Object.entries(types))('%s keeps its members, and needs some of them', async (datastoreType, { needed, members }) => {
    const properties = { datastoreType, credentials: { credentialsType: 'None' }, tags: { a: 'b' }, ...members }
    const written = await server.admin.put(`${datastores}/kept-${datastoreType}`, { properties })
    expect(written.status, written.text).toBe(201)
    expect((await server.admin.get(`${datastores}/kept-${datastoreType}`)).json()).toMatchObject({ properties })
    const { [needed]: _needed, ...rest } = properties as Record<string, unknown>
    const refused = await server.admin.put(`${datastores}/refused`, { properties: rest })
    expect(refused.status, refused.text).toBe(400)
    expect(refused.text).toContain(`needs '${needed}'`)
  })

  it('refuses a type that there is not', async () => {
    const refused = await server.admin.put(`${datastores}/refused`, { properties: { datastoreType: 'Tape' } })
    expect(refused.status).toBe(400)
    expect(refused.text).toContain('there are: AzureBlob')
  })

  it('shows who signs in, and no secret', async () => {
    const principal = { credentialsType: 'ServicePrincipal', tenantId: 't', clientId: 'c', authorityUrl: 'https://a.example' }
    const secrets = { secretsType: 'ServicePrincipal', clientSecret: 'very secret' }
    const written = await server.admin.put(`${datastores}/by-principal`, {
      properties: { datastoreType: 'AzureDataLakeGen1', storeName: 's', credentials: { ...principal, secrets } },
    })
    expect(written.json<{ properties: { credentials: object } }>().properties.credentials).toEqual(principal)
    expect(written.text).not.toContain('very secret')
  })
})
