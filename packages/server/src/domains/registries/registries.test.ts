import { startTestServer, type TestApi, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roleIds } from '../../kernel/authz/index.ts'

const plane = '?api-version=2021-10-01-dataplanepreview'

interface Ticket {
  readonly blobReferenceForConsumption: {
    readonly blobUri: string
    readonly credential: { readonly credentialType: string; readonly sasUri: string }
  }
}
interface Version {
  readonly id: string
  readonly properties: Readonly<Record<string, unknown>> & { readonly properties: Readonly<Record<string, unknown>> }
}

/** Path and query of a URL of the server, as `inject` takes it. */
const local = (url: string, below = '') => {
  const { pathname, search } = new URL(url)
  return `${pathname}${below}${search}`
}

describe('a registry', () => {
  let server: TestServer
  let admin: TestApi
  let workspace = ''
  let other = ''
  let registry = ''

  beforeAll(async () => {
    server = await startTestServer({ engine: false })
    admin = server.admin
    const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg`
    const provider = `${group}/providers/Microsoft.MachineLearningServices`
    await admin.put(group, { location: 'local' })
    ;[workspace, other, registry] = [
      `${provider}/workspaces/alpha`,
      `${provider}/workspaces/beta`,
      `${provider}/registries/shared`,
    ]
    for (const id of [workspace, other]) expect((await admin.put(id, { location: 'local' })).status).toBe(200)
    await admin.put(registry, { location: 'local' })
  })
  afterAll(() => server.close())

  const assetId = (kind: string, name: string, version: string) =>
    `azureml://registries/shared/${kind}/${name}/versions/${version}`
  const ticketFor = async (kind: string, name: string, version = '1') =>
    admin.put(`${registry}/tempdatarefs/${name}/versions/${version}${plane}`, {
      assetId: assetId(kind, name, version),
      temporaryDataReferenceType: 'TemporaryBlobReference',
    })
  const upload = async (sasUri: string, name: string, content: string) => {
    const response = await server.api().request('PUT', local(sasUri, `/${name}`), {
      body: content,
      headers: { 'x-ms-blob-type': 'BlockBlob', 'content-type': 'text/plain' },
    })
    expect(response.status).toBe(201)
  }
  /** Uploads as Azure's clients do. @returns the URL of the folder */
  const uploaded = async (kind: string, name: string, content: string, version = '1'): Promise<string> => {
    const ticket = (await ticketFor(kind, name, version)).json<Ticket>().blobReferenceForConsumption
    // Clients take what follows the first segment for the blob's name.
    expect(new URL(ticket.blobUri).pathname.split('/')).toHaveLength(2)
    await upload(ticket.credential.sasUri, 'folder/file.txt', content)
    return `${ticket.blobUri}/folder`
  }
  const putVersion = (kind: string, name: string, properties: unknown, version = '1') =>
    admin.put(`${registry}/${kind}/${name}/versions/${version}${plane}`, { properties })

  it('takes every kind of asset the way Azure clients bring it: ticket, upload, 202 with an operation', async () => {
    const bodies: Record<string, (uri: string) => Record<string, unknown>> = {
      models: (uri) => ({ modelType: 'custom_model', modelUri: uri }),
      data: (uri) => ({ dataType: 'uri_folder', dataUri: uri }),
      codes: (uri) => ({ codeUri: uri }),
    }
    for (const [kind, body] of Object.entries(bodies)) {
      const uri = await uploaded(kind, 'first', `the ${kind}`)
      const put = await putVersion(kind, 'first', body(uri))
      expect([kind, put.status]).toEqual([kind, 202])
      expect(put.json()).toMatchObject({ id: assetId(kind, 'first', '1'), properties: body(uri) })
      expect(put.headers['location']).toContain('/operationResults/')
      const operation = await admin.get(local(String(put.headers['azure-asyncoperation'])))
      expect(operation.json()).toMatchObject({ status: kind === 'models' ? 'InProgress' : 'Succeeded' })
      // What a client reads it may send back, as it does to archive.
      expect((await putVersion(kind, 'first', { ...body(uri), isArchived: true })).status).toBe(202)
      expect((await ticketFor(kind, 'first')).status).toBe(409)
    }
    const environment = await putVersion('environments', 'sk', { image: 'python:3.11', condaFile: 'dependencies: [python]' })
    expect([environment.status, environment.json<Version>().id]).toEqual([202, assetId('environments', 'sk', '1')])
    const spec = {
      type: 'command',
      command: 'true',
      code: assetId('codes', 'first', '1'),
      environment: assetId('environments', 'sk', '1'),
    }
    expect((await putVersion('components', 'step', { componentSpec: spec })).status).toBe(202)
    const listed = (await admin.get(`${registry}/components/step/versions${plane}`)).json<{ value: Version[] }>()
    expect(listed.value.map(({ id }) => id)).toEqual([assetId('components', 'step', '1')])
    expect((await admin.get(`${registry}/components/step${plane}`)).json()).toMatchObject({
      id: 'azureml://registries/shared/components/step',
      properties: { latestVersion: '1', nextVersion: '2' },
    })
    // Resource Manager's own dialect keeps ARM ids.
    expect((await admin.get(`${registry}/components/step/versions/1`)).json<Version>().id).toBe(
      `${registry}/components/step/versions/1`,
    )
  })

  it('gives a ticket to download an asset, and that one only', async () => {
    const uri = await uploaded('models', 'second', 'weights')
    await putVersion('models', 'second', { modelUri: uri })
    const shared = await share('models', 'second-source', { modelType: 'custom_model' })
    for (const [name, version, content] of [
      ['second', '1', 'weights'],
      [shared.name, '3', 'from the workspace'],
    ] as const) {
      const { modelUri } = (await admin.get(`${registry}/models/${name}/versions/${version}${plane}`)).json<Version>().properties
      const ticket = (
        await admin.post(`${registry}/datarefs/${name}/versions/${version}${plane}`, {
          assetId: assetId('models', name, version),
          blobUri: modelUri,
        })
      ).json<Ticket>().blobReferenceForConsumption
      const path = new URL(String(modelUri)).pathname.split('/').slice(2).join('/')
      const file = await server.api().get(local(ticket.credential.sasUri, `/${path}/file.txt`))
      expect([file.status, file.text]).toEqual([200, content])
      for (const prefix of [`${path}/`, path]) {
        const list = await server.api().get(`${local(ticket.credential.sasUri)}&restype=container&comp=list&prefix=${prefix}`)
        expect(list.text).toContain('file.txt')
      }
      expect((await server.api().request('PUT', local(ticket.credential.sasUri, `/${path}/new`), { body: 'x' })).status).toBe(403)
    }
  })

  /** Registers in the workspace from a file of its own, then imports by the location id as version 3. */
  const share = async (kind: string, name: string, properties: Record<string, unknown>, register = '7') => {
    const begun = (await admin.post(`${workspace}/${kind}/${name}/versions/${register}/startPendingUpload`, {})).json<
      Ticket & { pendingUploadId: string }
    >()
    await upload(begun.blobReferenceForConsumption.credential.sasUri, 'folder/file.txt', 'from the workspace')
    const uri = `${begun.blobReferenceForConsumption.blobUri}/folder`
    const member = { models: 'modelUri', data: 'dataUri', codes: 'codeUri' }[kind] ?? ''
    expect(
      (await admin.put(`${workspace}/${kind}/${name}/versions/${register}`, { properties: { ...properties, [member]: uri } }))
        .status,
    ).toBe(201)
    return importAs(kind, name, register)
  }
  const importAs = async (kind: string, name: string, source: string) => {
    const { workspaceId } = (await admin.get(workspace)).json<{ properties: { workspaceId: string } }>().properties
    const accepted = await admin.post(`${registry}/import${plane}`, {
      properties: {
        referenceType: 'Id',
        destinationName: `${name}-shared`,
        destinationVersion: '3',
        sourceAssetId: `azureml://locations/local/workspaces/${workspaceId}/${kind}/${name}/versions/${source}`,
      },
    })
    expect([accepted.status, accepted.text]).toEqual([202, expect.any(String)])
    expect(accepted.headers['azure-asyncoperation']).toBeDefined()
    const { pathname } = new URL(String(accepted.headers['location']))
    // No engine runs here, so that of a model goes on; none has a body, or the newest SDK would go on to upload.
    const result = await admin.get(pathname)
    expect([result.text, [202, 204].includes(result.status)]).toEqual(['', true])
    return { name: `${name}-shared`, version: accepted.json<Version>() }
  }

  it('imports data, code, environments and components with what they name, and a job may use them', async () => {
    const data = await share('data', 'table', { dataType: 'uri_folder' })
    expect(data.version).toMatchObject({
      id: assetId('data', 'table-shared', '3'),
      properties: { dataType: 'uri_folder', properties: { sourceAssetId: `${workspace}/data/table/versions/7` } },
    })
    expect(data.version.properties['dataUri']).toMatch(/\/store\.\w+\.[\w-]+\/table-shared$/)
    await share('codes', 'src', {})
    await admin.put(`${workspace}/environments/env/versions/2`, {
      properties: { image: 'python', condaFile: 'dependencies: [python]' },
    })
    const spec = {
      type: 'command',
      command: 'python main.py',
      code: `azureml:${workspace}/codes/src/versions/7`,
      environment: 'azureml:env@latest',
      inputs: { table: { type: 'uri_folder' } },
    }
    await admin.put(`${workspace}/components/train/versions/1`, { properties: { componentSpec: spec } })
    const component = await importAs('components', 'train', '1')
    expect(component.version.properties).toMatchObject({
      componentSpec: { code: assetId('codes', 'src', '7'), environment: assetId('environments', 'env', '2') },
    })
    expect((await admin.get(`${registry}/environments/env/versions/2`)).status).toBe(200)
    const node = {
      name: 'fit',
      type: 'command',
      componentId: assetId('components', 'train-shared', '3'),
      inputs: { table: { job_input_type: 'uri_folder', uri: assetId('data', 'table-shared', '3') } },
    }
    const job = await admin.put(`${workspace}/jobs/uses-the-registry`, {
      properties: { jobType: 'Pipeline', jobs: { fit: node } },
    })
    expect([job.status, job.text]).toEqual([201, expect.any(String)])
    const steps = await server.ctx.db.kysely.selectFrom('steps').select('spec').execute()
    expect(steps[0]?.spec).toMatchObject({
      codeId: assetId('codes', 'src', '7'),
      environmentId: `${registry}/environments/env/versions/2`,
    })
    const again = await admin.post(`${registry}/import${plane}`, {
      properties: {
        destinationName: 'train-shared',
        destinationVersion: '3',
        sourceAssetId: `${workspace}/components/train/versions/1`,
      },
    })
    expect(again.status).toBe(409)
  })

  it('resolves places of assets by id, and only of those that the caller may read', async () => {
    await share('data', 'places', { dataType: 'uri_folder' })
    await share('models', 'weights', { modelType: 'custom_model' })
    const dataId = `azureml://locations/local/workspaces/alpha/data/places/versions/7`
    const modelId = assetId('models', 'weights-shared', '3')
    const ask = (api: TestApi, route: string, values: string[]) => api.post(route.replace('{ws}', workspace), { values })
    const dataRoute = '/data/v1.0{ws}/dataversion/batchGetResolvedUris'
    const modelRoute = '/modelregistry/v1.0{ws}/models/batchGetResolvedUris'
    const { workspaceId } = (await admin.get(workspace)).json<{ properties: { workspaceId: string } }>().properties
    const byGuid = dataId.replace('alpha', workspaceId)
    expect((await ask(admin, dataRoute, [byGuid, 'azureml:nothing:1'])).json()).toEqual({
      values: { [byGuid]: { uri: expect.stringMatching(/folder\/$/), type: 'uri_folder' } },
    })
    expect((await ask(admin, modelRoute, [modelId])).json()).toEqual({
      values: {
        [modelId]: { path: expect.stringMatching(/^azureml:\/\/registries\/shared\/datastores\//), type: 'custom_model' },
      },
    })
    const reader = await server.createUser('workspace-reader')
    await server.grant(reader, roleIds.reader, workspace)
    const answer = await ask(server.api(await server.tokenOf(reader)), modelRoute, [modelId])
    expect(answer.json()).toEqual({ values: {} })
  })

  it('shows nothing to who may not read it: tickets, shares and jobs answer as for what is missing', async () => {
    await uploaded('models', 'private', 'x').then((uri) => putVersion('models', 'private', { modelUri: uri }))
    await putVersion('environments', 'hidden', { image: 'python' })
    await admin.put(`${other}/codes/src/versions/1`, {
      properties: { codeUri: 'azureml://datastores/workspaceblobstore/paths/x' },
    })
    const principal = await server.createUser('builder')
    await server.grant(principal, roleIds.contributor, workspace)
    const builder = server.api(await server.tokenOf(principal))
    const command = (environmentId: string, more: Record<string, unknown> = {}) => ({
      properties: { jobType: 'Command', command: 'true', environmentId, ...more },
    })
    const refusals: [string, string, Record<string, unknown>][] = [
      ['environmentId', 'environments/hidden/versions/1', {}],
      ['data', 'data/first/versions/1', {}],
      ['codeId', 'codes/first/versions/1', {}],
    ]
    for (const [member, path] of refusals) {
      const submit = (name: string) => {
        const reference = `azureml://registries/${name}/${path}`
        const more =
          member === 'data' ? { inputs: { d: { jobInputType: 'uri_folder', uri: reference } } } : { [member]: reference }
        return builder.put(`${workspace}/jobs/try`, command('azureml:env@latest', more))
      }
      const [hidden, missing] = [await submit('shared'), await submit('nothing')]
      expect([member, hidden.status]).toEqual([member, 404])
      expect(hidden.text.replaceAll('shared', 'nothing').replace(/"requestId[^,}]*/g, '')).toBe(
        missing.text.replace(/"requestId[^,}]*/g, ''),
      )
    }
    const armIds = await Promise.all(
      [`${registry}/codes/first/versions/1`, `${other}/codes/src/versions/1`, `${other}/codes/nothing/versions/1`].map((codeId) =>
        builder.put(`${workspace}/jobs/try`, command('azureml:env@latest', { codeId })),
      ),
    )
    expect(armIds.map(({ status }) => status)).toEqual([404, 404, 404])
    const component = { componentSpec: { type: 'command', command: 'true', environment: assetId('environments', 'hidden', '1') } }
    expect((await builder.put(`${workspace}/components/c/versions/1`, { properties: component })).status).toBe(404)
    // The component of somebody who may read the registry does not lend its reader that right.
    await admin.put(`${workspace}/components/lent/versions/1`, { properties: component })
    const lent = { properties: { jobType: 'Pipeline', jobs: { a: { type: 'command', componentId: 'azureml:lent:1' } } } }
    expect((await builder.put(`${workspace}/jobs/borrows`, lent)).status).toBe(404)
    const data = { dataType: 'uri_folder', dataUri: 'azureml://registries/shared/datastores/workspaceblobstore/paths/' }
    expect((await builder.put(`${workspace}/data/steal/versions/1`, { properties: data })).status).toBe(404)
    const body = { assetId: assetId('models', 'private', '1') }
    expect((await builder.post(`${registry}/datarefs/private/versions/1${plane}`, body)).status).toBe(404)
    expect((await builder.put(`${registry}/tempdatarefs/private/versions/1${plane}`, body)).status).toBe(404)
    const importing = {
      properties: { destinationName: 'x', destinationVersion: '1', sourceAssetId: `${workspace}/data/table/versions/7` },
    }
    expect((await builder.post(`${registry}/import`, importing)).status).toBe(404)
    await server.grant(principal, roleIds.reader, registry)
    const refused = await builder.post(`${registry}/import`, importing)
    expect(refused.status).toBe(403)
    const events = await server.ctx.db.kysely
      .selectFrom('events')
      .select(['subject', 'action', 'data', 'request_id', 'actor'])
      .where('type', '=', 'access.denied')
      .orderBy('insert_id')
      .execute()
    const models = 'Microsoft.MachineLearningServices/registries/models/versions'
    expect(events.filter(({ subject, actor }) => actor.id === principal && subject.startsWith(registry))).toMatchObject([
      { subject: `${registry}/models/private/versions/1`, action: `${models}/read`, data: { code: 'ResourceNotFound' } },
      { subject: `${registry}/models/private/versions/1`, action: `${models}/write`, data: { code: 'ResourceNotFound' } },
      { subject: `${registry}/data/x/versions/1`, data: { code: 'ResourceNotFound' } },
      {
        subject: `${registry}/data/x/versions/1`,
        data: { code: 'AuthorizationFailed' },
        request_id: refused.headers['x-ms-request-id'],
      },
    ])
    expect((await builder.post(`${registry}/datarefs/private/versions/1${plane}`, body)).status).toBe(200)
    expect((await builder.put(`${workspace}/components/c/versions/1`, { properties: component })).status).toBe(201)
    expect((await builder.put(`${workspace}/jobs/borrows`, lent)).status).toBe(201)
  })

  it('lets the role AzureML Registry User read and manage assets of every kind, and nothing else of the registry', async () => {
    const principal = await server.createUser('registry-user')
    await server.grant(principal, roleIds.registryUser, registry)
    const user = server.api(await server.tokenOf(principal))
    expect((await user.get(registry)).status).toBe(200)
    for (const kind of ['codes', 'components', 'data', 'environments', 'models']) {
      const ticket = await user.put(`${registry}/tempdatarefs/by-user/versions/1${plane}`, {
        assetId: assetId(kind, 'by-user', '1'),
      })
      expect([kind, ticket.status, ticket.text]).toEqual([kind, 200, expect.any(String)])
      expect([kind, (await user.get(`${registry}/${kind}`)).status]).toEqual([kind, 200])
    }
    const version = `${registry}/environments/by-user/versions/1`
    expect((await user.put(version, { properties: { image: 'python' } })).status).toBe(201)
    expect((await user.get(version)).status).toBe(200)
    expect((await user.delete(version)).status).toBe(200)
    expect((await user.put(registry, { location: 'local', tags: { team: 'b' } })).status).toBe(403)
    expect((await user.delete(registry)).status).toBe(403)
  })

  it('has a name of its own on the instance', async () => {
    const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/other`
    await admin.put(group, { location: 'local' })
    const twin = await admin.put(`${group}/providers/Microsoft.MachineLearningServices/registries/Shared`, { location: 'local' })
    expect([twin.status, twin.json()]).toMatchObject([409, { error: { code: 'ResourceAlreadyExists' } }])
    expect((await admin.put(registry, { location: 'local', tags: { team: 'a' } })).status).toBe(200)
  })
})
