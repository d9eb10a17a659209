import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { invalid, isAppError, notFound } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import {
  listTree,
  openInside,
  parseRelativePath,
  resolveInside,
  ensureDirectory,
  statOrUndefined,
} from '../../kernel/safe/index.ts'
import { allBlobs, createContainer, findBlob, findContainer, upsertBlobs, type BlobDraft, type BlobFacts } from './blob-store.ts'
import { parseDataUri, type BlobLocation } from './data-uri.ts'
import { fetchFile, isFetchable } from './external-files.ts'
import { blobArchived } from './storage-error.ts'
import { isArchived } from './tiers.ts'

export interface MaterialisedTree {
  /** What a job is given: the file, or the folder. */
  readonly path: string
  readonly kind: 'file' | 'folder'
  readonly files: number
  readonly sizeBytes: number
  /** Every file is a link to the stored content, which nobody may write; else they are copies. */
  readonly linked: boolean
}

/** One file of a tree: `path` relative to what the URI names. */
export interface TreeFile {
  readonly path: string
  readonly digest: string
  readonly sizeBytes: number
}

/**
 * The files that a URI names: one blob, or everything below it.
 * @throws ResourceNotFound there is neither
 */
export async function filesOfUri(
  ctx: Context,
  request: { readonly workspaceId: string; readonly uri: string },
): Promise<{ readonly kind: 'file' | 'folder'; readonly files: TreeFile[] }> {
  const location = await parseDataUri(ctx, request.workspaceId, request.uri).catch((error: unknown) => {
    if (isAppError(error) && isFetchable(ctx, request.uri)) return undefined
    throw error
  })
  if (location === undefined) return { kind: 'file', files: [await fetchFile(ctx, request.uri)] }
  const single = location.path === '' ? undefined : await findBlob(ctx.db.kysely, { ...location, name: location.path })
  if (single !== undefined && !isFolderMarker(single))
    return { kind: 'file', files: [treeFile(ctx, single, location.path.slice(location.path.lastIndexOf('/') + 1))] }
  const prefix = location.path === '' ? '' : `${location.path}/`
  const files: TreeFile[] = []
  for await (const blob of allBlobs(ctx.db.kysely, { ...location, prefix })) {
    if (!isFolderMarker(blob)) files.push(treeFile(ctx, blob, blob.name.slice(prefix.length)))
  }
  if (files.length === 0) throw notFound('Data', request.uri, 'There is no blob of that name and none below it.')
  return { kind: 'folder', files }
}

function treeFile(ctx: Context, blob: BlobFacts, path: string): TreeFile {
  if (isArchived(blob.tier, ctx.clock.now())) throw blobArchived(blob.name)
  return { path, digest: blob.digest, sizeBytes: blob.sizeBytes }
}

/** Clients mark empty folders by blobs that name a folder or say so in their metadata. */
function isFolderMarker(blob: BlobFacts): boolean {
  return blob.name.endsWith('/') || blob.metadata['hdi_isfolder']?.toLowerCase() === 'true'
}

/**
 * Puts the files of a URI below `targetDirectory` (created when missing): links to the stored content, or copies when `writable`.
 * @throws ResourceNotFound nothing is there · InvalidPath a name would leave the directory
 */
export async function materialiseUri(
  ctx: Context,
  request: { readonly workspaceId: string; readonly uri: string; readonly targetDirectory: string; readonly writable: boolean },
): Promise<MaterialisedTree> {
  const { kind, files } = await filesOfUri(ctx, request)
  const { linked } = await materialiseFiles(ctx, files, request)
  const [only] = files
  return {
    path: kind === 'file' && only !== undefined ? join(request.targetDirectory, only.path) : request.targetDirectory,
    kind,
    files: files.length,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    linked,
  }
}

/** Lays files out below a directory, 16 at a time. */
export async function materialiseFiles(
  ctx: Context,
  files: readonly TreeFile[],
  options: { readonly targetDirectory: string; readonly writable: boolean },
): Promise<{ readonly linked: boolean }> {
  // All names are checked before the first file appears.
  for (const file of files) parseRelativePath(file.path)
  await ensureDirectory(options.targetDirectory)
  const waiting = files[Symbol.iterator]()
  let linked = files.length > 0
  const work = async (): Promise<void> => {
    for (const file of waiting) {
      const target = await resolveInside(options.targetDirectory, file.path)
      const done = await ctx.content.materialise(file.digest, target, options.writable ? { mode: 'copy' } : {})
      linked &&= done === 'hardlink'
    }
  }
  await Promise.all(Array.from({ length: Math.min(16, files.length) }, work))
  return { linked }
}

