import { randomUUID } from 'node:crypto'
import type { BlobServiceClient, BlockBlobClient, ContainerClient } from '@azure/storage-blob'

/**
 * Calls of Azure's client whose answers two servers must agree on. Left out, because the reference server itself departs from Azure:
 * a range that begins at the end of a blob (206 there, 416 on Azure and here), delimiters of several characters (it takes the first), the
 * code of a tag with a forbidden character. Left out, because we do: `Cache-Control` is `no-store` where a blob sets none.
 */

type Step = readonly [what: string, ...outcome: unknown[]]
interface Tools {
  readonly service: BlobServiceClient
  readonly container: ContainerClient
  /** The client tells another name where the account is a part of the path. */
  readonly containerName: string
  readonly blob: (name: string) => BlockBlobClient
  /** Notes the outcome of a call: its status and what `pick` takes, or status and code of its refusal. */
  readonly note: <Result>(what: string, call: Promise<Result>, pick?: (result: Result) => unknown) => Promise<Result | undefined>
}
type Scenario = (tools: Tools) => Promise<void>

interface Answer {
  readonly _response?: { readonly status: number }
  readonly statusCode?: number
}

export async function runScenario(name: string, service: BlobServiceClient, url: string): Promise<Step[]> {
  const steps: Step[] = []
  let names: Readonly<Record<string, string>> = {}
  const note: Tools['note'] = async (what, call, pick) => {
    try {
      const result = await call
      steps.push([what, (result as Answer | undefined)?._response?.status ?? 'done', plain(pick?.(result), names)])
      return result
    } catch (error) {
      const { statusCode, code, details } = error as { statusCode?: number; code?: string; details?: { errorCode?: string } }
      if (statusCode === undefined) throw error
      steps.push([what, statusCode, code ?? details?.errorCode])
      return undefined
    }
  }
  const containerName = `s-${randomUUID()}`
  const container = service.getContainerClient(containerName)
  await container.create()
  names = { [url]: '{url}', [containerName]: '{container}' }
  await scenarios[name]?.({ service, container, containerName, blob: (path) => container.getBlockBlobClient(path), note })
  await container.delete()
  return steps
}

/** Without what differs between servers by nature. */
function plain(value: unknown, names: Readonly<Record<string, string>>): unknown {
  let text = JSON.stringify(value ?? null)
  for (const [name, mark] of Object.entries(names)) text = text.replaceAll(name, mark)
  return JSON.parse(text)
}

const text = async (client: BlockBlobClient, offset?: number, count?: number) =>
  (await client.downloadToBuffer(offset, count)).toString()
const missingLease = randomUUID()

async function names(container: ContainerClient, options: Parameters<ContainerClient['listBlobsFlat']>[0] = {}, pageSize = 2) {
  const pages: string[][] = []
  for await (const page of container.listBlobsFlat(options).byPage({ maxPageSize: pageSize }))
    pages.push(page.segment.blobItems.map((item) => item.name))
  return pages
}

