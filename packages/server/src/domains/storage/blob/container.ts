import type { Context } from '../../../context.ts'
import { readAll, type ApiReply } from '../../../kernel/http/index.ts'
import { createContainer } from '../blob-store.ts'
import { requireConditions } from '../conditions.ts'
import { deleteContainer, readContainer, updateContainer, type AccessPolicy, type ContainerFacts } from '../container-store.ts'
import { findAccount } from '../accounts.ts'
import { requireLease } from '../leases.ts'
import { containerNotFound, storageError } from '../storage-error.ts'
import { leaseHeaders, metadataHeaders } from './blob-headers.ts'
import { conditionsOf, metadataOf, written, xmlReply, type StorageRequest } from './request.ts'
import { childOf, readXml, textOf } from './xml-reader.ts'
import { element, optional, xmlDocument } from './xml.ts'

const namePattern = /^[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){2,62}$/

/** Create Container. */
export async function putContainer(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const { container } = request.address
  if (!namePattern.test(container))
    throw storageError(
      400,
      container.length < 3 || container.length > 63 ? 'OutOfRangeInput' : 'InvalidResourceName',
      `'${container}' is no container name: 3 to 63 lower-case letters, digits and single hyphens.`,
      'containerName',
    )
  requirePrivate(request)
  await request.permit(ctx, 'createContainer', '')
  if ((await findAccount(ctx.db.kysely, request.address.account)) === undefined) throw containerNotFound(container)
  if (!(await createContainer(ctx.db.kysely, ctx, { ...request.container, metadata: metadataOf(request) })))
    throw storageError(409, 'ContainerAlreadyExists', `The container '${container}' exists already.`)
  const made = await known(ctx, request)
  return written(made, 201)
}

function requirePrivate(request: StorageRequest): void {
  if (request.header('x-ms-blob-public-access') !== undefined)
    throw storageError(409, 'PublicAccessNotPermitted', 'Anonymous reading is not offered; give out signatures (SAS).')
}

async function known(ctx: Context, request: StorageRequest): Promise<ContainerFacts> {
  const container = await readContainer(ctx.db.kysely, request.container)
  if (container === undefined) throw containerNotFound(request.address.container)
  return container
}

/** Get Container Properties and Metadata. */
export async function getContainer(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'readContainer', '')
  const container = await known(ctx, request)
  const now = ctx.clock.now()
  requireLease(container.lease, request.header('x-ms-lease-id'), { what: 'Container', needsLease: false, now })
  return written(container, 200, {
    ...metadataHeaders(container.metadata),
    ...leaseHeaders(container.lease, now),
    'x-ms-has-immutability-policy': 'false',
    'x-ms-has-legal-hold': 'false',
    'x-ms-immutable-storage-with-versioning-enabled': 'false',
    'x-ms-default-encryption-scope': '$account-encryption-key',
    'x-ms-deny-encryption-scope-override': 'false',
  })
}

/** Set Container Metadata. */
export async function setContainerMetadata(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'writeContainer', '')
  const metadata = metadataOf(request)
  await changing(ctx, request, false, (tx, container) => updateContainer(tx, ctx, container, { metadata }))
  return written(await known(ctx, request), 200)
}

/** Delete Container. One that holds the files of a workspace or registry stays while that is there. */
export async function removeContainer(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'deleteContainer', '')
  await changing(ctx, request, true, async (tx, container) => {
    if (container.ownerId !== undefined && (await ctx.resources.find(container.ownerId, tx)) !== undefined)
      throw storageError(
        409,
        'ContainerInUse',
        `The container '${container.container}' holds files of '${container.ownerId}'; delete that first.`,
      )
    await deleteContainer(tx, container)
  })
  return { status: 202 }
}

async function changing(
  ctx: Context,
  request: StorageRequest,
  needsLease: boolean,
  change: (tx: Parameters<typeof readContainer>[0], container: ContainerFacts) => Promise<void>,
): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const container = await readContainer(tx, request.container, { forUpdate: true })
    if (container === undefined) throw containerNotFound(request.address.container)
    requireConditions(container, conditionsOf(request), container.container)
    const leaseId = request.header('x-ms-lease-id')
    requireLease(container.lease, leaseId, { what: 'Container', needsLease, now: ctx.clock.now() })
    await change(tx, container)
  })
}

const mostPolicies = 5

/** Set Container ACL: stored access policies; anonymous access is refused. */
export async function setPolicies(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  requirePrivate(request)
  await request.permit(ctx, 'writePolicies', '')
  const body = (await readAll(request.api.stream, 64 * 1024)).toString('utf8')
  const policies = body.trim() === '' ? [] : policiesOf(body)
  await changing(ctx, request, false, (tx, container) => updateContainer(tx, ctx, container, { policies }))
  return written(await known(ctx, request), 200)
}

function policiesOf(body: string): AccessPolicy[] {
  const root = readXml(body)
  if (root.name !== 'SignedIdentifiers')
    throw storageError(400, 'InvalidXmlDocument', 'The body is no <SignedIdentifiers>.', 'body')
  const policies = root.children.map((entry): AccessPolicy => {
    const policy = childOf(entry, 'AccessPolicy')
    const members = {
      startsOn: textOf(policy, 'Start'),
      expiresOn: textOf(policy, 'Expiry'),
      permissions: textOf(policy, 'Permission'),
    }
    const given = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
    return { id: textOf(entry, 'Id') ?? '', ...given }
  })
  const isWrong = policies.some(
    ({ id, startsOn, expiresOn }) =>
      id === '' || id.length > 64 || [startsOn, expiresOn].some((time) => time !== undefined && Number.isNaN(Date.parse(time))),
  )
  if (isWrong || policies.length > mostPolicies || new Set(policies.map(({ id }) => id)).size < policies.length)
    throw storageError(
      400,
      'InvalidXmlNodeValue',
      `A container has at most ${mostPolicies} policies, each with an id of its own of up to 64 characters and with dates.`,
      'body',
    )
  // Signatures compare times as their URLs write them.
  return policies
}

/** Get Container ACL. */
export async function getPolicies(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'readPolicies', '')
  const container = await known(ctx, request)
  const entries = container.policies.map((policy) =>
    element(
      'SignedIdentifier',
      element('Id', policy.id),
      element(
        'AccessPolicy',
        optional('Start', policy.startsOn),
        optional('Expiry', policy.expiresOn),
        optional('Permission', policy.permissions),
      ),
    ),
  )
  const { headers } = written(container, 200)
  return xmlReply(xmlDocument('SignedIdentifiers', {}, entries), headers)
}
