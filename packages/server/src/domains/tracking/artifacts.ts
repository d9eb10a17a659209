import type { Readable } from 'node:stream'
import { conflict } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { ByteRange, ContentSource } from '../../kernel/content/index.ts'
import { parseRelativePath } from '../../kernel/safe/relative-path.ts'

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

/** Stores a file; it is there, whole and durable, when this returns. @throws InvalidPath */
export async function putArtifact(
  { ctx, workspaceId }: ArtifactPlace,
  path: string,
  source: ContentSource,
  contentType?: string,
): Promise<ArtifactFile> {
  const safe = parseRelativePath(path)
  refuseMounted(ctx, safe)
  const stored = await ctx.content.put(source)
  const row = {
    digest: stored.digest,
    size_bytes: stored.sizeBytes,
    content_type: contentType ?? null,
    modified_at: ctx.clock.now(),
  }
  await ctx.db.kysely
    .insertInto('artifact_files')
    .values({ workspace_id: workspaceId.toLowerCase(), path: safe, ...row })
    .onConflict((conflict) => conflict.columns(['workspace_id', 'path']).doUpdateSet(row))
    .execute()
  return { path: safe, digest: stored.digest, sizeBytes: stored.sizeBytes, contentType }
}

export async function findArtifact(place: ArtifactPlace, path: string): Promise<ArtifactFile | undefined> {
  const { ctx, workspaceId } = place
  if (mountOf(ctx, path) !== undefined) return (await filesBelow(place, path)).find((file) => file.path === path)
  const row = await ctx.db.kysely
    .selectFrom('artifact_files')
    .selectAll()
    .where('workspace_id', '=', workspaceId.toLowerCase())
    .where('path', '=', parseRelativePath(path))
    .executeTakeFirst()
  return row === undefined
    ? undefined
    : { path: row.path, digest: row.digest, sizeBytes: row.size_bytes, contentType: row.content_type ?? undefined }
}

export function openArtifact({ ctx }: ArtifactPlace, file: ArtifactFile, range: ByteRange = {}): Promise<Readable> {
  return ctx.content.open(file.digest, range)
}

/** Every file at or below a path, in path order. */
export async function filesBelow({ ctx, workspaceId }: ArtifactPlace, path: string): Promise<ArtifactFile[]> {
  const safe = path === '' ? '' : parseRelativePath(path)
  const mounted = mountOf(ctx, safe)
  if (mounted !== undefined) {
    const { files } = await mounted.read(workspaceId, mounted.segments)
    return files.filter((file) => file.path === safe || file.path.startsWith(`${safe}/`))
  }
  const rows = await ctx.db.kysely
    .selectFrom('artifact_files')
    .selectAll()
    .where('workspace_id', '=', workspaceId.toLowerCase())
    .where(sql<boolean>`(${safe} = '' or path = ${safe} or starts_with(path, ${`${safe}/`}))`)
    .orderBy(sql`path collate "C"`)
    .execute()
  return rows.map((row) => ({
    path: row.path,
    digest: row.digest,
    sizeBytes: row.size_bytes,
    contentType: row.content_type ?? undefined,
  }))
}

/** What lies directly in a folder; empty when it does not exist. */
export async function listArtifacts(place: ArtifactPlace, directory: string): Promise<ArtifactEntry[]> {
  const prefix = directory === '' ? '' : `${parseRelativePath(directory)}/`
  const entries = new Map<string, ArtifactEntry>()
  for (const file of await filesBelow(place, directory)) {
    if (!file.path.startsWith(prefix)) continue
    const [name = '', ...rest] = file.path.slice(prefix.length).split('/')
    entries.set(name, { name, isDirectory: rest.length > 0, sizeBytes: rest.length > 0 ? 0 : file.sizeBytes })
  }
  return [...entries.values()]
}

/** Removes a file, or a folder with all below it. @returns how many files */
export async function removeArtifacts({ ctx, workspaceId }: ArtifactPlace, path: string): Promise<number> {
  const safe = parseRelativePath(path)
  refuseMounted(ctx, safe)
  const result = await ctx.db.kysely
    .deleteFrom('artifact_files')
    .where('workspace_id', '=', workspaceId.toLowerCase())
    .where(sql<boolean>`(path = ${safe} or starts_with(path, ${`${safe}/`}))`)
    .executeTakeFirst()
  return Number(result.numDeletedRows)
}

const scheme = /^mlflow-artifacts:\/*(?:\/[^/]+(?=\/))?/

/** The path below the container of a `mlflow-artifacts:/…` URI; `undefined` for another store. */
export function artifactPathOf(uri: string): string | undefined {
  if (!uri.startsWith('mlflow-artifacts:/')) return undefined
  const rest = uri.startsWith('mlflow-artifacts://') ? uri.replace(scheme, '') : uri.slice('mlflow-artifacts:'.length)
  return rest.replace(/^\/+|\/+$/g, '')
}
