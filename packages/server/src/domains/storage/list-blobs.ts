import type { Executor } from '../../kernel/db/schema.ts'
import type { ContainerAddress } from './blob-store.ts'
import { currentRank, selectListed, type ListedBlob } from './snapshot-store.ts'

export interface BlobListing {
  /** In the order of names; a prefix stands for all blobs that begin with it. */
  readonly entries: readonly ({ readonly blob: ListedBlob } | { readonly prefix: string })[]
  /** Where the next page begins. */
  readonly next: ListPosition | undefined
}

export interface ListPosition {
  readonly name: string
  readonly snapshot?: string
}

export interface BlobListRequest extends ContainerAddress {
  readonly prefix: string
  readonly delimiter: string
  readonly from: ListPosition | undefined
  readonly limit: number
  readonly snapshots: boolean
  readonly uncommitted: boolean
}

/** After every name that begins with a folder. */
const behind = '\u{10FFFF}'

/** One page of a container for the Blob protocol: with a delimiter, one query for each folder, however many blobs it has. */
export async function listPage(db: Executor, request: BlobListRequest): Promise<BlobListing> {
  const { delimiter, prefix, limit } = request
  const entries: BlobListing['entries'][number][] = []
  let from = request.from
  for (;;) {
    const wanted = delimiter === '' ? limit - entries.length + 1 : Math.min(limit - entries.length + 1, 500)
    const page = await selectListed(db, { ...request, from, limit: wanted })
    let jumped = false
    for (const blob of page) {
      if (entries.length >= limit) return { entries, next: positionOf(blob) }
      const cut = delimiter === '' ? -1 : blob.name.indexOf(delimiter, prefix.length)
      if (cut < 0) {
        entries.push({ blob })
        continue
      }
      const folder = blob.name.slice(0, cut + delimiter.length)
      entries.push({ prefix: folder })
      from = { name: `${folder}${behind}` }
      jumped = true
      break
    }
    if (jumped) continue
    const last = page.at(-1)
    if (last === undefined || page.length < wanted) return { entries, next: undefined }
    // The next in the order of names and times.
    from = { name: last.name, snapshot: `${last.snapshot ?? currentRank}\u0001` }
  }
}

function positionOf(blob: ListedBlob): ListPosition {
  if (blob.uncommitted === true) return { name: blob.name, snapshot: '!' }
  return { name: blob.name, snapshot: blob.snapshot ?? currentRank }
}
