import { readFile } from 'node:fs/promises'
import { instanceSchema } from '@fulcrum/contract'
import { startTestServer, until, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseYaml } from '../../kernel/safe/safe-yaml.ts'

const example = new URL('../../../../../examples/flights/instance.yml', import.meta.url)

interface Applied {
  properties: { provisioningState: string; steps: { name: string; state: string; message: string }[] }
}

describe('instances', () => {
  let server: TestServer
  let subscription: string
  let path: string
  let description: Record<string, unknown>
  beforeAll(async () => {
    server = await startTestServer()
    subscription = `/subscriptions/${server.ctx.config.subscriptionId}`
    path = `${subscription}/providers/Fulcrum.Platform/instances/flights`
    description = parseYaml(await readFile(example, 'utf8')).value as Record<string, unknown>
  })
  afterAll(() => server.close())

  const apply = async (): Promise<Applied> => {
    const accepted = await server.admin.put(path, { properties: description })
    expect(accepted.text).not.toContain('"error"')
    const status = new URL(String(accepted.headers['azure-asyncoperation']))
    await until(
      'the apply to end',
      async () => (await server.admin.get(status.pathname)).json<{ status: string }>().status !== 'InProgress',
    )
    return (await server.admin.get(path)).json<Applied>()
  }
  const everything = async () => ({
    resources: await server.ctx.db.kysely
      .selectFrom('resources')
      .select(['id', 'properties', 'tags'])
      .where('type', '<>', 'fulcrum.platform/instances')
      .orderBy('id')
      .execute(),
    principals: await server.ctx.db.kysely.selectFrom('principals').select(['id', 'kind', 'name']).orderBy('id').execute(),
    members: await server.ctx.db.kysely
      .selectFrom('group_members')
      .selectAll()
      .orderBy('group_id')
      .orderBy('member_id')
      .execute(),
  })

  it('accepts the example and refuses what it does not know', () => {
    expect(instanceSchema.safeParse(description).error).toBeUndefined()
    expect(instanceSchema.safeParse({ ...description, datastore: {} }).success).toBe(false)
    const gates = { g: { from: 'dev', to: 'test', approvers: 'nobody' } }
    expect(instanceSchema.safeParse({ ...description, gates }).error?.issues[0]?.path).toEqual(['gates', 'g', 'approvers'])
  })

  it('builds the environments, and applying again changes nothing', async () => {
    const first = await apply()
    expect(first.properties.steps.filter((step) => !['Succeeded', 'Skipped'].includes(step.state))).toEqual([])
    expect(first.properties.provisioningState).toBe('Succeeded')
    const groups = (await server.admin.get(`${subscription}/resourceGroups`)).json<{
      value: { name: string; tags: Record<string, string> }[]
    }>()
    expect(Object.fromEntries(groups.value.map((group) => [group.tags['fulcrum.environment'], group.name]))).toEqual({
      dev: 'rg-flights-dev',
      test: 'rg-flights-test',
      prod: 'rg-flights-prod',
      shrd: 'rg-flights-shrd',
    })
    const gates = (
      await server.admin.get(
        `${subscription}/resourceGroups/rg-flights-shrd/providers/Fulcrum.Delivery/gates?$orderBy=createdtime asc`,
      )
    ).json<{
      value: { name: string; properties: { order: number; environment: string } }[]
    }>()
    expect(gates.value.map(({ name, properties }) => [name, properties.order, properties.environment])).toEqual([
      ['gate-1', 1, 'test'],
      ['gate-2', 2, 'prod'],
    ])
    // What other domains add to a new workspace in the background is theirs; wait for it before comparing.
    const before = await until('a quiet store', async () => {
      const [one, two] = [await everything(), await server.ctx.db.kysely.selectFrom('tasks').select('id').execute()]
      return two.length === 0 && one
    })
    const second = await apply()
    expect(second.properties.provisioningState).toBe('Succeeded')
    expect(second.properties.steps.map((step) => step.message).join(' ')).not.toMatch(
      /[1-9]\d* (principals )?(created|updated|memberships)/,
    )
    expect(await everything()).toEqual(before)
  })

  it('gives each persona what its row of the tables says, and nothing more', async () => {
    const dev = `${subscription}/resourceGroups/rg-flights-dev/providers/Microsoft.MachineLearningServices/workspaces/mlw-flights-dev`
    const prod = `${subscription}/resourceGroups/rg-flights-prod/providers/Microsoft.MachineLearningServices/workspaces/mlw-flights-prod`
    const personOf = async (name: string) => {
      const row = await server.ctx.db.kysely
        .selectFrom('principals')
        .select('id')
        .where('name', '=', name)
        .where('kind', '=', 'User')
        .executeTakeFirstOrThrow()
      return server.api(await server.tokenOf(row.id))
    }
    const ben = await personOf('ben')
    expect((await ben.get(dev)).status).toBe(200)
    const [hidden, missing] = [await ben.get(prod), await ben.get(`${prod}-none`)]
    expect([hidden.status, missing.status]).toEqual([404, 404])
    const shape = (text: string) => text.replaceAll(`${prod}-none`, prod).replace(/"requestId":"[^"]+"/, '')
    expect(shape(hidden.text)).toBe(shape(missing.text))
    expect((await ben.delete(dev)).status).toBe(403)
    expect((await ben.get(`${dev}/datastores/inbox`)).json()).toMatchObject({
      properties: { containerName: 'inbox', access: 'read' },
    })
    const me = (await ben.get('/auth/me')).json<{ groups: { name: string }[]; workspaces: object[] }>()
    expect(me.groups.map((group) => group.name)).toEqual(['data-scientists'])
    expect(me.workspaces).toEqual([{ id: dev, name: 'mlw-flights-dev', resourceGroup: 'rg-flights-dev', environment: 'dev' }])
    const map = (await ben.get(`${path}/map`)).json<{ environments: { environment: string }[] }>()
    expect(map.environments.map((entry) => entry.environment)).toEqual(['dev', 'shrd'])
    const approve = { actions: ['Fulcrum.Delivery/releases/gates/approve/action'] }
    for (const [name, allowed] of [
      ['lena', true],
      ['ana', true],
      ['ben', false],
    ] as const) {
      const asked = await (
        await personOf(name)
      ).post(
        `${subscription}/resourceGroups/rg-flights-shrd/providers/Fulcrum.Delivery/releases/any/providers/Fulcrum.Access/check`,
        approve,
      )
      expect(asked.json<{ value: object[] }>().value, name).toMatchObject([{ allowed }])
    }
    const piet = await personOf('piet')
    expect((await piet.get(prod)).status).toBe(404)
    expect((await piet.get(`${path}/map`)).status).toBe(404)
  })

  it('is applied only for somebody who could hand out those roles', async () => {
    const admin = server.admin
    await admin.put(`${subscription}/providers/Fulcrum.Identity/users/carl`, {})
    const carl = (await admin.get(`${subscription}/providers/Fulcrum.Identity/users/carl`)).json<{
      properties: { principalId: string }
    }>().properties.principalId
    const assignment = await admin.put(`${subscription}/providers/Microsoft.Authorization/roleAssignments/carl-contributes`, {
      properties: { roleDefinitionId: 'b24988ac-6180-42a0-ab88-20f7382dd24c', principalId: carl },
    })
    expect(assignment.status).toBe(201)
    const refused = await server.api(await server.tokenOf(carl)).put(path, { properties: description })
    expect(refused.status).toBe(403)
    expect(refused.text).toContain('hands out roles')
  })
})
