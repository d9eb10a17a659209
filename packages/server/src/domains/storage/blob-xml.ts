import type { AppError } from '@fulcrum/contract'
import type { ApiReply } from '../../kernel/http/index.ts'
import type { BlobFacts } from './blob-store.ts'
import type { BlobPage } from './blobs.ts'
import { StorageError } from './storage-error.ts'

export const blobServiceVersion = '2021-12-02'
const xmlType = { 'content-type': 'application/xml' }
const declaration = '<?xml version="1.0" encoding="utf-8"?>'

/** An error as Azure's storage clients read it. */
export function renderBlobError(error: AppError, requestId: string): ApiReply {
  const code =
    error instanceof StorageError
      ? error.storageCode
      : error.code === 'InvalidAuthenticationToken'
        ? 'NoAuthenticationInformation'
        : error.code
  return {
    status: error.status,
    headers: { ...xmlType, 'x-ms-error-code': code, 'x-ms-version': blobServiceVersion },
    raw: errorXml(code, `${error.message}\nRequestId:${requestId}`),
  }
}

export function errorXml(code: string, message: string): string {
  return `${declaration}<Error><Code>${escaped(code)}</Code><Message>${escaped(message)}</Message></Error>`
}

export interface ListRequest {
  readonly container: string
  readonly prefix?: string | undefined
  readonly delimiter?: string | undefined
  readonly marker?: string | undefined
  readonly maxResults?: number | undefined
  readonly withMetadata: boolean
}

/** The body of List Blobs. */
export function listXml(request: ListRequest, page: BlobPage): string {
  const optional = (name: string, value: string | number | undefined): string =>
    value === undefined ? '' : element(name, String(value))
  const entries = [
    ...page.blobs.map((blob) => ({ name: blob.name, xml: blobXml(blob, request.withMetadata) })),
    ...page.prefixes.map((name) => ({ name, xml: `<BlobPrefix>${element('Name', name)}</BlobPrefix>` })),
  ].sort((left, right) => Buffer.compare(Buffer.from(left.name), Buffer.from(right.name)))
  return (
    `${declaration}<EnumerationResults ContainerName="${escaped(request.container)}">` +
    optional('Prefix', request.prefix) +
    optional('Marker', request.marker) +
    optional('MaxResults', request.maxResults) +
    optional('Delimiter', request.delimiter) +
    `<Blobs>${entries.map((entry) => entry.xml).join('')}</Blobs>${element('NextMarker', page.nextMarker === undefined ? '' : encodeMarker(page.nextMarker))}</EnumerationResults>`
  )
}

function blobXml(blob: BlobFacts, withMetadata: boolean): string {
  const metadata = withMetadata
    ? `<Metadata>${Object.entries(blob.metadata)
        .map(([name, value]) => element(name, value))
        .join('')}</Metadata>`
    : ''
  return (
    `<Blob>${element('Name', blob.name)}<Properties>${element('Creation-Time', blob.createdAt.toUTCString())}${element('Last-Modified', blob.modifiedAt.toUTCString())}` +
    `${element('Etag', blob.etag.replaceAll('"', ''))}${element('Content-Length', String(blob.sizeBytes))}${element('Content-Type', blob.contentType)}` +
    `${element('BlobType', 'BlockBlob')}</Properties>${metadata}</Blob>`
  )
}

/** Markers travel as URL-safe text, since names may hold anything. */
export function encodeMarker(name: string): string {
  return Buffer.from(name).toString('base64url')
}

export function decodeMarker(marker: string): string {
  return Buffer.from(marker, 'base64url').toString('utf8')
}

/** Block ids of a Put Block List body, in order. The format is fixed and flat, so no general XML reader is needed. */
export function blockIdsOf(xml: string): string[] | undefined {
  const inner = /<BlockList\s*>([\s\S]*)<\/BlockList>\s*$/.exec(xml)?.[1] ?? (/<BlockList\s*\/>\s*$/.test(xml) ? '' : undefined)
  if (inner === undefined) return undefined
  return [...inner.matchAll(/<(Latest|Uncommitted|Committed)>\s*([^<]*?)\s*<\/\1>/g)].map((match) => match[2] ?? '')
}

function element(name: string, value: string): string {
  return `<${name}>${escaped(value)}</${name}>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
