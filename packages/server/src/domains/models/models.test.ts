import { AppError } from '@fulcrum/contract'
import { systemActor } from '../../kernel/auth/index.ts'
import { startTestServer, until, type TestServer } from '@fulcrum/testkit'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createRegistryFixture,
  createWorkspaceFixture,
  grantRole,
  type WorkspaceFixture,
} from '../../../test/workspace-fixture.ts'
import { findModelVersion, materialiseModel, registerShareGuard, type ShareRequest } from './index.ts'

const mlmodel = `artifact_path: model
flavors:
  python_function:
    loader_module: mlflow.sklearn
    python_version: 3.11.7
  sklearn:
    code: null
mlflow_version: 3.11.1
signature:
  inputs: '[{"type": "double", "name": "age", "required": true}]'
  outputs: '[{"type": "long"}]'
saved_input_example_info:
  artifact_path: input_example.json
`

interface Version {
  properties: Record<string, unknown> & {
    digest?: string
    card?: string
    flavors: object
    conditions: { type: string; status: string }[]
  }
}

describe('registered models', () => {
  let server: TestServer
  let workspace: WorkspaceFixture
  let mlflow: string
  beforeAll(async () => {
    server = await startTestServer()
    workspace = await createWorkspaceFixture(server)
    mlflow = `${workspace.mlflow}/api/2.0/mlflow`
    await upload('ExperimentRun/dcid.train-1/model', 'weights-1')
  })
  afterAll(() => server.close())

  const upload = async (folder: string, weights: string): Promise<void> => {
    const put = (name: string, body: string) =>
      workspace.api.request('PUT', `${workspace.mlflow}/api/2.0/mlflow-artifacts/artifacts/${folder}/${name}`, {
        body,
        headers: { 'content-type': 'text/plain' },
      })
    await put('MLmodel', mlmodel)
    await put('data/weights.bin', weights)
  }
  const modelUri = 'azureml://jobs/train-1/outputs/artifacts/paths/model'
  const putVersion = (name: string, version: string, properties: Record<string, unknown> = {}) =>
    workspace.api.put(`${workspace.id}/models/${name}/versions/${version}`, {
      properties: { modelType: 'mlflow_model', modelUri, ...properties },
    })
  const getVersion = async (name: string, version: string): Promise<Version> =>
    (await workspace.api.get(`${workspace.id}/models/${name}/versions/${version}`)).json<Version>()
  const post = async <Body = Record<string, unknown>>(path: string, body: unknown) => {
    const response = await workspace.api.post(`${mlflow}/${path}`, body)
    return { status: response.status, body: response.json<Body>() }
  }

  it('describe themselves from their MLmodel: flavors, signature, example, digest, card', async () => {
    expect((await workspace.api.get(`${workspace.id}/models/churn`)).status).toBe(404)
    const created = await putVersion('churn', '1', { tags: { team: 'a' }, digest: 'sha256:forged' })
    expect(created.status).toBe(201)
    const { properties } = await getVersion('churn', '1')
    expect(properties).toMatchObject({
      provisioningState: 'Succeeded',
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      fileCount: 2,
      sizeBytes: mlmodel.length + 'weights-1'.length,
      runId: 'train-1',
      flavors: { python_function: { data: { loader_module: 'mlflow.sklearn' } }, sklearn: { data: { code: 'null' } } },
      signature: { inputs: [{ type: 'double', name: 'age', required: true }], outputs: [{ type: 'long' }] },
      inputExample: { artifact_path: 'input_example.json' },
      tags: { team: 'a' },
    })
    expect(properties.card).toContain('# churn, version 1')
    expect((await workspace.api.get(`${workspace.id}/models/churn`)).json()).toMatchObject({
      properties: { latestVersion: '1', nextVersion: '2' },
    })
  })

  it('are one object with two doors', async () => {
    await putVersion('doors', '1', { description: 'from Azure' })
    const seen = (await workspace.api.get(`${mlflow}/model-versions/get?name=doors&version=1`)).json<{
      model_version: Record<string, unknown>
    }>().model_version
    expect(seen).toMatchObject({
      description: 'from Azure',
      run_id: 'train-1',
      source: modelUri,
      status: 'READY',
      current_stage: 'None',
    })
    const made = await post<{ model_version: { version: string } }>('model-versions/create', {
      name: 'doors',
      source: 'runs:/train-1/model',
      run_id: 'train-1',
      tags: [{ key: 'via', value: 'mlflow' }],
    })
    expect(made.body.model_version.version).toBe('2')
    const version = await getVersion('doors', '2')
    expect(version.properties).toMatchObject({
      modelType: 'mlflow_model',
      tags: { via: 'mlflow' },
      digest: (await getVersion('doors', '1')).properties.digest,
    })
    await post('model-versions/transition-stage', {
      name: 'doors',
      version: '2',
      stage: 'production',
      archive_existing_versions: true,
    })
    expect((await getVersion('doors', '2')).properties['stage']).toBe('Production')
    await workspace.api.put(`${workspace.id}/models/doors/versions/2`, {
      properties: { modelType: 'mlflow_model', modelUri: version.properties['modelUri'], isArchived: true },
    })
    const found = (await workspace.api.get(`${mlflow}/model-versions/search?filter=${encodeURIComponent("name='doors'")}`)).json<{
      model_versions: { version: string }[]
    }>()
    expect(found.model_versions.map((item) => item.version)).toEqual(['1'])
  })

  it('do not change when their source is overwritten', async () => {
    await upload('ExperimentRun/dcid.train-2/model', 'before')
    await putVersion('fixed', '1', {
      modelUri: 'azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.train-2/model',
    })
    await upload('ExperimentRun/dcid.train-2/model', 'after')
    await putVersion('fixed', '2', {
      modelUri: 'azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.train-2/model',
    })
    expect((await getVersion('fixed', '1')).properties.digest).not.toBe((await getVersion('fixed', '2')).properties.digest)
    const directory = await mkdtemp(join(tmpdir(), 'fulcrum-model-'))
    const result = await materialiseModel(server.ctx, `${workspace.id}/models/fixed/versions/1`, join(directory, 'm'))
    expect(result).toMatchObject({ files: 2, digest: (await getVersion('fixed', '1')).properties.digest })
    expect((await readdir(join(directory, 'm'))).toSorted()).toEqual(['MLmodel', 'data'])
    expect(await readFile(join(directory, 'm/data/weights.bin'), 'utf8')).toBe('before')
    await rm(directory, { recursive: true })
    const uri = (await workspace.api.get(`${mlflow}/model-versions/get-download-uri?name=fixed&version=1`)).json<{
      artifact_uri: string
    }>().artifact_uri
    const file = `${workspace.mlflow}/api/2.0/mlflow-artifacts/artifacts/${uri.replace('mlflow-artifacts:/', '')}/data/weights.bin`
    expect((await workspace.api.get(file)).text).toBe('before')
    expect((await workspace.api.request('PUT', file, { body: 'x', headers: { 'content-type': 'text/plain' } })).status).toBe(409)
    expect(
      (
        await workspace.api.put(`${workspace.id}/models/fixed/versions/1`, {
          properties: { modelType: 'mlflow_model', modelUri },
        })
      ).status,
    ).toBe(409)
  })

  it('say when their files are out of reach, and refuse a version without a place', async () => {
    await putVersion('elsewhere', '1', { modelUri: 'https://example.org/model' })
    const { properties } = await getVersion('elsewhere', '1')
    expect(properties.digest).toBeUndefined()
    expect(properties.conditions).toContainEqual(expect.objectContaining({ type: 'FilesPinned', status: 'False' }))
    expect(
      (await workspace.api.put(`${workspace.id}/models/elsewhere/versions/2`, { properties: { modelType: 'custom_model' } }))
        .status,
    ).toBe(400)
    expect((await putVersion('elsewhere', '3', { modelType: 'no_model' })).status).toBe(400)
  })

  it('number concurrent registrations without gap, duplicate or error, and never give a number twice', async () => {
    await post('registered-models/create', { name: 'busy' })
    const created = await Promise.all(
      Array.from({ length: 12 }, () =>
        post<{ model_version: { version: string } }>('model-versions/create', { name: 'busy', source: 'runs:/train-1/model' }),
      ),
    )
    expect(created.map(({ body }) => Number(body.model_version.version)).toSorted((left, right) => left - right)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    )
    await workspace.api.request('DELETE', `${mlflow}/model-versions/delete`, { body: { name: 'busy', version: '12' } })
    const next = await post<{ model_version: { version: string } }>('model-versions/create', {
      name: 'busy',
      source: 'runs:/train-1/model',
    })
    expect(next.body.model_version.version).toBe('13')
  })

  it('have aliases that leave with their version; reserved names are refused', async () => {
    await putVersion('aliased', '1')
    expect((await post('registered-models/alias', { name: 'aliased', alias: 'champion', version: '1' })).status).toBe(200)
    expect((await workspace.api.get(`${mlflow}/registered-models/alias?name=aliased&alias=champion`)).json()).toMatchObject({
      model_version: { version: '1', aliases: ['champion'] },
    })
    for (const alias of ['latest', 'v1', 'a b'])
      expect((await post('registered-models/alias', { name: 'aliased', alias, version: '1' })).status).toBe(400)
    expect((await post('registered-models/alias', { name: 'aliased', alias: 'x', version: '9' })).body['message']).toContain(
      'The latest version is 1',
    )
    await workspace.api.delete(`${workspace.id}/models/aliased/versions/1`)
    const gone = await workspace.api.get(`${mlflow}/registered-models/alias?name=aliased&alias=champion`)
    expect([gone.status, gone.json<{ error_code: string }>().error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  })

  it('are told apart from prompts, also when they have no such tag', async () => {
    await post('registered-models/create', { name: 'greeting', tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }] })
    await post('registered-models/create', { name: 'plain' })
    const search = async (filter: string) =>
      (await workspace.api.get(`${mlflow}/registered-models/search?filter=${encodeURIComponent(filter)}`))
        .json<{ registered_models?: { name: string }[] }>()
        .registered_models?.map(({ name }) => name)
    expect(await search("name ILIKE '%' AND tag.`mlflow.prompt.is_prompt` != 'true'")).toContain('plain')
    expect(await search("name ILIKE '%' AND tag.`mlflow.prompt.is_prompt` != 'true'")).not.toContain('greeting')
    expect(await search("tag.`mlflow.prompt.is_prompt` = 'true'")).toEqual(['greeting'])
    expect(await search("tag.other != 'x'")).toEqual([])
  })

  it('keep versions, files and aliases when renamed', async () => {
    await putVersion('old name', '1')
    await post('registered-models/alias', { name: 'old name', alias: 'a', version: '1' })
    const { digest } = (await getVersion('old%20name', '1')).properties
    expect((await post('registered-models/rename', { name: 'old name', new_name: 'new name' })).body).toMatchObject({
      registered_model: { name: 'new name' },
    })
    expect((await workspace.api.get(`${workspace.id}/models/old%20name`)).status).toBe(404)
    expect((await getVersion('new%20name', '1')).properties.digest).toBe(digest)
    expect((await workspace.api.get(`${mlflow}/registered-models/alias?name=new%20name&alias=a`)).json()).toMatchObject({
      model_version: { name: 'new name' },
    })
    expect((await post('registered-models/rename', { name: 'new name', new_name: 'churn' })).body).toMatchObject({
      error_code: 'RESOURCE_ALREADY_EXISTS',
    })
  })

  it('tell the world about a new version with its digest and author', async () => {
    await putVersion('told', '1')
    const event = await server.ctx.db.kysely
      .selectFrom('events')
      .selectAll()
      .where('type', '=', 'models.versions.created')
      .where('subject', 'like', '%/models/told/versions/1')
      .executeTakeFirstOrThrow()
    expect(event.data).toMatchObject({
      name: 'told',
      version: '1',
      digest: (await getVersion('told', '1')).properties.digest,
      jobName: null,
      author: expect.stringContaining('user-'),
    })
  })

  it('answer what a version was made from and where it is used', async () => {
    await putVersion('traced', '1')
    await post('registered-models/create', { name: 'traced-copy' })
    await post('model-versions/create', { name: 'traced-copy', source: 'models:/traced/1' })
    const graph = (await workspace.api.get(`${workspace.id}/models/traced/versions/1/lineage`)).json<{
      nodes: { id: string; kind: string }[]
      edges: { from: string; to: string; relation: string }[]
    }>()
    const self = `${workspace.id}/models/traced/versions/1`
    expect(graph.edges).toContainEqual({ from: 'runs:/train-1', to: self, relation: 'produced' })
    expect(graph.edges).toContainEqual({ from: self, to: `${workspace.id}/models/traced-copy/versions/1`, relation: 'copied' })
  })

  it('do not let one workspace register the files of another', async () => {
    const beta = await createWorkspaceFixture(server, 'beta')
    await putVersion('secret', '1')
    const stolen = await beta.api.put(`${beta.id}/models/stolen/versions/1`, {
      properties: { modelUri: `azureml:${workspace.id}/models/secret/versions/1` },
    })
    expect(stolen.json<Version>().properties.digest).toBeUndefined()
    expect((await beta.api.get(`${workspace.id}/models/secret/versions/1`)).status).toBe(404)
  })

  it('enter a registry by digest, through the guards, whatever the door', async () => {
    const registry = await createRegistryFixture(server)
    await grantRole(server, workspace.principalId, registry, 'owner')
    await putVersion('shared', '1', { tags: { team: 'a' } })
    await putVersion('fileless', '1', { modelUri: 'https://example.org/model' })
    const asked: ShareRequest[] = []
    registerShareGuard(server.ctx, async (_ctx, _actor, request) => {
      asked.push(request)
      if (request.name === 'forbidden') throw new AppError('GateRequired', 'Gate 1 has not been passed.')
    })
    const share = (destinationName: string, name = 'shared') =>
      workspace.api.post(`${registry}/import`, {
        properties: {
          referenceType: 'Id',
          destinationName,
          destinationVersion: '7',
          sourceAssetId: `azureml://locations/local/workspaces/alpha/models/${name}/versions/1`,
        },
      })
    const accepted = await share('shared')
    expect(accepted.status).toBe(202)
    expect(accepted.headers['azure-asyncoperation']).toContain('/operationsStatus/')
    const { digest } = (await getVersion('shared', '1')).properties
    const there = await until('the shared version', async () => {
      const version = (await workspace.api.get(`${registry}/models/shared/versions/7`)).json<Version>()
      return version.properties['provisioningState'] === 'Succeeded' ? version : undefined
    })
    expect(there.properties).toMatchObject({
      digest,
      tags: { team: 'a' },
      lineage: { sourceVersionId: `${workspace.id}/models/shared/versions/1` },
    })
    expect(asked[0]).toMatchObject({ registry, name: 'shared', version: '7', digest, source: { name: '1' } })
    expect((await share('shared')).status).toBe(409)
    expect((await share('forbidden')).json()).toMatchObject({ error: { code: 'GateRequired' } })
    const direct = await workspace.api.put(`${registry}/models/forbidden/versions/1`, { properties: { modelUri } })
    expect([direct.status, direct.json<{ error: { code: string } }>().error.code]).toEqual([403, 'GateRequired'])
    expect((await workspace.api.get(`${registry}/models/forbidden/versions/1`)).status).toBe(404)
    expect((await share('x', 'fileless')).status).toBe(409)
    expect((await share('x', 'nothing')).status).toBe(404)
    expect((await findModelVersion(server.ctx, registry, 'shared', '7'))?.status['digest']).toBe(digest)
  })

  it('go with their workspace: runs, points and pinned files too', async () => {
    const { ctx } = server
    const gone = await createWorkspaceFixture(server, 'gone')
    await gone.api.request('PUT', `${gone.mlflow}/api/2.0/mlflow-artifacts/artifacts/m/a.bin`, {
      body: 'x',
      headers: { 'content-type': 'text/plain' },
    })
    const made = await gone.api.put(`${gone.id}/models/m/versions/1`, {
      properties: { modelUri: 'azureml://datastores/workspaceartifactstore/paths/m' },
    })
    expect(made.status).toBe(201)
    await gone.api.post(`${gone.mlflow}/api/2.0/mlflow/runs/create`, { experiment_id: '0' })
    const workspaceResource = await ctx.resources.require(gone.id)
    await ctx.db.transaction((tx) => ctx.resources.removeIn(tx, systemActor, workspaceResource))
    const left = async () => {
      const runs = await ctx.db.kysely
        .selectFrom('runs')
        .select('run_id')
        .where('workspace_id', '=', gone.id.toLowerCase())
        .execute()
      const files = await ctx.db.kysely
        .selectFrom('model_version_files')
        .select('path')
        .where('version_id', 'like', `${gone.id.toLowerCase()}/%`)
        .execute()
      return runs.length + files.length
    }
    await until('the end of everything tracked', async () => (await left()) === 0)
  })
})
