import { allKinds, allOperations, expandPath, type Operation } from '@fulcrum/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roleIds } from '../../src/kernel/authz/index.ts'
import { createContractWorld, itemIds, type ContractWorld } from './contract-world.ts'
import { kindBodies } from './kind-bodies.ts'
import { seedLists } from './seed-lists.ts'

/** Generated from the operation table: a list is cut into pages without losing or repeating an item. */

const membersOf = (schema: unknown): object => (schema as { shape?: object } | undefined)?.shape ?? {}
const isList = (operation: Operation): boolean => operation.method === 'GET' && 'nextLink' in membersOf(operation.response)
const isPaged = (operation: Operation): boolean => '$top' in membersOf(operation.query)

/** Short by nature: they answer whole, and say so by `nextLink: null`. */
const wholeLists = [
  'access.whoCan',
  'auth.listTokens',
  'groups.listMembers',
  'onlineDeployments.skus',
  'servicePrincipals.listSecrets',
  'subscriptions.list',
]

interface Page {
  readonly value: readonly Record<string, unknown>[]
  readonly nextLink: string | null
}

describe('every list', () => {
  let world: ContractWorld

  beforeAll(async () => {
    world = await createContractWorld()
    await seedLists(world)
  })
  afterAll(() => world.server.close())

  const pathOf = (operation: Operation): string => expandPath(operation.path, world.params).replaceAll('%2F', '/')

  async function readPage(path: string): Promise<Page> {
    const response = await world.server.admin.get(path)
    expect(response.status, `${path}: ${response.text}`).toBe(200)
    return response.json<Page>()
  }

  async function readAll(operation: Operation, pageSize: number): Promise<string[]> {
    const found: string[] = []
    for (let path = `${pathOf(operation)}?$top=${pageSize}`; ;) {
      const { value, nextLink } = await readPage(path)
      expect(value.length).toBeLessThanOrEqual(pageSize)
      found.push(...value.map((item) => JSON.stringify(item['id'] ?? item['eventId'])))
      if (nextLink === null) return found
      const next = new URL(nextLink)
      path = next.pathname + next.search
      expect(found.length, 'a list of this size has fewer pages').toBeLessThan(1_000)
    }
  }

  it('has a valid body in the table for each kind', () => {
    expect(allKinds.map((kind) => kind.noun).toSorted()).toEqual(Object.keys(kindBodies).toSorted())
  })

  it('that answers whole is on the list of those', () => {
    const whole = allOperations.filter((operation) => isList(operation) && !isPaged(operation)).map((operation) => operation.id)
    expect(whole.toSorted()).toEqual(wholeLists)
  })

  it.each(allOperations.filter((operation) => isList(operation) && isPaged(operation)))(
    '$id visits each item exactly once',
    async (operation) => {
      const whole = await readAll(operation, 500)
      const paged = await readAll(operation, 2)
      expect(whole.length, 'a list of one page proves nothing').toBeGreaterThan(2)
      expect(paged).toEqual(whole)
      expect(new Set(paged).size).toBe(paged.length)
      const kind = allKinds.find((candidate) => `${candidate.noun}.list` === operation.id)
      if (kind !== undefined) expect(whole).toEqual(expect.arrayContaining(itemIds(world, kind).map((id) => JSON.stringify(id))))
    },
  )

  it('goes on where it was when the item it stopped at is removed meanwhile', async () => {
    const { server, otherWorkspace: scope } = world
    for (const name of ['one', 'two', 'three', 'four']) await server.grant(await server.createUser(name), roleIds.reader, scope)
    const list = `${scope}/providers/Microsoft.Authorization/roleAssignments`
    const ids = (page: Page): string[] => page.value.map((item) => String(item['id']))
    const whole = ids(await readPage(list))
    const at = whole.findLastIndex((id) => id.startsWith(scope)) - 1
    const first = await readPage(`${list}?$top=${at + 1}`)
    expect((await server.admin.delete(whole[at] ?? '')).status).toBe(200)
    const next = new URL(first.nextLink ?? '')
    expect([...ids(first), ...ids(await readPage(next.pathname + next.search))]).toEqual(whole)
  })
})
