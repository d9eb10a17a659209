import type { Readable } from 'node:stream'
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

/** Stores a file; it is there, whole and durable, when this returns. @throws InvalidPath */
export async function putArtifact(
  { ctx, workspaceId }: ArtifactPlace,
  path: string,
  source: ContentSource,
  contentType?: string,
): Promise<ArtifactFile> {
  const safe = parseRelativePath(path)
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

export async function findArtifact({ ctx, workspaceId }: ArtifactPlace, path: string): Promise<ArtifactFile | undefined> {
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
