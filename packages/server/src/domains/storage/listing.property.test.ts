import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { upsertBlobs } from './blob-store.ts'
import { startStorageFixture, type StorageFixture } from './blob-client.fixture.ts'
import { rangeOf } from './blob/ranges.ts'
import { listPage, type ListPosition } from './list-blobs.ts'
import { listPaths } from './list-paths.ts'

const segment = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', 'ä', '𝄞', 'Z'), minLength: 1, maxLength: 3 })
const name = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
const byBytes = (left: string, right: string) => Buffer.compare(Buffer.from(left), Buffer.from(right))

describe('lists', () => {
  let fixture: StorageFixture
  let serial = 0
  beforeAll(async () => {
    fixture = await startStorageFixture({ isHierarchical: true })
  })
  afterAll(() => fixture[Symbol.asyncDispose]())

  const filled = async (names: readonly string[]) => {
    serial += 1
    const address = { account: fixture.accountName, container: `list-${serial}` }
    await fixture.service.createContainer(address.container)
    const { ctx } = fixture.server
    const empty = await ctx.content.put(Buffer.alloc(0))
    await upsertBlobs(
      ctx.db.kysely,
      ctx,
      address,
      names.map((each) => ({ name: each, ...empty })),
    )
    return address
  }

  it('give every blob or folder once, in the order of bytes, whatever the prefix, the delimiter and the size of pages', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name, { maxLength: 25 }),
        fc.constantFrom('', 'a', 'a/', 'ä', 'b/-'),
        fc.constantFrom('', '/', '-', 'a/'),
        fc.integer({ min: 1, max: 7 }),
        async (names, prefix, delimiter, limit) => {
          const address = await filled(names)
          const expected = [
            ...new Set(
              names
                .filter((each) => each.startsWith(prefix))
                .map((each) => {
                  const cut = delimiter === '' ? -1 : each.indexOf(delimiter, prefix.length)
                  return cut < 0 ? `blob ${each}` : `prefix ${each.slice(0, cut + delimiter.length)}`
                }),
            ),
          ].toSorted((left, right) => byBytes(left.slice(left.indexOf(' ')), right.slice(right.indexOf(' '))))
          const found: string[] = []
          let from: ListPosition | undefined
          do {
            const request = { ...address, prefix, delimiter, from, limit, snapshots: true, uncommitted: true }
            const page = await listPage(fixture.server.ctx.db.kysely, request)
            expect(page.entries.length).toBeLessThanOrEqual(limit)
            found.push(...page.entries.map((entry) => ('prefix' in entry ? `prefix ${entry.prefix}` : `blob ${entry.blob.name}`)))
            from = page.next
          } while (from !== undefined)
          // A blob may have the very name of a folder's prefix; their order among themselves is free.
          expect(found.toSorted()).toEqual(expected.toSorted())
          expect(found.map((each) => each.slice(each.indexOf(' ')))).toEqual(
            expected.map((each) => each.slice(each.indexOf(' '))),
          )
        },
      ),
      { numRuns: 40 },
    )
  })

  it('of a file system give every path once, with the directories that are there only by what they hold', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name, { maxLength: 20 }),
        fc.constantFrom('', 'a', 'b/a'),
        fc.boolean(),
        fc.integer({ min: 1, max: 6 }),
        async (names, directory, recursive, limit) => {
          const address = await filled(names)
          const prefix = directory === '' ? '' : `${directory}/`
          const expected = new Set<string>()
          for (const each of names.filter((candidate) => candidate.startsWith(prefix))) {
            const parts = each.slice(prefix.length).split('/')
            for (let depth = 1; depth <= (recursive ? parts.length : 1); depth += 1)
              expected.add(prefix + parts.slice(0, depth).join('/'))
          }
          const found: string[] = []
          let from: string | undefined
          do {
            const page = await listPaths(fixture.server.ctx.db.kysely, { ...address, directory, recursive, from, limit })
            found.push(...page.paths.map((path) => path.name))
            from = page.next
          } while (from !== undefined)
          expect(found.toSorted()).toEqual([...expected].toSorted())
        },
      ),
      { numRuns: 40 },
    )
  })

  it('of containers keep to a prefix', async () => {
    for (const each of ['alpha-1', 'alpha-2', 'beta']) await fixture.service.createContainer(each)
    const found: string[] = []
    for await (const container of fixture.service.listContainers({ prefix: 'alpha-' })) found.push(container.name)
    expect(found).toEqual(['alpha-1', 'alpha-2'])
  })
})

describe('a range', () => {
  it('is what slicing gives, or unsatisfiable, or ignored', () => {
    const bound = fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined })
    fc.assert(
      fc.property(bound, bound, fc.integer({ min: 0, max: 30 }), (first, last, sizeBytes) => {
        const range = rangeOf(`bytes=${first ?? ''}-${last ?? ''}`, sizeBytes)
        const bytes = Array.from({ length: sizeBytes }, (_, index) => index)
        const asked = first !== undefined || last !== undefined
        const wanted =
          first === undefined
            ? last === 0
              ? []
              : bytes.slice(-(last ?? 0))
            : bytes.slice(first, last === undefined ? undefined : last + 1)
        const found = { start: wanted[0], endExclusive: (wanted.at(-1) ?? 0) + 1 }
        expect(range).toEqual(asked ? (wanted.length === 0 ? 'unsatisfiable' : found) : undefined)
      }),
    )
    for (const header of ['bytes=-', 'bytes=a-b', 'bytes=1-2,4-5', 'items=0-1', 'bytes=--1', undefined])
      expect([header, rangeOf(header, 10)]).toEqual([header, undefined])
  })
})
