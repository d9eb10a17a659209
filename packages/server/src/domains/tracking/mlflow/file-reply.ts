import { notFound } from '@fulcrum/contract'
import type { ApiReply } from '../../../kernel/http/index.ts'
import { findArtifact, openArtifact, type ArtifactPlace } from '../artifacts.ts'

const textual =
  /\.(?:txt|log|json|js|ts|py|r|sh|ya?ml|csv|tsv|md|rst|xml|html?|css|ini|cfg|toml|jsonl|sql)$|(?:^|\/)(?:MLmodel|MLproject|Dockerfile|LICENSE)$/i
const images: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
}

/** Never what the uploader said: users' HTML must not run from our origin. */
export function contentTypeOf(path: string): string {
  if (textual.test(path)) return 'text/plain; charset=utf-8'
  return images[path.slice(path.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream'
}

export interface Span {
  readonly start: number
  readonly endExclusive: number
}

/** Reads `bytes=a-b`, `bytes=a-`, `bytes=-n`. @returns `undefined` to send all; `null` when nothing of it can be satisfied */
export function parseRange(header: string | undefined, sizeBytes: number): Span | undefined | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  if (match === null) return undefined
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return undefined
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const endExclusive = first === '' || last === '' ? sizeBytes : Math.min(sizeBytes, Number(last) + 1)
  return start >= endExclusive ? null : { start, endExclusive }
}

/** Streams a file of the artifact container, whole or in part. @throws ResourceNotFound */
export async function sendArtifact(place: ArtifactPlace, path: string, range: string | undefined): Promise<ApiReply> {
  const file = await findArtifact(place, path)
  if (file === undefined) throw notFound('Artifact', path)
  const span = parseRange(range, file.sizeBytes)
  if (span === null) return { status: 416, headers: { 'content-range': `bytes */${file.sizeBytes}` } }
  const { start, endExclusive } = span ?? { start: 0, endExclusive: file.sizeBytes }
  const name = path.slice(path.lastIndexOf('/') + 1)
  return {
    status: span === undefined ? 200 : 206,
    headers: {
      'content-type': contentTypeOf(path),
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
      'content-length': String(endExclusive - start),
      'accept-ranges': 'bytes',
      etag: `"${file.digest}"`,
      ...(span === undefined ? {} : { 'content-range': `bytes ${start}-${endExclusive - 1}/${file.sizeBytes}` }),
    },
    raw: await openArtifact(place, file, { start, endExclusive }),
  }
}
