import type { Context } from '../../../context.ts'
import { delegationKey, signText } from './keys.ts'
import { canonicalName, delegationSasText } from './string-to-sign.ts'

const version = '2021-12-02'
export const longestSasMs = 3_600_000
/** Accepted difference of clocks before the start. */
const skewMs = 60_000

export interface SasDraft {
  readonly account: string
  readonly container: string
  /** A folder; empty = all of the container. */
  readonly prefix: string
  /** Letters of Azure's permissions. */
  readonly permissions: string
  /** Whose end ends the signature; `system` for links of the platform itself. */
  readonly principalId: string
  readonly lifetimeMs: number
}

/**
 * The query text of a signature of Azure's user-delegation kind, without a leading `?`: bound to a principal, a container or a folder in it,
 * permissions, and at most an hour.
 */
export function signSas(ctx: Pick<Context, 'rootKey' | 'clock' | 'config'>, draft: SasDraft): string {
  const account = draft.account.toLowerCase()
  const now = ctx.clock.now().getTime()
  const folder = draft.prefix.replace(/^\/+|\/+$/g, '')
  const [start, end] = [isoSeconds(now - skewMs), isoSeconds(now + Math.min(draft.lifetimeMs, longestSasMs))]
  const query = new URLSearchParams({
    sv: version,
    sr: folder === '' ? 'c' : 'd',
    sp: draft.permissions,
    st: start,
    se: end,
    skoid: draft.principalId,
    sktid: ctx.config.tenantId,
    skt: start,
    ske: end,
    sks: 'b',
    skv: version,
    ...(folder === '' ? {} : { sdd: String(folder.split('/').length) }),
  })
  const members = {
    objectId: draft.principalId,
    tenantId: ctx.config.tenantId,
    startsOn: start,
    expiresOn: end,
    service: 'b',
    version,
  }
  const text = delegationSasText(query, canonicalName(account, draft.container, folder), {})
  query.set('sig', signText(delegationKey(ctx, account, members, 'platform'), text))
  return query.toString()
}

export function isoSeconds(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`
}
