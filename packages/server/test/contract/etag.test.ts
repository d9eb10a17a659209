import { allKinds, type ResourceKind } from '@fulcrum/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bodyOf, createContractWorld, itemName, itemPath, type ContractWorld } from './contract-world.ts'

/** Generated over the kinds: who writes over what they have not seen is refused, and nothing happens. */

describe('a stale If-Match', () => {
  let world: ContractWorld
  beforeAll(async () => {
    world = await createContractWorld()
  })
  afterAll(() => world.server.close())

  const idOf = (kind: ResourceKind): string => itemPath(world, kind, itemName(kind, 1))

  async function read(id: string) {
    const response = await world.server.admin.get(id)
    expect(response.status, response.text).toBe(200)
    return { text: response.text, etag: response.json<{ etag: string }>().etag }
  }

  /** The etag that an item had before its last change. */
  async function staleEtag(kind: ResourceKind): Promise<string> {
    const before = await read(idOf(kind))
    const written = await world.server.admin.put(idOf(kind), bodyOf(world, kind, 1), { 'if-match': before.etag })
    expect([200, 201], written.text).toContain(written.status)
    expect((await read(idOf(kind))).etag).not.toBe(before.etag)
    return before.etag
  }

  async function refused(kind: ResourceKind, method: string, etag: string, body?: unknown): Promise<void> {
    const before = await read(idOf(kind))
    const response = await world.server.admin.request(method, idOf(kind), {
      headers: { 'if-match': etag },
      ...(body === undefined ? {} : { body }),
    })
    expect([response.status, response.text]).toEqual([412, expect.stringContaining('PreconditionFailed')])
    expect((await read(idOf(kind))).text).toBe(before.text)
  }

  it.each(allKinds)('is refused by each write to $noun, and nothing changes', async (kind) => {
    const etag = await staleEtag(kind)
    await refused(kind, 'PUT', etag, bodyOf(world, kind, 1))
    if (kind.verbs.includes('patch')) await refused(kind, 'PATCH', etag, { tags: { by: 'somebody' } })
    if (kind.verbs.includes('delete')) await refused(kind, 'DELETE', etag)
  })

  it.each(allKinds)('and If-None-Match: * keep what exists of $noun', async (kind) => {
    const before = await read(idOf(kind))
    const response = await world.server.admin.put(idOf(kind), bodyOf(world, kind, 1), { 'if-none-match': '*' })
    expect(response.status, response.text).toBe(412)
    expect((await read(idOf(kind))).text).toBe(before.text)
  })

  it.each(allKinds)('on $noun that does not exist creates nothing', async (kind) => {
    const id = itemPath(world, kind, itemName(kind, 77))
    const response = await world.server.admin.put(id, bodyOf(world, kind, 1), { 'if-match': '"1"' })
    expect([response.status, response.text]).toEqual([412, expect.stringContaining('PreconditionFailed')])
    expect((await world.server.admin.get(id)).status).toBe(404)
  })
})
