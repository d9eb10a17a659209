import { createHmac, timingSafeEqual } from 'node:crypto'
import { AppError } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'

/** Links to logs that need no token: bound to one file of one job and to a time, signed with a key derived from the root key. */

const lifetimeMs = 3_600_000

/** The query of a link, without `?`. `path` as the client will send it, decoded. */
export function signLogLink(ctx: Pick<Context, 'rootKey' | 'clock'>, jobResourceId: string, path: string): string {
  const expires = new Date(ctx.clock.now().getTime() + lifetimeMs).toISOString()
  return new URLSearchParams({ se: expires, sig: signature(ctx, jobResourceId, path, expires).toString('base64url') }).toString()
}

/** @throws AuthorizationFailed the signature is wrong or has expired */
export function verifyLogLink(
  ctx: Pick<Context, 'rootKey' | 'clock'>,
  jobResourceId: string,
  path: string,
  given: { readonly se: string; readonly sig: string },
): void {
  const expected = signature(ctx, jobResourceId, path, given.se)
  const received = Buffer.from(given.sig, 'base64url')
  if (received.length !== expected.length || !timingSafeEqual(received, expected))
    throw new AppError('AuthorizationFailed', 'The signature does not fit this link.')
  if (!(ctx.clock.now().getTime() < Date.parse(given.se)))
    throw new AppError('AuthorizationFailed', `The link expired at ${given.se}; read the details of the job again for a new one.`)
}

function signature(ctx: Pick<Context, 'rootKey'>, jobResourceId: string, path: string, expires: string): Buffer {
  const key = createHmac('sha256', ctx.rootKey.key).update('log links').digest()
  return createHmac('sha256', key).update(`${jobResourceId.toLowerCase()}\n${path}\n${expires}`).digest()
}
