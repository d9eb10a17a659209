import { randomUUID } from 'node:crypto'
import type { BlockBlobClient } from '@azure/storage-blob'
import type { Scenario } from './blob-scenario-runner.ts'

/** Snapshots, leases, copies, tags, append blobs, tiers, policies and batches. */

const text = async (client: BlockBlobClient) => (await client.downloadToBuffer()).toString()
const missingLease = randomUUID()

export const furtherScenarios: Readonly<Record<string, Scenario>> = {
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
