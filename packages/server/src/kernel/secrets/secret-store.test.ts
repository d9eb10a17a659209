import { isAppError } from '@fulcrum/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../clock.ts'
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts'
import { createKey, SealBrokenError } from './envelope.ts'
import type { RootKey } from './root-key.ts'
import { SecretStore } from './secret-store.ts'

const root: RootKey = { id: 'root-1', key: createKey() }
const store = new SecretStore(root, systemClock)
let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.db.kysely.deleteFrom('secrets').execute()
  await database.db.kysely.deleteFrom('scope_keys').execute()
})

const put = (scope: string, name: string, value: string) => database.db.transaction((tx) => store.put(tx, { scope, name, value }))
const read = async (scope: string, name: string, version?: number) =>
  (await store.get(database.db.kysely, { scope, name, ...(version === undefined ? {} : { version }) })).value.toString()
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (isAppError(error) ? error.code : error),
  )

describe('SecretStore', () => {
  it('keeps versions; the latest is the default', async () => {
    expect(await put('a', 'password', 'one')).toBe(1)
    expect(await put('a', 'password', 'two')).toBe(2)
    expect([await read('a', 'password'), await read('a', 'password', 1), await read('a', 'password', 2)]).toEqual([
      'two',
      'one',
      'two',
    ])
    expect(await codeOf(read('a', 'password', 3))).toBe('ResourceNotFound')
    expect(await codeOf(read('b', 'password'))).toBe('ResourceNotFound')
  })

  it('numbers simultaneous puts without a gap or a repeat', async () => {
    const versions = await Promise.all(Array.from({ length: 12 }, (_, index) => put('a', 'token', `value ${index}`)))
    expect(versions.sort((left, right) => left - right)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1))
  })

  it('lists names of one scope only, never values', async () => {
    await put('a', 'zeta', 'canary')
    await put('a', 'alpha', 'canary')
    await put('b', 'other', 'canary')
    expect(await store.listNames(database.db.kysely, 'a')).toEqual([
      { name: 'alpha', latestVersion: 1 },
      { name: 'zeta', latestVersion: 1 },
    ])
  })

  it('deletes every version and never uses a number again', async () => {
    await put('a', 'password', 'one')
    await put('a', 'password', 'two')
    const remove = () => database.db.transaction((tx) => store.delete(tx, { scope: 'a', name: 'password' }))
    expect([await remove(), await remove()]).toEqual([true, false])
    expect(await codeOf(read('a', 'password'))).toBe('ResourceNotFound')
    expect(await codeOf(read('a', 'password', 1))).toBe('ResourceNotFound')
    expect(await store.listNames(database.db.kysely, 'a')).toEqual([])
    expect(await put('a', 'password', 'three')).toBe(3)
  })

  it('writes no plaintext to the database (case 98)', async () => {
    await put('a', 'password', 'canary-plaintext')
    const rows = await database.db.kysely.selectFrom('secret_versions').selectAll().execute()
    expect(rows).toHaveLength(1)
    for (const row of rows) {
      expect(row.sealed_value.includes('canary-plaintext')).toBe(false)
      expect(row.wrapped_key.includes('canary-plaintext')).toBe(false)
    }
  })

  it.each([
    ['names', ['a', 'first', 1], ['a', 'second', 1]],
    ['scopes', ['a', 'first', 1], ['b', 'first', 1]],
    ['versions', ['a', 'first', 1], ['a', 'first', 2]],
  ] as const)('does not open ciphertext swapped between %s (case 99)', async (_, from, to) => {
    await put('a', 'first', 'one')
    await put('a', 'first', 'newer')
    await put('a', 'second', 'two')
    await put('b', 'first', 'three')
    const { kysely } = database.db
    const source = await kysely
      .selectFrom('secret_versions')
      .selectAll()
      .where('scope', '=', from[0])
      .where('name', '=', from[1])
      .where('version', '=', from[2])
      .executeTakeFirstOrThrow()
    await kysely
      .updateTable('secret_versions')
      .set({ wrapped_key: source.wrapped_key, sealed_value: source.sealed_value })
      .where('scope', '=', to[0])
      .where('name', '=', to[1])
      .where('version', '=', to[2])
      .execute()
    await expect(read(to[0], to[1], to[2])).rejects.toBeInstanceOf(SealBrokenError)
    expect(await read(from[0], from[1], from[2])).toBe('one')
  })

  it("does not open with another scope's key", async () => {
    await put('a', 'first', 'one')
    await put('b', 'first', 'two')
    const { kysely } = database.db
    const { wrapped_key } = await kysely.selectFrom('scope_keys').selectAll().where('scope', '=', 'a').executeTakeFirstOrThrow()
    await kysely.updateTable('scope_keys').set({ wrapped_key }).where('scope', '=', 'b').execute()
    await expect(read('b', 'first')).rejects.toBeInstanceOf(SealBrokenError)
  })

  it('rotates a scope key without touching sealed values, while secrets are added', async () => {
    await put('a', 'first', 'one')
    const { kysely } = database.db
    const before = await kysely.selectFrom('secret_versions').selectAll().executeTakeFirstOrThrow()
    const rotate = () => database.db.transaction((tx) => store.rotateScopeKey(tx, 'a'))
    await Promise.all([rotate(), put('a', 'second', 'two'), rotate(), put('a', 'third', 'three')])
    const after = await kysely.selectFrom('secret_versions').selectAll().where('name', '=', 'first').executeTakeFirstOrThrow()
    expect(after.sealed_value.equals(before.sealed_value)).toBe(true)
    expect(after.wrapped_key.equals(before.wrapped_key)).toBe(false)
    expect(after.scope_key_version).toBe(3)
    expect([await read('a', 'first'), await read('a', 'second'), await read('a', 'third')]).toEqual(['one', 'two', 'three'])
  })

  it('moves a scope to a new root key, and names the wrong root key otherwise', async () => {
    await put('a', 'first', 'one')
    const next = new SecretStore({ id: 'root-2', key: createKey() }, systemClock)
    await expect(next.get(database.db.kysely, { scope: 'a', name: 'first' })).rejects.toThrow('sealed under root key root-1')
    await database.db.transaction((tx) => next.rotateScopeKey(tx, 'a', root))
    expect((await next.get(database.db.kysely, { scope: 'a', name: 'first' })).value.toString()).toBe('one')
    await expect(read('a', 'first')).rejects.toThrow('sealed under root key root-2')
  })

  it('destroys a scope with its key', async () => {
    await put('a', 'first', 'one')
    await put('b', 'first', 'two')
    await database.db.transaction((tx) => store.destroyScope(tx, 'a'))
    expect(await codeOf(read('a', 'first'))).toBe('ResourceNotFound')
    expect(await read('b', 'first')).toBe('two')
    expect(await put('a', 'first', 'fresh')).toBe(1)
  })

  it('takes part in its caller’s transaction', async () => {
    await expect(
      database.db.transaction(async (tx) => {
        await store.put(tx, { scope: 'a', name: 'first', value: 'one' })
        throw new Error('the rest failed')
      }),
    ).rejects.toThrow('the rest failed')
    expect(await codeOf(read('a', 'first'))).toBe('ResourceNotFound')
  })
})
