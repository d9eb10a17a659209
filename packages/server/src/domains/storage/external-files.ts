import { AppError, invalid } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { fetchExternal } from '../../kernel/safe/index.ts'
import { canonicalUrl } from './mirrored-place.ts'

/** Fetched whole, so the limit is one of memory. */
const maximumBytes = 256 * 1024 * 1024
const totalTimeoutMs = 300_000

/** True for an address that is fetched when there is no copy of it: the operator allows it. */
export function isFetchable(ctx: Pick<Context, 'config'>, uri: string): boolean {
  return ctx.config.externalInputs === 'allow' && /^(?:https|wasbs|abfss):/i.test(uri) && canonicalUrl(uri) !== undefined
}

/** What to do about an address outside this instance of which there is no copy. */
export function notMirrored(uri: string): AppError {
  const shown = uri.replace(/[?#].*$/s, '').slice(0, 300)
  return invalid(
    `'${shown}' is outside this instance, and there is no copy of it here. \`fulcrum mirror add ${shown} <file or folder>\` makes one; with FULCRUM_EXTERNAL_INPUTS=allow it is fetched.`,
    { code: 'NotSupported', target: 'uri' },
  )
}

/** One file from a public address. @throws NotSupported it is not there · AddressNotAllowed · ServiceUnavailable */
export async function fetchFile(ctx: Context, uri: string): Promise<{ path: string; digest: string; sizeBytes: number }> {
  const url = /^https:/i.test(uri) ? uri : `https://${canonicalUrl(uri) ?? ''}`
  const response = await fetchExternal(url, { name: 'job input', allowHttp: false }, { limits: { maximumBytes, totalTimeoutMs } })
  if (response.status !== 200)
    throw new AppError('NotSupported', `'${uri.slice(0, 300)}' answered ${response.status}; it must name one public file.`, {
      target: 'uri',
    })
  const { digest, sizeBytes } = await ctx.content.put(response.body)
  return { path: new URL(url).pathname.split('/').at(-1) || 'file', digest, sizeBytes }
}
