import { forbidden } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { readAll, type ApiReply } from '../../../kernel/http/index.ts'
import { findAccount } from '../accounts.ts'
import { selectContainers } from '../container-store.ts'
import { findByTags } from '../find-by-tags.ts'
import { leaseState } from '../leases.ts'
import { delegationKey } from '../sas/keys.ts'
import { isoSeconds } from '../sas/sign.ts'
import { containerNotFound, notOffered, storageError } from '../storage-error.ts'
import { parseTagExpression } from '../tag-conditions.ts'
import { endpointOf, includes, markerOf, pageSize, positionOfMarker } from './list.ts'
import { versionOf, xmlReply, type StorageRequest } from './request.ts'
import { readXml, textOf } from './xml-reader.ts'
import { element, optional, xmlDocument } from './xml.ts'

const longestKeyMs = 7 * 86_400_000

/** List Containers. */
export async function listContainers(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'listContainers', '')
  const { account } = request.address
  if ((await findAccount(ctx.db.kysely, account)) === undefined) throw containerNotFound(account)
  const limit = pageSize(request)
  const marker = request.query('marker')
  const from = marker === undefined ? undefined : positionOfMarker(marker).name
  const found = await selectContainers(ctx.db.kysely, { account, prefix: request.query('prefix') ?? '', from, limit: limit + 1 })
  const next = found[limit]
  const withMetadata = includes(request).has('metadata')
  const now = ctx.clock.now()
  const entries = found.slice(0, limit).map((container) => {
    const state = leaseState(container.lease, now)
    return element(
      'Container',
      element('Name', container.container),
      element(
        'Properties',
        element('Last-Modified', container.modifiedAt.toUTCString()),
        element('Etag', container.etag),
        element('LeaseStatus', state === 'leased' || state === 'breaking' ? 'locked' : 'unlocked'),
        element('LeaseState', state),
        element('HasImmutabilityPolicy', false),
        element('HasLegalHold', false),
      ),
      withMetadata
        ? element(
            'Metadata',
            Object.entries(container.metadata).map(([name, value]) => element(name, value)),
          )
        : undefined,
    )
  })
  return xmlReply(
    xmlDocument(
      'EnumerationResults',
      { ServiceEndpoint: endpointOf(request) },
      optional('Prefix', request.query('prefix')),
      optional('Marker', marker),
      optional('MaxResults', request.query('maxresults')),
      element('Containers', entries),
      element('NextMarker', next === undefined ? '' : markerOf({ name: next.container })),
    ),
  )
}

/** Get Account Information, at every level. */
export async function accountInformation(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, request.address.container === '' ? 'readService' : request.name === '' ? 'readContainer' : 'readBlob')
  const account = await findAccount(ctx.db.kysely, request.address.account)
  return {
    status: 200,
    headers: {
      'x-ms-sku-name': 'Standard_LRS',
      'x-ms-account-kind': account?.kind ?? 'StorageV2',
      'x-ms-is-hns-enabled': String(account?.properties['isHnsEnabled'] === true),
    },
  }
}

/** Get Blob Service Properties: what this server always does. */
export async function getServiceProperties(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'readService', '')
  const off = (name: string) =>
    element(name, element('Version', '1.0'), element('Enabled', false), element('RetentionPolicy', element('Enabled', false)))
  const logging = element(
    'Logging',
    element('Version', '1.0'),
    element('Delete', false),
    element('Read', false),
    element('Write', false),
    element('RetentionPolicy', element('Enabled', false)),
  )
  return xmlReply(
    xmlDocument(
      'StorageServiceProperties',
      {},
      logging,
      off('HourMetrics'),
      off('MinuteMetrics'),
      element('Cors'),
      element('DefaultServiceVersion', '2021-12-02'),
      element('DeleteRetentionPolicy', element('Enabled', false)),
      element('StaticWebsite', element('Enabled', false)),
    ),
  )
}