async function hierarchy(container: ContainerClient, delimiter: string, prefix?: string) {
  const found: string[] = []
  for await (const item of container.listBlobsByHierarchy(delimiter, prefix === undefined ? {} : { prefix }))
    found.push(`${item.kind} ${item.name}`)
  return found.toSorted()
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  'containers are made once, carry metadata, and are gone when deleted': async ({ service, note }) => {
    const client = service.getContainerClient(`m-${randomUUID()}`)
    await note('create', client.create({ metadata: { team: 'flights' } }))
    await note('create again', client.create())
    await note('properties', client.getProperties(), (found) => [found.metadata, found.leaseState, found.leaseStatus])
    await note('set metadata', client.setMetadata({ other: 'x' }))
    await note('exists', client.exists(), (found) => found)
    await note('if match', client.setMetadata({}, { conditions: { ifModifiedSince: new Date(Date.now() + 86_400_000) } }))
    await note('delete', client.delete())
    await note('delete again', client.delete())
    await note('properties', client.getProperties())
    await note('list', names(client))
    await note('upload', client.uploadBlockBlob('a', 'x', 1))
  },

  'names of containers have a form': async ({ service, note }) => {
    for (const name of ['ab', 'Upper', 'a--b', '-a-', 'a_b']) await note(name, service.getContainerClient(name).create())
  },

  'a blob is put whole with headers, metadata and MD5': async ({ blob, note }) => {
    const client = blob('folder/a b.txt')
    await note('get nothing', client.download())
    await note('head nothing', client.getProperties())
    await note(
      'upload',
      client.upload('hello', 5, {
        metadata: { One: '1', two: 'zwei' },
        blobHTTPHeaders: {
          blobContentType: 'text/csv',
          blobCacheControl: 'no-cache',
          blobContentEncoding: 'utf8',
          blobContentLanguage: 'de',
          blobContentDisposition: 'inline',
        },
      }),
      (made) => made.contentMD5 !== undefined,
    )
    await note('head', client.getProperties(), (found) => ({
      type: found.contentType,
      cache: found.cacheControl,
      encoding: found.contentEncoding,
      language: found.contentLanguage,
      disposition: found.contentDisposition,
      md5: Buffer.from(found.contentMD5 ?? []).toString('hex'),
      length: found.contentLength,
      blobType: found.blobType,
      lease: [found.leaseState, found.leaseStatus],
      metadata: Object.fromEntries(Object.entries(found.metadata ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
      tier: found.accessTier,
    }))
    await note('text', text(client), (found) => found)
    await note('headers', client.setHTTPHeaders({ blobContentType: 'text/plain' }))
    await note('head', client.getProperties(), (found) => [found.contentType, found.contentLanguage])
    await note('metadata', client.setMetadata({ three: '3' }))
    await note('head', client.getProperties(), (found) => found.metadata)
    await note('delete', client.delete())
    await note('delete again', client.delete())
    await note('delete if exists', client.deleteIfExists(), (found) => found.succeeded)
    await note('metadata of nothing', client.setMetadata({}))
  },

  'ranges are answered as ranges': async ({ blob, note }) => {
    const client = blob('r.txt')
    await client.upload('0123456789', 10)
    for (const [offset, count] of [
      [0, 4],
      [3, undefined],
      [8, 100],
      [0, 10],
      [11, undefined],
    ] as const)
      await note(`${offset}+${count}`, client.download(offset, count), (found) => [
        found.contentRange,
        found.contentLength,
        found.blobContentMD5 !== undefined,
      ])
    await note('with MD5', client.download(2, 3, { rangeGetContentMD5: true }), (found) =>
      Buffer.from(found.contentMD5 ?? []).toString('hex'),
    )
    const empty = blob('empty')
    await empty.upload('', 0)
    await note('empty', empty.download(), (found) => found.contentLength)
  },

  'blocks are staged, listed, committed and reused': async ({ blob, note }) => {
    const client = blob('blocks.bin')
    const id = (number: number) => Buffer.from(`block-${number}`).toString('base64')
    await note('stage', client.stageBlock(id(1), 'one', 3))
    await note('stage', client.stageBlock(id(2), 'two', 3))
    await note('stage', client.stageBlock(id(3), 'three', 5))
    await note('head before commit', client.getProperties())
    const lists = (found: Awaited<ReturnType<typeof client.getBlockList>>) => [found.committedBlocks, found.uncommittedBlocks]
    await note('list', client.getBlockList('all'), lists)
    await note('commit', client.commitBlockList([id(2), id(1)], { metadata: { a: 'b' } }))
    await note('text', text(client), (found) => found)
    await note('list', client.getBlockList('all'), lists)
    await note('unknown block', client.commitBlockList([id(9)]))
    await note('dropped block', client.commitBlockList([id(3)]))
    await note('stage', client.stageBlock(id(4), 'four', 4))
    await note('commit', client.commitBlockList([id(1), id(4), id(2)]))
    await note('text', text(client), (found) => found)
    await note('list committed', client.getBlockList('committed'), lists)
    await note('upload', client.upload('whole', 5))
    await note('list', client.getBlockList('all'), lists)
    await note('old block', client.commitBlockList([id(1)]))
    await note('empty list', client.commitBlockList([]))
    await note('head', client.getProperties(), (found) => found.contentLength)
    await note('list of nothing', blob('nothing').getBlockList('all'))
  },

  'conditions are held to': async ({ blob, note }) => {
    const client = blob('c.txt')
    const made = await client.upload('1', 1)
    const [past, future] = [new Date(Date.now() - 86_400_000), new Date(Date.now() + 86_400_000)]
    const etag = made.etag ?? ''
    const other = '"0x0000000000000001"'
    await note('upload if none', client.upload('2', 1, { conditions: { ifNoneMatch: '*' } }))
    await note('upload if other', client.upload('2', 1, { conditions: { ifMatch: other } }))
    await note('get if match', client.download(0, undefined, { conditions: { ifMatch: etag } }))
    await note('get if other', client.download(0, undefined, { conditions: { ifMatch: other } }))
    await note('get if not other', client.download(0, undefined, { conditions: { ifNoneMatch: other } }))
    await note('get if modified since past', client.download(0, undefined, { conditions: { ifModifiedSince: past } }))
    await note('get if unmodified since past', client.download(0, undefined, { conditions: { ifUnmodifiedSince: past } }))
    await note('get if unmodified since future', client.download(0, undefined, { conditions: { ifUnmodifiedSince: future } }))
    await note('metadata if modified since future', client.setMetadata({}, { conditions: { ifModifiedSince: future } }))
    await note('delete if other', client.delete({ conditions: { ifMatch: other } }))
    await note('delete if match', client.delete({ conditions: { ifMatch: etag } }))
    await note('upload if match nothing', client.upload('3', 1, { conditions: { ifMatch: '*' } }))
    await note('upload if none', client.upload('3', 1, { conditions: { ifNoneMatch: '*' } }))
  },

  'lists are in the order of names, in pages, with prefixes and delimiters': async ({ container, blob, note }) => {
    for (const name of ['a', 'a-b', 'a.txt', 'a/1', 'a/2/x', 'a/2/y', 'b/1', 'z', 'ä', 'A'])
      await blob(name).upload(name, Buffer.byteLength(name))
    await note('flat', names(container), (found) => found)
    await note('prefix', names(container, { prefix: 'a/' }), (found) => found)
    await note('no such prefix', names(container, { prefix: 'q' }), (found) => found.flat())
    await note('root', hierarchy(container, '/'), (found) => found)
    await note('folder', hierarchy(container, '/', 'a/'), (found) => found)
    await note('part of a name', hierarchy(container, '/', 'a'), (found) => found)
    await note('other delimiter', hierarchy(container, '-'), (found) => found)
  },

  'lists include what was asked for': async ({ container, blob, note }) => {
    await blob('m').upload('m', 1, { metadata: { k: 'v' }, tags: { project: 'x' } })
    const snapshot = await blob('m').createSnapshot()
    await blob('m').setMetadata({ k: 'w' })
    await blob('waiting').stageBlock(Buffer.from('1').toString('base64'), 'x', 1)
    const list = async (options: Parameters<ContainerClient['listBlobsFlat']>[0]) => {
      const found: unknown[] = []
      for await (const item of container.listBlobsFlat(options)) {
        const { properties } = item
        const taken =
          item.snapshot === '' || item.snapshot === undefined
            ? 'current'
            : item.snapshot === snapshot.snapshot
              ? 'taken'
              : 'other'
        found.push([item.name, taken, item.metadata ?? null, item.tags ?? null, properties.contentLength, properties.blobType])
      }
      // Whether a blob comes before its snapshots or after them differs.
      return found.toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1))
    }
    await note('plain', list({}), (found) => found)
    await note('metadata', list({ includeMetadata: true }), (found) => found)
    await note('snapshots', list({ includeSnapshots: true, includeMetadata: true }), (found) => found)
    await note('tags', list({ includeTags: true }), (found) => found)
    await note('uncommitted', list({ includeUncommitedBlobs: true }), (found) => (found as unknown[][]).map((item) => item[0]))
    await blob('m').delete({ deleteSnapshots: 'include' })
  },

  'snapshots keep what was': async ({ blob, note }) => {
    const client = blob('s.txt')
    await client.upload('first', 5, { metadata: { v: '1' } })
    const { snapshot = '' } = (await note('snapshot', client.createSnapshot())) ?? {}
    await client.upload('second!', 7)
    const old = client.withSnapshot(snapshot)
    await note('old', text(old as BlockBlobClient), (found) => found)
    await note('old properties', old.getProperties(), (found) => [found.metadata, found.contentLength])
    await note('delete with snapshots there', client.delete())
    await note('delete only', client.delete({ deleteSnapshots: 'only' }))
    await note('old', old.getProperties())
    await note('current', text(client), (found) => found)
    await note('snapshot of nothing', blob('nothing').createSnapshot())
    await note('delete', client.delete({ deleteSnapshots: 'include' }))
  },

  'leases of blobs are acquired, renewed, changed, released, broken, and held to': async ({ blob, note }) => {
    const client = blob('l.txt')
    await client.upload('x', 1)
    const [first, second] = [randomUUID(), randomUUID()]
    const lease = client.getBlobLeaseClient(first)
    await note('short', lease.acquireLease(5))
    await note('acquire', lease.acquireLease(15), (made) => made.leaseId === first)
    await note('acquire again', lease.acquireLease(-1))
    await note('by another', client.getBlobLeaseClient(second).acquireLease(15))
    await note('properties', client.getProperties(), (found) => [found.leaseState, found.leaseStatus, found.leaseDuration])
    await note('write without', client.upload('y', 1))
    await note('write with other', client.upload('y', 1, { conditions: { leaseId: second } }))
    await note('write with', client.upload('y', 1, { conditions: { leaseId: first } }))
    await note('metadata without', client.setMetadata({ a: 'b' }))
    await note('read without', client.getProperties())
    await note('read with other', client.getProperties({ conditions: { leaseId: second } }))
    await note('delete without', client.delete())
    await note('renew', lease.renewLease())
    await note('renew by other', client.getBlobLeaseClient(second).renewLease())
    await note('change', lease.changeLease(second), (made) => made.leaseId === second)
    const after = client.getBlobLeaseClient(second)
    await note('release by old', client.getBlobLeaseClient(first).releaseLease())
    await note('break', after.breakLease(0), (made) => made.leaseTime)
    await note('properties', client.getProperties(), (found) => [found.leaseState, found.leaseStatus])
    await note('renew broken', after.renewLease())
    await note('release broken', after.releaseLease())
    await note('properties', client.getProperties(), (found) => [found.leaseState, found.leaseStatus])
    await note('break none', after.breakLease(0))
    await note('write under no lease', client.upload('z', 1, { conditions: { leaseId: missingLease } }))
    await note('lease of nothing', blob('nothing').getBlobLeaseClient(first).acquireLease(15))
  },

  'leases of containers keep them from being deleted': async ({ service, note }) => {
    const client = service.getContainerClient(`l-${randomUUID()}`)
    await client.create()
    const id = randomUUID()
    const lease = client.getBlobLeaseClient(id)
    await note('acquire', lease.acquireLease(-1))
    await note('properties', client.getProperties(), (found) => [found.leaseState, found.leaseStatus, found.leaseDuration])
    await note('delete', client.delete())
    await note('delete with other', client.delete({ conditions: { leaseId: missingLease } }))
    await note('break', lease.breakLease(0))
    await note('delete', client.delete())
  },

  'blobs are copied within the server': async ({ blob, note }) => {
    const [from, to] = [blob('from.txt'), blob('to.txt')]
    await from.upload('copied', 6, { metadata: { k: 'v' }, blobHTTPHeaders: { blobContentType: 'text/plain' } })
    const poller = await to.beginCopyFromURL(from.url)
    await note('copy', poller.pollUntilDone(), (done) => done.copyStatus)
    await note('properties', to.getProperties(), (found) => [
      found.metadata,
      found.contentType,
      found.copyStatus,
      found.copyProgress,
      found.copySource,
    ])
    await note('text', text(to), (found) => found)
    await note('own metadata', to.syncCopyFromURL(from.url, { metadata: { other: 'x' } }), (done) => done.copyStatus)
    await note('properties', to.getProperties(), (found) => found.metadata)
    const { copyId = '' } = await to.getProperties()
    await note('abort', to.abortCopyFromURL(copyId))
    await note('if none', to.syncCopyFromURL(from.url, { conditions: { ifNoneMatch: '*' } }))
  },

  'tags are set, read, and held to': async ({ blob, note }) => {
    const client = blob('t.txt')
    await client.upload('x', 1, { tags: { project: 'flights', year: '2013' } })
    await note('tags', client.getTags(), (found) => found.tags)
    await note('count', client.getProperties(), (found) => found.tagCount)
    await note('set', client.setTags({ a: 'b c', 'd/e': '1+1=2' }))
    await note('tags', client.getTags(), (found) => found.tags)
    await note('condition holds', client.getProperties({ conditions: { tagConditions: `"a" = 'b c'` } }))
    await note('condition fails', client.getProperties({ conditions: { tagConditions: `"a" = 'x'` } }))
    await note('compared', client.download(0, undefined, { conditions: { tagConditions: `"a" >= 'a' AND "a" < 'c'` } }))
    await note('tags of nothing', blob('nothing').getTags())
  },

  'append blobs grow': async ({ container, note }) => {
    const client = container.getAppendBlobClient('log.txt')
    await note('append to nothing', client.appendBlock('x', 1))
    await note('create', client.create({ metadata: { a: 'b' } }))
    await note('append', client.appendBlock('one,', 4), (made) => [made.blobAppendOffset, made.blobCommittedBlockCount])
    await note('append', client.appendBlock('two', 3), (made) => [made.blobAppendOffset, made.blobCommittedBlockCount])
    await note('position', client.appendBlock('x', 1, { conditions: { appendPosition: 3 } }))
    await note('size', client.appendBlock('x', 1, { conditions: { maxSize: 7 } }))
    await note('properties', client.getProperties(), (found) => [
      found.blobType,
      found.contentLength,
      found.blobCommittedBlockCount,
    ])
    await note('text', client.downloadToBuffer(), (found) => found.toString())
    await note('create if none', client.createIfNotExists(), (made) => made.succeeded)
    const block = container.getBlockBlobClient('block.txt')
    await block.upload('x', 1)
    await note('append to a block blob', container.getAppendBlobClient('block.txt').appendBlock('y', 1))
  },

  'tiers are set': async ({ blob, note }) => {
    const client = blob('tier.txt')
    await client.upload('x', 1, { tier: 'Cool' })
    await note('properties', client.getProperties(), (found) => found.accessTier)
    await note('set', client.setAccessTier('Hot'))
    await note('properties', client.getProperties(), (found) => found.accessTier)
    await note('archive', client.setAccessTier('Archive'))
    await note('properties', client.getProperties(), (found) => found.accessTier)
    await note('tier of nothing', blob('nothing').setAccessTier('Cool'))
  },

  'checksums are compared': async ({ blob, note }) => {
    const client = blob('md5.txt')
    const wrong = Buffer.alloc(16, 1)
    await note('wrong MD5 of a block', client.stageBlock('MQ==', 'x', 1, { transactionalContentMD5: wrong }))
    await note('nothing is there', client.getProperties())
  },

  'policies and information are answered': async ({ service, container, containerName, note }) => {
    await note('policies', container.getAccessPolicy(), (found) => [found.signedIdentifiers, found.blobPublicAccess])
    const accessPolicy = {
      startsOn: new Date('2030-01-01T00:00:00Z'),
      expiresOn: new Date('2030-02-01T00:00:00Z'),
      permissions: 'rl',
    }
    await note('set', container.setAccessPolicy(undefined, [{ id: 'p1', accessPolicy }]))
    await note('policies', container.getAccessPolicy(), (found) =>
      found.signedIdentifiers.map(({ id, accessPolicy: { permissions } }) => [id, permissions]),
    )
    await note('account', service.getAccountInfo(), (found) => found.accountKind)
    const listed: string[] = []
    for await (const { name } of service.listContainers({ prefix: containerName })) listed.push(name)
    await note('containers', Promise.resolve(listed), (found) => found.length)
  },

  'several blobs are deleted at once': async ({ service, blob, note }) => {
    for (const name of ['d/1', 'd/2']) await blob(name).upload('x', 1)
    const urls = [blob('d/1').url, blob('d/2').url, blob('d/none').url]
    const batch = service.getBlobBatchClient()
    await note('delete', batch.deleteBlobs(urls, service.credential), (found) =>
      found.subResponses.map((part) => [part.status, part.errorCode ?? null]),
    )
    await note('gone', blob('d/1').getProperties())
  },
}