export interface PublishedTree {
  readonly files: number
  readonly sizeBytes: number
  /** Tree digest: `sha256:` over sorted `path\0digest\n` lines. */
  readonly digest: string
}

/**
 * Stores a directory (or a single file) at a URI. All of it becomes visible at once, in one transaction; blobs of the same names are
 * replaced, others stay. Links are not followed and not stored.
 * @throws InvalidRequestContent the datastore is read-only, or the directory is missing
 */
export async function publishDirectory(
  ctx: Context,
  request: { readonly workspaceId: string; readonly directory: string; readonly uri: string },
): Promise<PublishedTree> {
  const location = await parseDataUri(ctx, request.workspaceId, request.uri)
  if (location.readOnly)
    throw invalid(`'${request.uri}' is in a datastore with read access only; write to another datastore.`, { target: 'uri' })
  const files = await storeFiles(ctx, request.directory)
  const name = nameIn(location, request.directory)
  const drafts = files.map((file): BlobDraft => ({
    ...file,
    name: file.path === '' ? name : location.path === '' ? file.path : `${location.path}/${file.path}`,
  }))
  if (drafts.length > 0) {
    await ctx.db.transaction(async (tx) => {
      if ((await findContainer(tx, location)) === undefined)
        await createContainer(tx, ctx, { ...location, ownerId: request.workspaceId })
      await upsertBlobs(tx, ctx, location, drafts)
    })
  }
  return {
    files: files.length,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    digest: digestOfTree(
      files.map((file) => ({ ...file, path: file.path === '' ? name.slice(name.lastIndexOf('/') + 1) : file.path })),
    ),
  }
}

/** Gives files that are stored already a further place: the same content by digest, nothing is copied. Part of the caller's transaction. */
export async function placeFiles(
  tx: Executor,
  ctx: Context,
  request: { readonly workspaceId: string; readonly uri: string; readonly files: readonly TreeFile[] },
): Promise<void> {
  const location = await parseDataUri(ctx, request.workspaceId, request.uri, tx)
  if ((await findContainer(tx, location)) === undefined)
    await createContainer(tx, ctx, { ...location, ownerId: request.workspaceId })
  const drafts = request.files.map((file): BlobDraft => ({ ...file, name: `${location.path}/${file.path}` }))
  await upsertBlobs(tx, ctx, location, drafts)
}

function nameIn(location: BlobLocation, file: string): string {
  return location.path === '' ? file.slice(file.lastIndexOf('/') + 1) : location.path
}

/** Puts every regular file below `directory` into the content store; a single file has the path ''. */
async function storeFiles(ctx: Context, directory: string): Promise<TreeFile[]> {
  const found = await statOrUndefined(directory)
  if (found?.isFile() === true) return [{ path: '', ...(await ctx.content.putFile(directory)) }]
  if (found?.isDirectory() !== true)
    throw invalid(`'${directory}' is neither a file nor a folder; nothing was published.`, { target: 'directory' })
  const paths: string[] = []
  for await (const entry of listTree(directory)) {
    if (entry.kind === 'file') paths.push(parseRelativePath(entry.path))
    else if (entry.kind !== 'directory')
      ctx.log.warn({ path: entry.path, kind: entry.kind }, 'Left out of what is published: only regular files are stored')
  }
  async function* sources() {
    for (const path of paths) yield (await openInside(directory, path)).createReadStream()
  }
  const stored = await ctx.content.putMany(sources())
  return paths.flatMap((path, index) => {
    const content = stored[index]
    return content === undefined ? [] : [{ path, ...content }]
  })
}

/** The tree digest of what a URI names now. @throws ResourceNotFound */
export async function treeDigest(ctx: Context, request: { readonly workspaceId: string; readonly uri: string }): Promise<string> {
  return digestOfTree((await filesOfUri(ctx, request)).files)
}

/** `sha256:` over the lines `path\0digest\n`, sorted by the bytes of the path. Pure. */
export function digestOfTree(files: readonly { readonly path: string; readonly digest: string }[]): string {
  const lines = files.map((file) => Buffer.from(`${file.path}\0${file.digest}\n`)).sort(Buffer.compare)
  const hash = createHash('sha256')
  for (const line of lines) hash.update(line)
  return `sha256:${hash.digest('hex')}`
}
