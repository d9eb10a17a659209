import { evidencePropertiesSchema, isAppError } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { systemActor } from '../../kernel/auth/index.ts'
import { findResource, type StoredResource } from '../../kernel/resources/index.ts'
import { filesOfUri, resolveAssetUri } from '../storage/index.ts'
import { evidenceType, statusOf } from './store.ts'

const largestFileBytes = 1_000_000
const mostFiles = 100

/** A job tagged with this names the release for which its `evidence` output speaks. */
export const releaseTag = 'fulcrum.release'

/**
 * Records the evidence that a job wrote: each `*.json` of its output `evidence` becomes one record of the release.
 * The digest is the release's own: what the job examined is what the release stands for.
 * @returns how many were recorded
 */
export async function recordEvidence(
  ctx: Context,
  release: StoredResource,
  job: { workspaceId: string; name: string },
): Promise<number> {
  const files = await filesOfOutput(ctx, job)
  let recorded = 0
  for (const file of files.slice(0, mostFiles)) {
    if (!file.path.endsWith('.json') || file.sizeBytes > largestFileBytes) continue
    if (await recordFile(ctx, release, job, await readText(ctx, file.digest))) recorded += 1
  }
  return recorded
}

/** The files of the job's output `evidence`; none when it has no such output. */
async function filesOfOutput(ctx: Context, job: { workspaceId: string; name: string }) {
  try {
    const { uri } = await resolveAssetUri(ctx, job.workspaceId, `azureml://jobs/${job.name}/outputs/evidence`)
    return (await filesOfUri(ctx, { workspaceId: job.workspaceId, uri })).files
  } catch (error) {
    if (isAppError(error) && error.status < 500) return []
    throw error
  }
}

async function recordFile(
  ctx: Context,
  release: StoredResource,
  job: { workspaceId: string; name: string },
  text: string,
): Promise<boolean> {
  const digest = statusOf(release).digest
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    ctx.log.warn({ err: error, job: job.name }, 'A file of a job’s evidence is not JSON')
    return false
  }
  const parsed = evidencePropertiesSchema.safeParse({ ...(document as object), digest })
  if (!parsed.success) {
    ctx.log.warn(
      { job: job.name, issues: parsed.error.issues.slice(0, 3) },
      'A file of a job’s evidence is not of the expected form',
    )
    return false
  }
  const id = `${release.id}/evidence/${parsed.data.gate}-${parsed.data.kind}-${job.name}`.replaceAll(' ', '-')
  if ((await findResource(ctx.db.kysely, id)) !== undefined) return false
  await ctx.resources.put(
    systemActor,
    id,
    { properties: { ...parsed.data, producedBy: `${job.workspaceId}/jobs/${job.name}` } },
    { type: evidenceType },
  )
  return true
}

async function readText(ctx: Context, digest: string): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of await ctx.content.open(digest)) chunks.push(Buffer.from(chunk as Buffer))
  return Buffer.concat(chunks).toString('utf8')
}
