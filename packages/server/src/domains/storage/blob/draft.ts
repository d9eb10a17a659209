import type { Context } from '../../../context.ts'
import type { BlobDraft, BlobHeaders } from '../blob-store.ts'
import { requireTags } from '../tag-conditions.ts'
import { accessTier, type TierRecord } from '../tiers.ts'
import { metadataOf, type StorageRequest } from './request.ts'

/** What the headers of a request say of the blob it makes, content aside. */
export function draftOf(ctx: Context, request: StorageRequest): Omit<BlobDraft, 'digest' | 'sizeBytes'> {
  return {
    name: request.name,
    metadata: metadataOf(request),
    contentType: request.header('x-ms-blob-content-type'),
    headers: blobHeadersOf(request),
    tags: tagsOf(request),
    tier: tierOf(ctx, request),
  }
}

/** `x-ms-blob-*` headers. */
export function blobHeadersOf(request: StorageRequest): BlobHeaders {
  const pairs = {
    cacheControl: request.header('x-ms-blob-cache-control'),
    contentEncoding: request.header('x-ms-blob-content-encoding'),
    contentLanguage: request.header('x-ms-blob-content-language'),
    contentDisposition: request.header('x-ms-blob-content-disposition'),
    contentMd5: request.header('x-ms-blob-content-md5'),
  }
  return Object.fromEntries(Object.entries(pairs).filter(([, value]) => value !== undefined))
}

/** `x-ms-tags: a=b&c=d`, percent-encoded. */
function tagsOf(request: StorageRequest): Readonly<Record<string, string>> {
  return requireTags(Object.fromEntries(new URLSearchParams(request.header('x-ms-tags') ?? '')))
}

export function tierOf(ctx: Context, request: StorageRequest): TierRecord | undefined {
  const tier = accessTier(request.header('x-ms-access-tier'))
  return tier === undefined ? undefined : { tier, changedAt: ctx.clock.now().toISOString() }
}