/** Set Blob Service Properties: what is off may be set to off again; nothing can be turned on. */
export async function setServiceProperties(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'writeService', '')
  const root = readXml((await readAll(request.api.stream, 64 * 1024)).toString('utf8'))
  if (root.name !== 'StorageServiceProperties')
    throw storageError(400, 'InvalidXmlDocument', 'The body is no <StorageServiceProperties>.', 'body')
  for (const part of root.children) {
    const flags = part.children.filter((child) => ['Enabled', 'Delete', 'Read', 'Write'].includes(child.name))
    const turnedOn =
      part.name === 'Cors' ? part.children.length > 0 : flags.some((flag) => flag.text.trim().toLowerCase() === 'true')
    if (turnedOn)
      throw notOffered(`<${part.name}> of the service`, 'The audit log and the metrics of the platform take its place.')
  }
  return { status: 202 }
}

/** Get User Delegation Key: for callers with a token. */
export async function userDelegationKey(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const { actor } = request.api
  if (actor.storageGrant !== undefined)
    throw storageError(403, 'AuthorizationFailure', 'A delegation key is given to a token, not to a signature or a key.')
  await request.permit(ctx, 'delegationKey', '')
  if (actor.tokenScopes !== undefined) throw forbidden('generateUserDelegationKey', request.address.account)
  const root = readXml((await readAll(request.api.stream, 16 * 1024)).toString('utf8'))
  const now = ctx.clock.now().getTime()
  const start = Date.parse(textOf(root, 'Start') ?? isoSeconds(now))
  const end = Date.parse(textOf(root, 'Expiry') ?? '')
  if (root.name !== 'KeyInfo' || !(end > Math.max(start, now)) || end - now > longestKeyMs || start - now > longestKeyMs)
    throw storageError(400, 'InvalidXmlNodeValue', '<KeyInfo> needs an Expiry after Start, within the next 7 days.', 'Expiry')
  const members = {
    objectId: actor.id,
    tenantId: ctx.config.tenantId,
    startsOn: isoSeconds(start),
    expiresOn: isoSeconds(end),
    service: 'b',
    version: versionOf(request.api.headers),
  }
  return xmlReply(
    xmlDocument(
      'UserDelegationKey',
      {},
      element('SignedOid', members.objectId),
      element('SignedTid', members.tenantId),
      element('SignedStart', members.startsOn),
      element('SignedExpiry', members.expiresOn),
      element('SignedService', members.service),
      element('SignedVersion', members.version),
      element('Value', delegationKey(ctx, request.address.account, members, 'principal')),
    ),
  )
}

/** Find Blobs by Tags, in an account or a container. */
export async function findTagged(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const { container, account } = request.address
  await request.permit(ctx, container === '' ? 'findByTags' : 'findInContainer', '')
  const where = request.query('where')
  if (where === undefined) throw storageError(400, 'MissingRequiredQueryParameter', 'Find Blobs by Tags needs where=.', 'where')
  const marker = request.query('marker')
  const page = await findByTags(ctx.db.kysely, {
    account,
    container: container === '' ? undefined : container,
    expression: parseTagExpression(where, 'where'),
    limit: pageSize(request),
    after: marker === undefined ? undefined : blobOfMarker(marker),
  })
  const blobs = page.blobs.map((blob) =>
    element(
      'Blob',
      element('Name', blob.name),
      element('ContainerName', blob.container),
      element(
        'Tags',
        element(
          'TagSet',
          blob.tags.map(([key, value]) => element('Tag', element('Key', key), element('Value', value))),
        ),
      ),
    ),
  )
  return xmlReply(
    xmlDocument(
      'EnumerationResults',
      { ServiceEndpoint: endpointOf(request) },
      element('Where', where),
      element('Blobs', blobs),
      element('NextMarker', page.last === undefined ? '' : markerOf({ name: page.last.name, snapshot: page.last.container })),
    ),
  )
}

function blobOfMarker(marker: string): { container: string; name: string } {
  const { name, snapshot = '' } = positionOfMarker(marker)
  return { name, container: snapshot }
}
