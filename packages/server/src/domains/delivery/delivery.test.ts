import { startTestServer, until, type TestApi, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roleIds } from '../../kernel/authz/index.ts'
import { putBlob } from '../storage/index.ts'

const machineLearning = 'providers/Microsoft.MachineLearningServices'

describe('a release', () => {
  let server: TestServer
  let base: string
  let dev: string
  let release: string
  let group: string
  let author: TestApi
  let lead: TestApi
  let outsider: TestApi

  async function put(path: string, body: unknown, api: TestApi = server.admin): Promise<void> {
    const response = await api.put(path, body)
    expect([200, 201], `${path}: ${response.text}`).toContain(response.status)
  }

  beforeAll(async () => {
    server = await startTestServer()
    base = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups`
    for (const environment of ['dev', 'prod', 'shrd']) {
      await put(`${base}/rg-${environment}`, { location: 'local', tags: { 'fulcrum.environment': environment } })
    }
    dev = `${base}/rg-dev/${machineLearning}/workspaces/dev`
    await put(dev, { location: 'local' })
    await put(`${base}/rg-prod/${machineLearning}/workspaces/prod`, { location: 'local' })
    await put(`${base}/rg-shrd/${machineLearning}/registries/shared`, { location: 'local' })
    group = await makeGroup('leads')
    ;[author, lead, outsider] = await Promise.all([person('ana', group), person('lena', group), person('omar')])
    await put(`${base}/rg-shrd/providers/Fulcrum.Delivery/gates/gate-1`, {
      properties: {
        displayName: 'To prod',
        order: 1,
        environment: 'prod',
        approverGroupIds: [group],
        requiredEvidence: ['metrics'],
      },
    })
    await putBlob(server.ctx, { workspaceId: dev, name: 'models/m/model.bin', source: Buffer.from('weights') })
    await put(
      `${dev}/models/m/versions/1`,
      { properties: { modelType: 'custom_model', modelUri: 'azureml://datastores/workspaceblobstore/paths/models/m/' } },
      author,
    )
    release = `${base}/rg-shrd/providers/Fulcrum.Delivery/releases/m-1`
    await until('the proposed release', async () => (await server.admin.get(release)).status === 200)
  })
  afterAll(() => server.close())

  async function makeGroup(name: string): Promise<string> {
    const id = server.ctx.ids.uuid()
    await server.ctx.db.kysely
      .insertInto('principals')
      .values({ id, kind: 'Group', name, display_name: name, created_at: new Date() })
      .execute()
    return id
  }

  async function person(name: string, groupId?: string): Promise<TestApi> {
    const id = await server.createUser(name)
    const scope = base.replace('/resourceGroups', '')
    await server.grant(id, roleIds.contributor, scope)
    await server.grant(id, roleIds.releaseApprover, scope)
    if (groupId !== undefined)
      await server.ctx.db.kysely.insertInto('group_members').values({ group_id: groupId, member_id: id }).execute()
    return server.api(await server.tokenOf(id))
  }

  const decide = (api: TestApi, verdict = 'approve') =>
    api.post(`${release}/gates/gate-1/decide`, { verdict, comment: 'because' })
  const share = () =>
    server.admin.post(`${base}/rg-shrd/${machineLearning}/registries/shared/import`, {
      properties: {
        referenceType: 'Id',
        destinationName: 'm',
        destinationVersion: '1',
        sourceAssetId: `${dev}/models/m/versions/1`,
      },
    })
  const codeOf = (response: { json(): unknown }) => (response.json() as { error?: { code?: string } }).error?.code
  const evidence = async (verdict: string) => {
    const { digest } = (await server.admin.get(release)).json<{ properties: { digest: string } }>().properties
    await put(`${release}/evidence/metrics-${verdict}`, {
      properties: {
        gate: 'gate-1',
        kind: 'metrics',
        verdict,
        summary: 'AUC',
        digest,
        checks: [{ name: 'auc', passed: verdict === 'pass' }],
      },
    })
  }

  it('is proposed for every version registered in dev, in the name of who registered it', async () => {
    const { properties } = (await server.admin.get(release)).json<{ properties: Record<string, unknown> }>()
    expect(properties).toMatchObject({
      state: 'open',
      author: { name: 'ana' },
      model: { name: 'm', version: '1' },
      digest: expect.stringMatching(/^sha256:/),
    })
  })

  it('keeps the model out of the registry before its gate, whoever asks', async () => {
    const refused = await share()
    expect([refused.status, codeOf(refused)]).toEqual([403, 'GateRequired'])
  })

  it('cannot be approved without evidence, nor on evidence that failed', async () => {
    expect(codeOf(await decide(lead))).toBe('GateRequired')
    await evidence('fail')
    expect(codeOf(await decide(lead))).toBe('GateRequired')
    await evidence('pass')
  })

  it('refuses its author, although the author is in the deciding group', async () => {
    const refused = await decide(author)
    expect([refused.status, codeOf(refused)]).toEqual([403, 'TwoPersonRule'])
  })

  it('refuses who holds the role but is not in the group that the gate names', async () => {
    expect(codeOf(await decide(outsider))).toBe('AuthorizationFailed')
  })

  it('is approved by somebody else of the group, once, and only then may be shared', async () => {
    expect((await decide(lead)).status).toBe(200)
    expect(codeOf(await decide(lead))).toBe('Conflict')
    expect([200, 201, 202]).toContain((await share()).status)
  })

  it('is released when its digest takes live traffic in the last environment', async () => {
    const prod = `${base}/rg-prod/${machineLearning}/workspaces/prod`
    const copy = `${base}/rg-shrd/${machineLearning}/registries/shared/models/m/versions/1`
    await until('the copy in the registry', async () =>
      (await server.admin.get(copy)).text.includes('"provisioningState":"Succeeded"'),
    )
    await put(`${prod}/onlineEndpoints/scores`, { location: 'local', properties: { authMode: 'Key' } })
    await put(`${prod}/onlineEndpoints/scores/deployments/blue`, {
      location: 'local',
      sku: { name: 'Default', capacity: 1 },
      properties: { model: 'azureml://registries/shared/models/m/versions/1' },
    })
    const stateOf = async () => (await server.admin.get(release)).json<{ properties: { state: string } }>().properties.state
    expect(await stateOf()).toBe('approved')
    const patched = await server.admin.patch(`${prod}/onlineEndpoints/scores`, { properties: { traffic: { blue: 100 } } })
    expect([200, 202], patched.text).toContain(patched.status)
    await until('the released release', async () => (await stateOf()) === 'released')
  })

  it('does not speak for another digest', async () => {
    await putBlob(server.ctx, { workspaceId: dev, name: 'models/n/model.bin', source: Buffer.from('other weights') })
    await put(
      `${dev}/models/n/versions/1`,
      { properties: { modelType: 'custom_model', modelUri: 'azureml://datastores/workspaceblobstore/paths/models/n/' } },
      author,
    )
    const refused = await server.admin.post(`${base}/rg-shrd/${machineLearning}/registries/shared/import`, {
      properties: {
        referenceType: 'Id',
        destinationName: 'm',
        destinationVersion: '2',
        sourceAssetId: `${dev}/models/n/versions/1`,
      },
    })
    expect(codeOf(refused)).toBe('GateRequired')
  })
})
