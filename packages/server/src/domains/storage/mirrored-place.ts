import { createHash } from 'node:crypto'
import { mirrorKind } from '@fulcrum/contract'
import type { Executor } from '../../kernel/db/schema.ts'

/**
 * Copies of public data under the addresses that jobs name. Their blobs lie in containers of an account that no workspace has, so that
 * nothing writes to them; a blob's name is the path of its URL.
 */

export const mirrorAccount = 'fulcrummirrors'

/** The place of a URL in the mirror with the longest prefix that covers it; `undefined` when there is none. */
export async function mirroredPlace(
  db: Executor,
  uri: string,
): Promise<{ account: string; container: string; path: string; readOnly: true } | undefined> {
  const url = canonicalUrl(uri)
  if (url === undefined) return undefined
  const mirrors = await db
    .selectFrom('resources')
    .select(['id', 'properties'])
    .where('type', '=', mirrorKind.type.toLowerCase())
    .execute()
  const [best] = mirrors
    .map(({ id, properties }) => ({ id, prefix: canonicalUrl(String(properties['prefix'])) ?? '' }))
    .filter(({ prefix }) => url === prefix || url.startsWith(`${prefix}/`))
    .toSorted((left, right) => right.prefix.length - left.prefix.length)
  return best === undefined
    ? undefined
    : { account: mirrorAccount, container: mirrorContainer(best), path: url.slice(url.indexOf('/') + 1), readOnly: true }
}

/** `host/path` of an `https://`, `http://`, `wasbs://` or `abfss://` address, decoded, without query; `undefined` for other texts. */
export function canonicalUrl(uri: string): string | undefined {
  const hadoop = /^(?:wasbs?|abfss?):\/\/([^@/]+)@([^/]+)(?:\/([^?#]*))?/i.exec(uri)
  if (hadoop !== null) {
    const host = (hadoop[2] ?? '').toLowerCase().replace('.dfs.', '.blob.')
    return clean(`${host}/${hadoop[1]}/${hadoop[3] ?? ''}`)
  }
  if (!/^https?:\/\//i.test(uri) || !URL.canParse(uri)) return undefined
  const { host, pathname } = new URL(uri)
  try {
    return clean(`${host.replace('.dfs.', '.blob.')}${decodeURIComponent(pathname)}`)
  } catch {
    return undefined
  }
}

function clean(path: string): string {
  return path.replaceAll(/\/{2,}/g, '/').replace(/\/+$/, '')
}

export function mirrorContainer({ id }: { readonly id: string }): string {
  return `mirror-${createHash('sha256').update(id.toLowerCase()).digest('hex').slice(0, 32)}`
}
