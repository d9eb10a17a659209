import { startTestServer, until, type TestApi, type TestServer } from '@fulcrum/testkit'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const roles = {
  reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
  contributor: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
  owner: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
  userAccessAdministrator: '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9',
  accessControlAdministrator: 'f58310d9-a9f6-439a-9e8d-f62e7b41a168',
}

interface Person {
  readonly id: string
  readonly api: TestApi
}

describe('access', () => {
  let server: TestServer
  let subscription: string
  let group: string
  let adminId: string
  beforeAll(async () => {
    server = await startTestServer({ engine: false })
    subscription = `/subscriptions/${server.ctx.config.subscriptionId}`
    group = `${subscription}/resourceGroups/rg`
    for (const name of ['rg', 'rg2']) await server.admin.put(`${subscription}/resourceGroups/${name}`, { location: 'local' })
    adminId = (await server.admin.get('/auth/me')).json<{ id: string }>().id
  })
  afterAll(() => server.close())

  const person = async (name: string): Promise<Person> => {
    const created = await server.admin.put(`${subscription}/providers/Fulcrum.Identity/users/${name}`, {})
    const id = created.json<{ properties: { principalId: string } }>().properties.principalId
    return { id, api: server.api(await server.tokenOf(id)) }
  }
  let counter = 0
  const assign = (
    api: TestApi,
    scope: string,
    properties: { roleDefinitionId: string; principalId: string; [name: string]: unknown },
    name?: string,
  ) => api.put(`${scope}/providers/Microsoft.Authorization/roleAssignments/${name ?? `test-${(counter += 1)}`}`, { properties })

  it('lets a new user see nothing, and a hidden group looks like a missing one', async () => {
    const nina = await person('nina')
    const [hidden, missing] = [await nina.api.get(group), await nina.api.get(`${group}-none`)]
    expect([hidden.status, missing.status]).toEqual([404, 404])
    const shape = (text: string) => text.replaceAll('rg-none', 'rg').replace(/"requestId":"[^"]+"/, '')
    expect(shape(hidden.text)).toBe(shape(missing.text))
    expect((await nina.api.get(`${subscription}/resourceGroups`)).json()).toEqual({ value: [], nextLink: null })
    expect((await server.api().get(group)).status).toBe(401)
  })

  it('counts from the next request on: read, refused write, taken away', async () => {
    const rita = await person('rita')
    const granted = await assign(server.admin, group, { roleDefinitionId: roles.reader, principalId: rita.id }, 'rita-reads')
    expect(granted.status).toBe(201)
    expect(granted.json()).toMatchObject({ properties: { principalType: 'User', scope: group } })
    expect((await rita.api.get(group)).status).toBe(200)
    expect((await rita.api.get(`${group}2`)).status).toBe(404)
    expect((await rita.api.put(group, { tags: { a: 'b' } })).status).toBe(403)
    const denied = await server.ctx.db.kysely
      .selectFrom('events')
      .select('subject')
      .where('type', '=', 'access.denied')
      .where('action', '=', 'Microsoft.Resources/resourceGroups/write')
      .execute()
    expect(denied).toContainEqual({ subject: group })
    expect((await server.admin.delete(`${group}/providers/Microsoft.Authorization/roleAssignments/rita-reads`)).status).toBe(200)
    expect((await rita.api.get(group)).status).toBe(404)
  })

  it('lets nobody hand on what it does not hold', async () => {
    const uma = await person('uma')
    const vera = await person('vera')
    await assign(server.admin, group, { roleDefinitionId: roles.userAccessAdministrator, principalId: uma.id })
    const owner = await assign(uma.api, group, { roleDefinitionId: roles.owner, principalId: uma.id })
    expect(owner.status).toBe(403)
    expect(owner.json()).toMatchObject({ error: { code: 'AuthorizationFailed' } })
    expect((await assign(uma.api, group, { roleDefinitionId: roles.reader, principalId: vera.id })).status).toBe(201)
    const delegating = { roleDefinitionId: roles.accessControlAdministrator, principalId: vera.id }
    expect((await assign(uma.api, group, { ...delegating, grantableRoles: [roles.owner] })).status).toBe(403)
    const condition = `((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals{${roles.owner}}))`
    expect((await assign(uma.api, group, { ...delegating, condition })).status).toBe(403)
    const definition = { roleName: 'Everything', permissions: [{ actions: ['*'] }], assignableScopes: [group] }
    expect(
      (
        await uma.api.put(`${group}/providers/Microsoft.Authorization/roleDefinitions/11111111-2222-3333-4444-555555555555`, {
          properties: definition,
        })
      ).status,
    ).toBe(403)
  })

  it('closes the way round: joining a group or taking a secret of a stronger principal', async () => {
    const cora = await person('cora')
    await assign(server.admin, subscription, { roleDefinitionId: roles.contributor, principalId: cora.id })
    const identity = `${subscription}/providers/Fulcrum.Identity`
    const owners = (await server.admin.put(`${identity}/groups/owners`, {})).json<{ properties: { principalId: string } }>()
      .properties.principalId
    await assign(server.admin, group, { roleDefinitionId: roles.owner, principalId: owners })
    expect((await cora.api.put(`${identity}/groups/owners/members/cora`, {})).status).toBe(403)
    const robot = (await server.admin.put(`${identity}/servicePrincipals/robot`, {})).json<{
      properties: { principalId: string }
    }>().properties.principalId
    expect((await cora.api.post(`${identity}/servicePrincipals/robot/credentials`, {})).status).toBe(201)
    await assign(server.admin, group, { roleDefinitionId: roles.owner, principalId: robot })
    expect((await cora.api.post(`${identity}/servicePrincipals/robot/credentials`, {})).status).toBe(403)
    expect((await cora.api.patch(`${identity}/servicePrincipals/robot`, { properties: { enabled: false } })).status).toBe(403)
    expect((await cora.api.delete(`${identity}/servicePrincipals/robot`)).status).toBe(403)
    expect((await server.admin.put(`${identity}/groups/owners/members/robot`, {})).status).toBe(201)
    expect((await cora.api.delete(`${identity}/groups/owners/members/robot`)).status).toBe(403)
    expect((await server.admin.delete(`${identity}/groups/owners/members/robot`)).status).toBe(200)
  })

  it('keeps an owner: neither removal, expiry, disabling, a deny nor deletion takes the last one', async () => {
    const list = `${subscription}/providers/Microsoft.Authorization/roleAssignments`
    const own = (await server.admin.get(`${list}?$filter=${encodeURIComponent(`principalId eq '${adminId}'`)}`)).json<{
      value: { id: string; properties: object }[]
    }>().value[0]
    const lastOwner = { error: { code: 'LastOwner' } }
    expect((await server.admin.delete(own?.id ?? '')).json()).toMatchObject(lastOwner)
    expect(
      (await server.admin.put(own?.id ?? '', { properties: { ...own?.properties, expiresOn: '2099-01-01T00:00:00Z' } })).json(),
    ).toMatchObject(lastOwner)
    const admin = `${subscription}/providers/Fulcrum.Identity/users/admin`
    expect((await server.admin.patch(admin, { properties: { enabled: false } })).json()).toMatchObject(lastOwner)
    const deny = {
      denyAssignmentName: 'all',
      permissions: [{ actions: ['Microsoft.Authorization/*'] }],
      principals: [{ id: '00000000-0000-0000-0000-000000000000' }],
    }
    expect(
      (
        await server.admin.put(`${subscription}/providers/Microsoft.Authorization/denyAssignments/all`, { properties: deny })
      ).json(),
    ).toMatchObject(lastOwner)
    const olga = await person('olga')
    await assign(server.admin, subscription, { roleDefinitionId: roles.owner, principalId: olga.id }, 'olga-owns')
    expect((await olga.api.delete(admin)).status).toBe(200)
    expect((await server.admin.get('/auth/me')).status).toBe(401)
    expect((await olga.api.delete(`${subscription}/providers/Fulcrum.Identity/users/olga`)).status).toBe(409)
    expect((await olga.api.delete(`${list}/olga-owns`)).json()).toMatchObject(lastOwner)
    await restoreAdministrator(olga)
  })

  /** Later tests speak as an administrator again. */
  const restoreAdministrator = async (olga: Person): Promise<void> => {
    const created = (await olga.api.put(`${subscription}/providers/Fulcrum.Identity/users/admin2`, {})).json<{
      properties: { principalId: string }
    }>()
    adminId = created.properties.principalId
    await assign(olga.api, subscription, { roleDefinitionId: roles.owner, principalId: adminId })
    Object.assign(server, { admin: server.api(await server.tokenOf(adminId)) })
  }

  it('lets a deny beat a role, and not be lifted by the denied', async () => {
    const dan = await person('dan')
    await assign(server.admin, group, { roleDefinitionId: roles.owner, principalId: dan.id })
    const path = `${group}/providers/Microsoft.Authorization/denyAssignments/no-tags`
    const properties = {
      denyAssignmentName: 'No changes',
      permissions: [{ actions: ['Microsoft.Resources/resourceGroups/write'] }],
      principals: [{ id: dan.id }],
    }
    expect((await server.admin.put(path, { properties })).status).toBe(201)
    expect((await dan.api.put(group, { tags: { a: 'b' } })).status).toBe(403)
    expect((await dan.api.delete(path)).status).toBe(403)
    const explained = await server.admin.get(
      `${group}/providers/Fulcrum.Access/explain?principal=dan&action=Microsoft.Resources/resourceGroups/write`,
    )
    expect(explained.json()).toMatchObject({ allow: false, by: { kind: 'denyAssignment' } })
    expect((await server.admin.delete(path)).status).toBe(200)
    expect((await dan.api.put(group, { tags: { a: 'b' } })).status).toBe(200)
  })

  it('answers who can, why, and what the caller may', async () => {
    const walt = await person('walt')
    await assign(server.admin, group, { roleDefinitionId: roles.reader, principalId: walt.id })
    const who = (
      await server.admin.get(`${group}/providers/Fulcrum.Access/whoCan?action=Microsoft.Resources/resourceGroups/read`)
    ).json<{ value: { principalName: string; roleName: string }[] }>()
    expect(who.value).toContainEqual(expect.objectContaining({ principalName: 'walt', roleName: 'Reader' }))
    const checked = await walt.api.post(`${group}/providers/Fulcrum.Access/check`, {
      actions: [
        'Microsoft.Resources/resourceGroups/read',
        'Microsoft.Resources/resourceGroups/delete',
        { action: 'x/score/action', plane: 'data' },
      ],
    })
    expect(checked.json<{ value: { allowed: boolean }[] }>().value.map((entry) => entry.allowed)).toEqual([true, false, false])
    expect((await walt.api.get(`${subscription}/providers/Fulcrum.Access/whoCan?action=a/read`)).status).toBe(404)
  })

  it('shows shipped and custom roles, and refuses what would be ambiguous', async () => {
    const list = `${group}/providers/Microsoft.Authorization/roleDefinitions`
    const shipped = (
      await server.admin.get(`${list}?$filter=${encodeURIComponent("roleName eq 'AzureML Data Scientist'")}`)
    ).json<{ value: { name: string }[] }>()
    expect(shipped.value.map((role) => role.name)).toEqual(['f6c7c914-8db3-469d-8ca1-694a8f32e121'])
    const id = 'aaaaaaaa-2222-3333-4444-555555555555'
    const properties = {
      roleName: 'Group Reader',
      permissions: [{ actions: ['Microsoft.Resources/resourceGroups/read'] }],
      assignableScopes: [group],
    }
    expect((await server.admin.put(`${list}/${id}`, { properties })).status).toBe(201)
    expect((await server.admin.get(`${list}/${id}`)).json()).toMatchObject({
      properties: { roleName: 'Group Reader', type: 'CustomRole' },
    })
    expect((await server.admin.put(`${list}/bbbbbbbb-2222-3333-4444-555555555555`, { properties })).status).toBe(409)
    expect((await server.admin.put(`${list}/${roles.reader}`, { properties: { ...properties, roleName: 'Mine' } })).status).toBe(
      409,
    )
    const zoe = await person('zoe')
    expect((await assign(server.admin, group, { roleDefinitionId: id, principalId: zoe.id }, 'zoe')).status).toBe(201)
    expect((await zoe.api.get(group)).status).toBe(200)
    expect((await assign(server.admin, group, { roleDefinitionId: id, principalId: zoe.id }, 'zoe-again')).status).toBe(409)
    expect((await server.admin.delete(`${list}/${id}`)).status).toBe(409)
    const unknown = await assign(server.admin, group, { roleDefinitionId: 'Readr', principalId: zoe.id })
    expect(unknown.status).toBe(400)
    expect(unknown.text).toContain("'Reader' has the id")
  })

  it('takes changes of access one after the other: of two owners who remove each other one stays', async () => {
    const [left, right] = [await person('left'), await person('right')]
    const scope = `${subscription}/resourceGroups/rg-owned`
    await server.admin.put(scope, {})
    for (const [name, { id }] of Object.entries({ left, right }))
      await assign(server.admin, subscription, { roleDefinitionId: roles.owner, principalId: id }, `${name}-owns`)
    const others = (
      await server.admin.get(`${subscription}/providers/Microsoft.Authorization/roleAssignments?$filter=atScope()`)
    ).json<{
      value: { id: string; properties: { principalId: string; roleDefinitionId: string } }[]
    }>()
    for (const item of others.value) {
      const isOwner = item.properties.roleDefinitionId.endsWith(roles.owner)
      if (isOwner && ![left.id, right.id].includes(item.properties.principalId))
        expect((await left.api.delete(item.id)).status).toBe(200)
    }
    const path = (name: string) => `${subscription}/providers/Microsoft.Authorization/roleAssignments/${name}-owns`
    const both = await server.ctx.db.transaction(async (tx) => {
      await sql`select value from generations where name = 'authorization' for update`.execute(tx)
      const started = [left.api.delete(path('right')), right.api.delete(path('left'))]
      await until('both removals to wait', async () => {
        // Not on `tx`: a transaction sees one snapshot of the activity for as long as it lasts.
        const waiting = await sql<{ count: number }>`select count(*)::int as count from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`.execute(server.ctx.db.kysely)
        return waiting.rows[0]?.count === 2
      })
      return { started }
    })
    const answers = await Promise.all(both.started)
    const statuses = answers.map((answer) => answer.status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    const winner = statuses[0] === 200 ? left : right
    await assign(winner.api, subscription, { roleDefinitionId: roles.owner, principalId: adminId })
    Object.assign(server, { admin: server.api(await server.tokenOf(adminId)) })
  })

  it('stands many changes at once', async () => {
    const many = await Promise.all(Array.from({ length: 15 }, (_, index) => person(`crowd-${index}`)))
    const answers = await Promise.all(
      many.map(({ id }) => assign(server.admin, group, { roleDefinitionId: roles.reader, principalId: id })),
    )
    expect(answers.map((answer) => answer.status)).toEqual(many.map(() => 201))
  })

  it('lets locks stop changes until they are removed', async () => {
    const target = `${subscription}/resourceGroups/rg2`
    const lock = `${target}/providers/Microsoft.Authorization/locks`
    for (const name of ['one', 'two'])
      expect((await server.admin.put(`${lock}/${name}`, { properties: { level: 'readonly' } })).status, name).toBe(201)
    expect((await server.admin.put(target, { tags: { a: 'b' } })).json()).toMatchObject({ error: { code: 'ScopeLocked' } })
    for (const name of ['one', 'two']) expect((await server.admin.delete(`${lock}/${name}`)).status, name).toBe(200)
    expect((await server.admin.put(target, { tags: { a: 'b' } })).status).toBe(200)
  })
})
