import { leaseState } from '../leases.ts'
import type { ListedBlob } from '../snapshot-store.ts'
import { archiveStatus, tierNow } from '../tiers.ts'
import { element, optional, type XmlValue } from './xml.ts'

/** The `<Properties>` of a blob in a list. */
export function propertiesOf(blob: ListedBlob, include: ReadonlySet<string>, now: Date): XmlValue[] {
  const { headers } = blob
  const tags = Object.keys(blob.tags).length
  return [
    element('Creation-Time', blob.createdAt.toUTCString()),
    element('Last-Modified', blob.modifiedAt.toUTCString()),
    element('Etag', blob.etag.replaceAll('"', '')),
    element('Content-Length', blob.sizeBytes),
    element('Content-Type', blob.contentType),
    element('Content-Encoding', headers.contentEncoding ?? ''),
    element('Content-Language', headers.contentLanguage ?? ''),
    element('Content-MD5', headers.contentMd5 ?? ''),
    element('Cache-Control', headers.cacheControl ?? ''),
    element('Content-Disposition', headers.contentDisposition ?? ''),
    element('BlobType', blob.blobType),
    blob.blobType === 'BlockBlob' && blob.uncommitted !== true ? tierOf(blob, now) : undefined,
    blob.snapshot === undefined ? leaseOf(blob, now) : undefined,
    include.has('copy') ? copyOf(blob) : undefined,
    element('ServerEncrypted', true),
    tags > 0 ? element('TagCount', tags) : undefined,
  ]
}

function tierOf(blob: ListedBlob, now: Date) {
  const tier = tierNow(blob.tier, now)
  if (tier === undefined) return [element('AccessTier', 'Hot'), element('AccessTierInferred', true)]
  return [
    element('AccessTier', tier.tier),
    element('AccessTierChangeTime', new Date(tier.changedAt).toUTCString()),
    optional('ArchiveStatus', archiveStatus(tier)),
    optional('RehydratePriority', tier.rehydration?.priority),
  ]
}

function leaseOf(blob: ListedBlob, now: Date) {
  const state = leaseState(blob.lease, now)
  return [
    element('LeaseStatus', state === 'leased' || state === 'breaking' ? 'locked' : 'unlocked'),
    element('LeaseState', state),
    state === 'leased' ? element('LeaseDuration', blob.lease?.durationSeconds === -1 ? 'infinite' : 'fixed') : undefined,
  ]
}

function copyOf({ copy, sizeBytes }: ListedBlob) {
  if (copy === undefined) return undefined
  return [
    element('CopyId', copy.id),
    element('CopyStatus', copy.status),
    element('CopySource', copy.source),
    element('CopyProgress', `${sizeBytes}/${sizeBytes}`),
    element('CopyCompletionTime', new Date(copy.completedAt).toUTCString()),
  ]
}
