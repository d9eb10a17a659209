import type { Readable } from 'node:stream'
import { conflict } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { ByteRange, ContentSource } from '../../kernel/content/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { parseRelativePath } from '../../kernel/safe/relative-path.ts'
import { allBlobs, artifactDatastore, containerOf, deleteBlob, listBlobs, putBlob, type BlobFacts } from '../storage/index.ts'

/** A file of the artifact container. */
export interface ArtifactFile {
  /** Below the container. */
  readonly path: string
  readonly digest: string
  readonly sizeBytes: number
  readonly contentType: string | undefined
}

/** An entry of one folder. */
export interface ArtifactEntry {
  readonly name: string
  readonly isDirectory: boolean
  readonly sizeBytes: number
}

export interface ArtifactPlace {
  readonly ctx: Context
  readonly workspaceId: string
}

/** Reads the files of a mounted folder, given workspace and the path below the mount. */
export type ArtifactMount = (
  workspaceId: string,
  segments: readonly string[],
) => Promise<{ readonly files: readonly ArtifactFile[] }>

const mounts = new WeakMap<Context, Map<string, ArtifactMount>>()

/** Shows files of a later domain, read-only, below a top folder of every workspace's artifact container. */
export function mountArtifacts(ctx: Context, folder: string, mount: ArtifactMount): void {
  const ofContext = mounts.get(ctx) ?? new Map<string, ArtifactMount>()
  mounts.set(ctx, ofContext.set(folder, mount))
}

function mountOf(ctx: Context, path: string): { read: ArtifactMount; segments: readonly string[] } | undefined {
  const [folder = '', ...segments] = path.split('/')
  const read = mounts.get(ctx)?.get(folder)
  return read === undefined ? undefined : { read, segments }
}

function refuseMounted(ctx: Context, path: string): void {
  if (mountOf(ctx, path) !== undefined)
    throw conflict(`'${path}' is read-only: these files belong to something registered.`, { target: 'path' })
}

/** The container that Azure calls `workspaceartifactstore`: other clients see the same bytes under the same names. */
function target(workspaceId: string) {
  return { workspaceId, datastore: artifactDatastore }
}

/** Stores a file; it is there, whole and durable, when this returns. @throws InvalidPath · Conflict the place is read-only */
export async function putArtifact(
  { ctx, workspaceId }: ArtifactPlace,
  path: string,
  source: ContentSource,
  contentType?: string,
): Promise<ArtifactFile> {
  const name = parseRelativePath(path)
  refuseMounted(ctx, name)
  return artifactOf(await putBlob(ctx, { ...target(workspaceId), name, source, contentType }))
}

function artifactOf(blob: BlobFacts): ArtifactFile {
  return { path: blob.name, digest: blob.digest, sizeBytes: blob.sizeBytes, contentType: blob.contentType }
}

export async function findArtifact(place: ArtifactPlace, path: string): Promise<ArtifactFile | undefined> {
  const { ctx, workspaceId } = place
  const name = parseRelativePath(path)
  if (mountOf(ctx, name) !== undefined) return (await filesBelow(place, name)).find((file) => file.path === name)
  // A name sorts before every longer one that begins with it.
  const { blobs } = await listBlobs(ctx, { ...target(workspaceId), prefix: name, limit: 1 })
  return blobs[0]?.name === name ? artifactOf(blobs[0]) : undefined
}

export function openArtifact({ ctx }: ArtifactPlace, file: ArtifactFile, range: ByteRange = {}): Promise<Readable> {
  return ctx.content.open(file.digest, range)
}

/** Every file at or below a path, in path order. */
export async function filesBelow(
  { ctx, workspaceId }: ArtifactPlace,
  path: string,
  db: Executor = ctx.db.kysely,
): Promise<ArtifactFile[]> {
  const safe = path === '' ? '' : parseRelativePath(path)
  const mounted = mountOf(ctx, safe)
  if (mounted !== undefined) {
    const { files } = await mounted.read(workspaceId, mounted.segments)
    return files.filter((file) => file.path === safe || file.path.startsWith(`${safe}/`))
  }
  const container = await containerOf(db, target(workspaceId))
  const found: ArtifactFile[] = []
  for await (const blob of allBlobs(db, { ...container, prefix: safe })) {
    const below = safe === '' || blob.name === safe || blob.name.startsWith(`${safe}/`)
    if (below && !blob.name.endsWith('/')) found.push(artifactOf(blob))
  }
  return found
}

/** What lies directly in a folder; empty when it does not exist. */
export async function listArtifacts(place: ArtifactPlace, directory: string): Promise<ArtifactEntry[]> {
  const { ctx, workspaceId } = place
  const prefix = directory === '' ? '' : `${parseRelativePath(directory)}/`
  if (mountOf(ctx, directory) !== undefined) return entriesOf(await filesBelow(place, directory), prefix)
  const entries: ArtifactEntry[] = []
  let marker: string | undefined
  do {
    const page = await listBlobs(ctx, { ...target(workspaceId), prefix, delimiter: '/', marker })
    entries.push(...page.prefixes.map((folder) => ({ name: folder.slice(prefix.length, -1), isDirectory: true, sizeBytes: 0 })))
    entries.push(
      ...page.blobs.map((blob) => ({ name: blob.name.slice(prefix.length), isDirectory: false, sizeBytes: blob.sizeBytes })),
    )
    marker = page.nextMarker
  } while (marker !== undefined)
  return entries.filter(({ name }) => name !== '').toSorted((left, right) => (left.name < right.name ? -1 : 1))
}

function entriesOf(files: readonly ArtifactFile[], prefix: string): ArtifactEntry[] {
  const entries = new Map<string, ArtifactEntry>()
  for (const file of files.filter(({ path }) => path.startsWith(prefix))) {
    const [name = '', ...rest] = file.path.slice(prefix.length).split('/')
    entries.set(name, { name, isDirectory: rest.length > 0, sizeBytes: rest.length > 0 ? 0 : file.sizeBytes })
  }
  return [...entries.values()]
}

/** Removes a file, or a folder with all below it. @returns how many files */
export async function removeArtifacts(place: ArtifactPlace, path: string): Promise<number> {
  const { ctx, workspaceId } = place
  refuseMounted(ctx, parseRelativePath(path))
  const files = await filesBelow(place, path)
  const container = await containerOf(ctx.db.kysely, target(workspaceId))
  for (const file of files) await deleteBlob(ctx.db.kysely, { ...container, name: file.path })
  return files.length
}

/** The path below the container of a `mlflow-artifacts:/…` URI; `undefined` for another store. */
export function artifactPathOf(uri: string): string | undefined {
  const match = /^mlflow-artifacts:(?:\/\/[^/]+\/|\/)(.*)$/.exec(uri)
  return match?.[1]?.replace(/^\/+|\/+$/g, '')
}
