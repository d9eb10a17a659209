import type { Context } from '../../../context.ts'
import type { ApiReply } from '../../../kernel/http/index.ts'
import { updateBlob } from '../blob-store.ts'
import { requireConditions } from '../conditions.ts'
import { readContainer, updateContainer } from '../container-store.ts'
import { changeLease, type Lease, type LeaseOutcome, type LeaseRequest } from '../leases.ts'
import { containerNotFound, storageError } from '../storage-error.ts'
import { lockExisting } from '../write-blob.ts'
import { conditionsOf, invalidHeader, type StorageRequest } from './request.ts'

/** Lease Blob. */
export async function leaseBlob(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const asked = leaseRequestOf(ctx, request)
  await request.permit(ctx, asked.action === 'break' ? 'breakLease' : 'writeBlob')
  return ctx.db.transaction(async (tx) => {
    const conditions = conditionsOf(request)
    const blob = await lockExisting(tx, ctx, request.blob, { conditions, allowsArchived: true })
    const outcome = changeLease(blob.lease, asked, ctx.clock.now())
    await updateBlob(tx, ctx, request.blob, { lease: outcome.lease })
    return answer(asked, outcome, { etag: blob.etag, modifiedAt: blob.modifiedAt })
  })
}

/** Lease Container. */
export async function leaseContainer(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const asked = leaseRequestOf(ctx, request)
  await request.permit(ctx, 'writeContainer')
  return ctx.db.transaction(async (tx) => {
    const container = await readContainer(tx, request.container, { forUpdate: true })
    if (container === undefined) throw containerNotFound(request.address.container)
    requireConditions(container, conditionsOf(request), container.container)
    const outcome = changeLease(container.lease, asked, ctx.clock.now())
    await updateContainer(tx, ctx, container, { lease: outcome.lease })
    return answer(asked, outcome, container)
  })
}

function leaseRequestOf(ctx: Context, request: StorageRequest): LeaseRequest {
  const action = request.header('x-ms-lease-action')?.toLowerCase()
  switch (action) {
    case 'acquire':
      return {
        action,
        durationSeconds: seconds(request, 'x-ms-lease-duration') ?? missing('x-ms-lease-duration'),
        proposedId: guid(request, 'x-ms-proposed-lease-id') ?? ctx.ids.uuid(),
      }
    case 'renew':
    case 'release':
      return { action, leaseId: guid(request, 'x-ms-lease-id') ?? missing('x-ms-lease-id') }
    case 'change':
      return {
        action,
        leaseId: guid(request, 'x-ms-lease-id') ?? missing('x-ms-lease-id'),
        proposedId: guid(request, 'x-ms-proposed-lease-id') ?? missing('x-ms-proposed-lease-id'),
      }
    case 'break':
      return { action, breakSeconds: seconds(request, 'x-ms-lease-break-period') }
    default:
      throw invalidHeader('x-ms-lease-action', action ?? '', 'write acquire, renew, change, release or break')
  }
}

function missing(name: string): never {
  throw storageError(400, 'MissingRequiredHeader', `The header ${name} is missing.`, name)
}

function seconds(request: StorageRequest, name: string): number | undefined {
  const text = request.header(name)
  if (text === undefined) return undefined
  if (!/^(-1|\d{1,3})$/.test(text)) throw invalidHeader(name, text, 'write a number of seconds, or -1')
  return Number(text)
}

function guid(request: StorageRequest, name: string): string | undefined {
  const text = request.header(name)?.replace(/^\{|\}$/g, '')
  if (text === undefined) return undefined
  if (!/^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(text)) throw invalidHeader(name, text, 'write a GUID')
  return text.toLowerCase()
}

function answer(asked: LeaseRequest, outcome: LeaseOutcome, state: { etag: string; modifiedAt: Date }): ApiReply {
  const statuses = { acquire: 201, renew: 200, change: 200, release: 200, break: 202 } as const
  return {
    status: statuses[asked.action],
    headers: {
      etag: state.etag,
      'last-modified': state.modifiedAt.toUTCString(),
      ...idHeader(asked, outcome.lease),
      ...(outcome.remainingSeconds === undefined ? {} : { 'x-ms-lease-time': String(outcome.remainingSeconds) }),
    },
  }
}

function idHeader(asked: LeaseRequest, lease: Lease | undefined): Record<string, string> {
  return lease === undefined || asked.action === 'break' ? {} : { 'x-ms-lease-id': lease.id }
}
