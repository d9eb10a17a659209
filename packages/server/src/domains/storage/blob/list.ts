import type { Context } from '../../../context.ts'
import type { ApiReply } from '../../../kernel/http/index.ts'
import { readContainer } from '../container-store.ts'
import { listPage, type ListPosition } from '../list-blobs.ts'
import type { ListedBlob } from '../snapshot-store.ts'
import { containerNotFound, storageError } from '../storage-error.ts'
import { propertiesOf } from './list-properties.ts'
import { xmlReply, type StorageRequest } from './request.ts'
import { element, optional, xmlDocument } from './xml.ts'

const mostPerPage = 5_000

/** List Blobs. */
export async function listBlobs(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const prefix = request.query('prefix') ?? ''
  await request.permit(ctx, 'listBlobs', prefix)
  if ((await readContainer(ctx.db.kysely, request.container)) === undefined) throw containerNotFound(request.address.container)
  const delimiter = request.query('delimiter') ?? ''
  const marker = request.query('marker')
  const include = includes(request)
  const page = await listPage(ctx.db.kysely, {
    ...request.container,
    prefix,
    delimiter,
    from: marker === undefined ? undefined : positionOfMarker(marker),
    limit: pageSize(request),
    snapshots: include.has('snapshots'),
    uncommitted: include.has('uncommittedblobs'),
  })
  const now = ctx.clock.now()
  return xmlReply(
    xmlDocument(
      'EnumerationResults',
      { ServiceEndpoint: endpointOf(request), ContainerName: request.address.container },
      optional('Prefix', request.query('prefix')),
      optional('Marker', marker),
      optional('MaxResults', request.query('maxresults')),
      optional('Delimiter', request.query('delimiter')),
      element(
        'Blobs',
        page.entries.map((entry) =>
          'prefix' in entry ? element('BlobPrefix', element('Name', entry.prefix)) : blobElement(entry.blob, include, now),
        ),
      ),
      element('NextMarker', page.next === undefined ? '' : markerOf(page.next)),
    ),
  )
}

export function includes(request: StorageRequest): Set<string> {
  return new Set(
    (request.query('include') ?? '')
      .toLowerCase()
      .split(',')
      .filter((word) => word !== ''),
  )
}

export function endpointOf(request: StorageRequest): string {
  const [, store, host] = request.api.url.split('?', 1)[0]?.split('/') ?? []
  return `${request.api.origin}/${store}/${host}/`
}

/** @throws OutOfRangeQueryParameterValue */
export function pageSize(request: StorageRequest): number {
  const text = request.query('maxresults')
  if (text === undefined) return mostPerPage
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1)
    throw storageError(400, 'OutOfRangeQueryParameterValue', 'maxresults is a whole number from 1 on.', 'maxresults')
  return Math.min(Number(text), mostPerPage)
}

/** Markers travel as URL-safe text, since names may hold anything. */
export function markerOf(position: ListPosition): string {
  return Buffer.from(JSON.stringify([position.name, position.snapshot ?? ''])).toString('base64url')
}

/** @throws InvalidQueryParameterValue */
export function positionOfMarker(marker: string): ListPosition {
  try {
    const [name, snapshot] = JSON.parse(Buffer.from(marker, 'base64url').toString('utf8')) as unknown[]
    if (typeof name === 'string' && typeof snapshot === 'string' && !name.includes('\0') && !snapshot.includes('\0'))
      return snapshot === '' ? { name } : { name, snapshot }
  } catch {
    // Answered like any other marker that is none of ours.
  }
  throw storageError(400, 'InvalidQueryParameterValue', 'The marker is none that this server gave.', 'marker')
}

function blobElement(blob: ListedBlob, include: ReadonlySet<string>, now: Date) {
  const tags = Object.entries(blob.tags)
  return element(
    'Blob',
    element('Name', blob.name),
    optional('Snapshot', blob.snapshot),
    element('Properties', propertiesOf(blob, include, now)),
    include.has('metadata')
      ? element(
          'Metadata',
          Object.entries(blob.metadata).map(([name, value]) => element(name, value)),
        )
      : undefined,
    include.has('tags') && tags.length > 0
      ? element(
          'Tags',
          element(
            'TagSet',
            tags.map(([key, value]) => element('Tag', element('Key', key), element('Value', value))),
          ),
        )
      : undefined,
  )
}
