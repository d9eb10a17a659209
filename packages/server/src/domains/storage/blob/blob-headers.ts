import type { BlobFacts } from '../blob-store.ts'
import { leaseState, type Lease } from '../leases.ts'
import { archiveStatus, tierNow } from '../tiers.ts'

/** Headers of a lease's state, of blobs and containers. */
export function leaseHeaders(lease: Lease | undefined, now: Date): Record<string, string> {
  const state = leaseState(lease, now)
  const isLocked = state === 'leased' || state === 'breaking'
  return {
    'x-ms-lease-status': isLocked ? 'locked' : 'unlocked',
    'x-ms-lease-state': state,
    ...(state === 'leased' ? { 'x-ms-lease-duration': lease?.durationSeconds === -1 ? 'infinite' : 'fixed' } : {}),
  }
}

export function metadataHeaders(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`x-ms-meta-${name}`, value]))
}

/**
 * What a blob is answered with, body aside.
 * @param asked response headers that the signature of the URL sets (`rscc`, `rscd`, `rsce`, `rscl`, `rsct`)
 */
export function blobHeaders(blob: BlobFacts, now: Date, asked: (name: string) => string | undefined): Record<string, string> {
  const { headers } = blob
  const tags = Object.keys(blob.tags).length
  return defined({
    ...metadataHeaders(blob.metadata),
    etag: blob.etag,
    'last-modified': blob.modifiedAt.toUTCString(),
    'content-type': asked('rsct') ?? blob.contentType,
    'content-encoding': asked('rsce') ?? headers.contentEncoding,
    'content-language': asked('rscl') ?? headers.contentLanguage,
    'cache-control': asked('rscc') ?? headers.cacheControl,
    // What users uploaded is never shown as a page of ours.
    'content-disposition': asked('rscd') ?? headers.contentDisposition ?? 'attachment',
    'content-security-policy': "sandbox; default-src 'none'",
    'accept-ranges': 'bytes',
    'x-ms-blob-type': blob.blobType,
    'x-ms-creation-time': blob.createdAt.toUTCString(),
    'x-ms-server-encrypted': 'true',
    'x-ms-tag-count': tags > 0 ? String(tags) : undefined,
    ...(blob.snapshot === undefined ? leaseHeaders(blob.lease, now) : {}),
    ...(blob.blobType === 'BlockBlob'
      ? tierHeaders(blob, now)
      : { 'x-ms-blob-committed-block-count': String(headers.appendedBlocks ?? 0) }),
    ...copyHeaders(blob),
  })
}

function tierHeaders(blob: BlobFacts, now: Date): Record<string, string | undefined> {
  const tier = tierNow(blob.tier, now)
  if (tier === undefined) return { 'x-ms-access-tier': 'Hot', 'x-ms-access-tier-inferred': 'true' }
  return {
    'x-ms-access-tier': tier.tier,
    'x-ms-access-tier-change-time': new Date(tier.changedAt).toUTCString(),
    'x-ms-archive-status': archiveStatus(tier),
    'x-ms-rehydrate-priority': tier.rehydration?.priority,
  }
}

function copyHeaders({ copy, sizeBytes }: BlobFacts): Record<string, string> {
  if (copy === undefined) return {}
  return {
    'x-ms-copy-id': copy.id,
    'x-ms-copy-source': copy.source,
    'x-ms-copy-status': copy.status,
    'x-ms-copy-progress': `${sizeBytes}/${sizeBytes}`,
    'x-ms-copy-completion-time': new Date(copy.completedAt).toUTCString(),
  }
}

/** Without the members that have no value. */
export function defined(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
