import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { digestOfTree, materialiseFiles } from '../storage/index.ts'

/** A file of a model version; `path` is relative to the version's root. */
export interface ModelFile {
  readonly path: string
  readonly digest: string
  readonly sizeBytes: number
}

export async function readManifest(db: Executor, versionId: string): Promise<ModelFile[]> {
  const rows = await db
    .selectFrom('model_version_files')
    .selectAll()
    .where('version_id', '=', versionId.toLowerCase())
    .orderBy(sql`path collate "C"`)
    .execute()
  return rows.map(({ path, digest, size_bytes: sizeBytes }) => ({ path, digest, sizeBytes }))
}

export async function writeManifest(db: Executor, versionId: string, files: readonly ModelFile[]): Promise<void> {
  if (files.length === 0) return
  await sql`insert into model_version_files (version_id, path, digest, size_bytes)
    select ${versionId.toLowerCase()}, * from unnest(${files.map(({ path }) => path)}::text[], ${files.map(({ digest }) => digest)}::text[],
      ${files.map(({ sizeBytes }) => sizeBytes)}::bigint[])`.execute(db)
}

/** Forgets the files of a version, or of all versions below an id. */
export async function deleteManifests(db: Executor, id: string): Promise<void> {
  const lower = id.toLowerCase()
  await sql`delete from model_version_files where version_id = ${lower} or starts_with(version_id, ${`${lower}/`})`.execute(db)
}

/** Forgets the files of versions that went away with their workspace or registry. */
export async function forgetManifests(db: Executor, deletedId: string): Promise<void> {
  await sql`delete from model_version_files where starts_with(version_id, ${`${deletedId.toLowerCase()}/`})
    and not exists (select 1 from resources where resources.id = version_id)`.execute(db)
}

/**
 * Puts the files of a version into a folder, as they were when it was made.
 * @returns how much there is; nothing when the version has no pinned files
 */
export async function materialiseModel(
  ctx: Context,
  modelVersionId: string,
  targetDirectory: string,
): Promise<{ files: number; sizeBytes: number; digest: string }> {
  const files = await readManifest(ctx.db.kysely, modelVersionId)
  await materialiseFiles(ctx, files, { targetDirectory, writable: false })
  return { files: files.length, sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), digest: digestOfTree(files) }
}
