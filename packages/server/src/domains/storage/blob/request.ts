import type { Context } from '../../../context.ts'
import type { ApiReply, ApiRequest } from '../../../kernel/http/index.ts'
import { parseRelativePath } from '../../../kernel/safe/index.ts'
import { createsOnly, requireStorageAccess, type AccessWay } from '../blob-access.ts'
import type { BlobAddress, BlobFacts, ContainerAddress } from '../blob-store.ts'
import type { BlobConditions } from '../conditions.ts'
import { ownerOf } from '../path-access.ts'
import { storageAddressOf, type StorageAddress } from '../sas/address.ts'
import { storageError } from '../storage-error.ts'
import type { StorageNeedName } from '../storage-needs.ts'
import { parseTagExpression } from '../tag-conditions.ts'
import type { WriteGuard } from '../write-blob.ts'

/** A request of the storage protocols: where it goes, and its parameters and headers as text. */
export class StorageRequest {
  readonly api: ApiRequest
  readonly address: StorageAddress
  readonly #query: Readonly<Record<string, unknown>>

  constructor(api: ApiRequest) {
    this.api = api
    const address = storageAddressOf(api.url.split('?', 1)[0] ?? '')
    if (address === undefined)
      throw storageError(400, 'InvalidUri', 'The URL is not of the form /store/{account}/{container}/{blob}.')
    this.address = address
    this.#query = Object.fromEntries(
      Object.entries(api.query as Record<string, unknown>).map(([name, value]) => [name.toLowerCase(), value]),
    )
  }

  get name(): string {
    return this.address.name
  }

  get container(): ContainerAddress {
    return { account: this.address.account, container: this.address.container }
  }

  get blob(): BlobAddress {
    return { ...this.container, name: this.address.name }
  }

  /** A query parameter; absent when empty. */
  query(name: string): string | undefined {
    const value = this.#query[name.toLowerCase()]
    const text: unknown = Array.isArray(value) ? value[0] : value
    return typeof text === 'string' && text !== '' ? text : undefined
  }

  /** A header; absent when empty. */
  header(name: string): string | undefined {
    const value = this.api.headers[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }

  /** `include=a,b`, `comp` and the like, lower case. */
  queryWord(name: string): string | undefined {
    return this.query(name)?.toLowerCase()
  }

  isTrue(header: string): boolean {
    return this.header(header)?.toLowerCase() === 'true'
  }

  async permit(ctx: Context, need: StorageNeedName, name = this.address.name): Promise<AccessWay> {
    const target = { ...this.container, name, snapshot: this.query('snapshot') }
    return requireStorageAccess(ctx, this.api.actor, { target, need, requestId: this.api.id })
  }

  /** What a write of this request must find. */
  guard(): WriteGuard & { readonly owner: string } {
    return {
      conditions: conditionsOf(this),
      leaseId: this.header('x-ms-lease-id'),
      createsOnly: createsOnly(this.api.actor),
      owner: ownerOf(this.api.actor),
    }
  }
}

/** The version of the protocol that the client speaks is the one it is answered in. */
export function versionOf(headers: ApiRequest['headers']): string {
  const asked = headers['x-ms-version']
  return typeof asked === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(asked) ? asked : '2021-12-02'
}

export function conditionsOf(request: StorageRequest, prefix = ''): BlobConditions {
  const tags = request.header(prefix === '' ? 'x-ms-if-tags' : `${prefix}if-tags`)
  return {
    ifMatch: request.header(`${prefix}if-match`),
    ifNoneMatch: request.header(`${prefix}if-none-match`),
    ifModifiedSince: dateOf(request, `${prefix}if-modified-since`),
    ifUnmodifiedSince: dateOf(request, `${prefix}if-unmodified-since`),
    ifTags: tags === undefined ? undefined : parseTagExpression(tags, 'x-ms-if-tags'),
  }
}

function dateOf(request: StorageRequest, name: string): Date | undefined {
  const text = request.header(name)
  if (text === undefined) return undefined
  const date = new Date(text)
  if (Number.isNaN(date.getTime())) throw invalidHeader(name, text, 'write an HTTP date')
  return date
}

export function invalidHeader(name: string, value: string, hint: string) {
  return storageError(400, 'InvalidHeaderValue', `The header ${name} has the value '${value.slice(0, 100)}': ${hint}.`, name)
}

/** Refuses names that could leave a directory one day. */
export function requireBlobName(name: string): void {
  parseRelativePath(name.replace(/\/$/, ''))
}

const metadataName = /^[a-z_][a-z0-9_]{0,255}$/i
const mostMetadataBytes = 8 * 1024

/** `x-ms-meta-*`; undefined when there is none, which some operations tell from an empty one. */
export function metadataOf(request: StorageRequest): Record<string, string> {
  const metadata: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.api.headers)) {
    if (!name.startsWith('x-ms-meta-') || typeof value !== 'string') continue
    const key = name.slice('x-ms-meta-'.length)
    if (!metadataName.test(key))
      throw storageError(400, 'InvalidMetadata', `'${key}' is no metadata name: letters, digits and underscores.`, name)
    metadata[key] = value
  }
  if (JSON.stringify(metadata).length > mostMetadataBytes)
    throw storageError(400, 'MetadataTooLarge', 'Metadata is larger than 8 KiB.', 'x-ms-meta')
  return metadata
}

/** Answers with ETag and Last-Modified of what was written. */
export function written(
  blob: Pick<BlobFacts, 'etag' | 'modifiedAt'>,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): ApiReply {
  return {
    status,
    headers: {
      etag: blob.etag,
      'last-modified': blob.modifiedAt.toUTCString(),
      'x-ms-request-server-encrypted': 'true',
      ...headers,
    },
  }
}

export function xmlReply(text: string, headers: Readonly<Record<string, string>> = {}): ApiReply {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, raw: text }
}
