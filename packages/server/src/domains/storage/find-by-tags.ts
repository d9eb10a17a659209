import { sql } from 'kysely'
import type { Executor } from '../../kernel/db/schema.ts'
import { tagsMatch, type TagExpression } from './tag-conditions.ts'

export interface TaggedBlobs {
  readonly blobs: readonly { readonly container: string; readonly name: string; readonly tags: readonly [string, string][] }[]
  /** The last of a page that is not the end. */
  readonly last: { readonly container: string; readonly name: string } | undefined
}

/** Blobs whose tags satisfy a condition, in the order of containers and names. */
export async function findByTags(
  db: Executor,
  query: {
    readonly account: string
    readonly container: string | undefined
    readonly expression: TagExpression
    readonly limit: number
    readonly after: { readonly container: string; readonly name: string } | undefined
  },
): Promise<TaggedBlobs> {
  const found: { container: string; name: string; tags: [string, string][] }[] = []
  let after = query.after
  for (;;) {
    let select = db
      .selectFrom('blobs')
      .select(['container', 'name', 'tags'])
      .where('account', '=', query.account)
      .where(sql<boolean>`tags <> '{}'`)
    if (query.container !== undefined) select = select.where('container', '=', query.container)
    if (after !== undefined) select = select.where(sql<boolean>`(container, name) > (${after.container}, ${after.name})`)
    const rows = await select.orderBy('container').orderBy('name').limit(1_000).execute()
    for (const row of rows) {
      const tags = row.tags as Record<string, string>
      if (!tagsMatch(query.expression, { ...tags, '@container': row.container })) continue
      if (found.length === query.limit) return { blobs: found, last: found.at(-1) }
      found.push({ container: row.container, name: row.name, tags: Object.entries(tags) })
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < 1_000) return { blobs: found, last: undefined }
    after = last
  }
}
