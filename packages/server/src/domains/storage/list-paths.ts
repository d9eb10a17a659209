import type { Executor } from '../../kernel/db/schema.ts'
import { findBlob, selectBlobs, type BlobFacts, type ContainerAddress } from './blob-store.ts'
import type { PathAccess } from './acl.ts'
import { isFolder } from './path-access.ts'
import { defaultAccess, readAccess } from './path-store.ts'

export interface ListedPath {
  readonly name: string
  readonly isDirectory: boolean
  /** Absent for a directory that is there only because something is below it. */
  readonly blob: BlobFacts | undefined
  readonly access: PathAccess
}

const behind = '\u{10FFFF}'

/** One page of what is in a directory, or (recursive) below it, in the order of names. */
export async function listPaths(
  db: Executor,
  request: ContainerAddress & {
    /** Without slashes at its ends; empty = the root. */
    readonly directory: string
    readonly recursive: boolean
    /** The first name of the page. */
    readonly from: string | undefined
    readonly limit: number
  },
): Promise<{ readonly paths: readonly ListedPath[]; readonly next: string | undefined }> {
  const { directory, recursive, limit } = request
  const prefix = directory === '' ? '' : `${directory}/`
  const found = new Map<string, BlobFacts | undefined>()
  let from = request.from
  let next: string | undefined
  scan: for (;;) {
    const page = await selectBlobs(db, { ...request, prefix, from, limit: 500 })
    for (const blob of page) {
      const names = recursive ? namesTo(blob.name, prefix) : [firstBelow(blob.name, prefix)]
      const fresh = await untold(db, request, { names, blobName: blob.name, found })
      // The names that one blob brings stay on one page, so that the next can begin at a blob.
      if (found.size > 0 && found.size + fresh.length > limit) {
        next = blob.name
        break scan
      }
      for (const name of fresh) found.set(name, name === blob.name ? blob : undefined)
      const [only = blob.name] = names
      const jumps = !recursive && only !== blob.name
      from = jumps ? `${only}/${behind}` : `${blob.name}\u0001`
      if (jumps) continue scan
    }
    if (page.length < 500) break
  }
  return { paths: await withAccess(db, request, found), next }
}

async function withAccess(
  db: Executor,
  address: ContainerAddress,
  found: ReadonlyMap<string, BlobFacts | undefined>,
): Promise<ListedPath[]> {
  if (found.size === 0) return []
  const access = await readAccess(db, address, [...found.keys()])
  return [...found].map(([name, blob]): ListedPath => {
    const isDirectory = blob === undefined || isFolder(blob)
    return { name, isDirectory, blob, access: access.get(name) ?? defaultAccess(isDirectory) }
  })
}

async function untold(
  db: Executor,
  request: ContainerAddress & { readonly from: string | undefined },
  item: { readonly names: readonly string[]; readonly blobName: string; readonly found: ReadonlyMap<string, unknown> },
): Promise<string[]> {
  const fresh: string[] = []
  for (const name of item.names) if (!item.found.has(name) && !(await wasTold(db, request, name, item.blobName))) fresh.push(name)
  return fresh
}

/** Whether a directory was on an earlier page: it has a row of its own there, or something below it came before this page. */
async function wasTold(
  db: Executor,
  request: ContainerAddress & { readonly from: string | undefined },
  name: string,
  blobName: string,
): Promise<boolean> {
  const { from } = request
  if (name === blobName || from === undefined || name >= from) return false
  if ((await findBlob(db, { ...request, name })) !== undefined) return true
  const [first] = await selectBlobs(db, { ...request, from: undefined, prefix: `${name}/`, limit: 1 })
  return first !== undefined && first.name < from
}

/** `a/b/c` below `a/` → ['a/b', 'a/b/c']. */
function namesTo(name: string, prefix: string): string[] {
  const segments = name.slice(prefix.length).split('/')
  return segments.map((_, index) => prefix + segments.slice(0, index + 1).join('/'))
}

function firstBelow(name: string, prefix: string): string {
  const end = name.indexOf('/', prefix.length)
  return end < 0 ? name : name.slice(0, end)
}
