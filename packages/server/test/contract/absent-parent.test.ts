import { allKinds, expandPath, operationsOf, type ResourceKind } from '@fulcrum/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roleIds } from '../../src/kernel/authz/index.ts'
import { createContractWorld, type ContractWorld } from './contract-world.ts'

/** Generated from the table of kinds: a list below a resource that is not there is no empty list. */

const listOf = (kind: ResourceKind) => operationsOf(kind).find((operation) => operation.id === `${kind.noun}.list`)
const parents = new Map(allKinds.map((kind) => [kind.type.toLowerCase(), kind]))
const parentOf = (kind: ResourceKind) => parents.get(kind.type.split('/').slice(0, -1).join('/').toLowerCase())
const nested = allKinds.filter(
  (kind) => kind.placement !== 'extension' && listOf(kind) !== undefined && parentOf(kind) !== undefined,
)

describe('a list below a parent that is not there', () => {
  let world: ContractWorld
  beforeAll(async () => {
    world = await createContractWorld()
  })
  afterAll(() => world.server.close())

  const path = (kind: ResourceKind, change: (params: Readonly<Record<string, string>>, name: string) => object = () => ({})) => {
    const template = listOf(kind)?.path ?? ''
    const name = [...template.matchAll(/\{(\w+)\}/g)].at(-1)?.[1] ?? ''
    return expandPath(template, { ...world.params, ...change(world.params, name) })
  }
  const absent = (kind: ResourceKind) => path(kind, (_params, name) => ({ [name]: 'absent' }))

  it('there are kinds of which this is asked', () => {
    expect(nested.map((kind) => kind.noun)).toEqual(
      expect.arrayContaining(['jobs', 'models', 'models.versions', 'onlineDeployments', 'registryModels', 'computes']),
    )
  })

  it.each(nested)('$noun', async (kind) => {
    const found = await world.server.admin.get(path(kind))
    expect(found.status, found.text).toBe(200)
    const missing = await world.server.admin.get(absent(kind))
    if (kind.type.endsWith('/versions')) {
      // A first version makes its container; SDKs ask for the newest one before that.
      expect([missing.status, missing.json<{ value: unknown[] }>().value]).toEqual([200, []])
      const nowhere = absent(kind).replace(/\/(workspaces|registries)\/parent/, '/$1/absent')
      expect(nowhere).not.toBe(absent(kind))
      expect((await world.server.admin.get(nowhere)).status).toBe(404)
    } else {
      expect([missing.status, missing.json<{ error: { code: string } }>().error.code]).toEqual([404, 'ResourceNotFound'])
      expect(missing.text).toContain("absent'")
    }
    // To a stranger, what is there is as what is not.
    const theirs = await world.stranger.get(path(kind))
    expect(theirs.status, theirs.text).toBe(404)
  })

  it('who may read the parent but not its items is shown none; who may read one item is shown that one', async () => {
    // The role "Data Labeling - Labeler".
    const labelerId = await world.server.createUser('labeler')
    await world.server.grant(labelerId, `${roleIds.reader.slice(0, -36)}c6decf44-fd0a-444c-a844-d653c394e7ab`, world.workspace)
    const labeler = world.server.api(await world.server.tokenOf(labelerId))
    const jobs = await labeler.get(`${world.workspace}/jobs`)
    expect([jobs.status, jobs.json<{ value: unknown[] }>().value]).toEqual([200, []])

    const readerId = await world.server.createUser('reader-of-one')
    await world.server.grant(readerId, roleIds.reader, `${world.workspace}/models/parent`)
    const reader = world.server.api(await world.server.tokenOf(readerId))
    const models = (await reader.get(`${world.workspace}/models`)).json<{ value: { name: string }[] }>()
    expect(models.value.map(({ name }) => name)).toEqual(['parent'])
    expect((await reader.get(`${world.workspace}/models?searchText=nothing-like-it`)).json()).toMatchObject({ value: [] })
    expect((await reader.get(`${world.otherWorkspace}/models`)).status).toBe(404)
  })

  it('code is asked for by its hash below a name that is new', async () => {
    const answer = await world.server.admin.get(`${world.workspace}/codes/made-up/versions?hash=abc&hashVersion=202208`)
    expect([answer.status, answer.json<{ value: unknown[] }>().value]).toEqual([200, []])
  })
})
