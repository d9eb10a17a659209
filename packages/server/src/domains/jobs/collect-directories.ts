import { join } from 'node:path'
import type { Context } from '../../context.ts'
import { WorkDirectory } from '../../kernel/processes/index.ts'
import { artifactDatastore, listBlobs } from '../storage/index.ts'
import { platformLogs, userLogs } from './attempt-files.ts'
import { workspaceIdOf } from './job-ids.ts'
import type { StepOutcome } from './planner.ts'
import type { StepSpec } from './types.ts'

/**
 * Directories of attempts that have ended are removed once what people look for is stored elsewhere: outputs are, before an attempt
 * counts as completed; its logs are among the artifacts of the job. Where storing them failed, the directory stays.
 */

export interface Retention {
  /** How long the directory of a completed attempt stays. */
  readonly completedMs: number
  /** How long it stays otherwise: there may be something in it that explains the failure. */
  readonly otherMs: number
  /** That of a parallel step holds how its mini-batches went, which people look up later. */
  readonly parallelMs: number
}

export const retention: Retention = { completedMs: 3_600_000, otherMs: 24 * 3_600_000, parallelMs: 30 * 24 * 3_600_000 }

/** @returns how many directories were removed */
export async function collectDirectories(ctx: Context, kept: Retention, signal?: AbortSignal): Promise<number> {
  const root = join(ctx.config.dataDirectory, 'jobs')
  const now = ctx.clock.now().getTime()
  let removed = 0
  for (const { name, modifiedAt } of await new WorkDirectory(root).children()) {
    if (signal?.aborted === true) break
    if (!name.startsWith('flc-')) continue
    const attempt = await findAttempt(ctx, name)
    const directory = new WorkDirectory(join(root, name))
    const endedAt = attempt === undefined ? modifiedAt : attempt.ended_at
    if (endedAt === null) continue
    const age = now - endedAt.getTime()
    if (age < keptFor(kept, attempt)) continue
    if (attempt?.isNewest === true && !(await areLogsStored(ctx, directory, attempt.resource_id))) continue
    await directory.remove()
    removed += 1
  }
  if (removed > 0) ctx.log.info({ removed }, 'Directories of ended jobs were removed; their logs are among their artifacts')
  return removed
}

function keptFor(kept: Retention, attempt: { outcome: StepOutcome | null; spec: StepSpec } | undefined): number {
  if (attempt?.spec.parallel !== undefined) return kept.parallelMs
  return attempt?.outcome === 'Completed' ? kept.completedMs : kept.otherMs
}

async function findAttempt(ctx: Context, token: string) {
  return ctx.db.kysely
    .selectFrom('attempts')
    .innerJoin('steps', 'steps.id', 'attempts.step_id')
    .select(({ eb }) => [
      'attempts.ended_at',
      'steps.outcome',
      'steps.spec',
      'steps.resource_id',
      eb('steps.attempt', '=', eb.ref('attempts.attempt')).as('isNewest'),
    ])
    .where('attempts.token', '=', token)
    .executeTakeFirst()
}

/** Every log file of the directory has a blob of its size. A job that is gone needs none. */
async function areLogsStored(ctx: Context, directory: WorkDirectory, resourceId: string): Promise<boolean> {
  const job = await ctx.resources.find(resourceId)
  if (job === undefined) return true
  const root = `ExperimentRun/dcid.${job.name}/`
  for (const folder of [userLogs, platformLogs]) {
    const files = await directory.files(folder)
    if (files.length === 0) continue
    const target = { workspaceId: workspaceIdOf(job.id), datastore: artifactDatastore }
    const { blobs } = await listBlobs(ctx, { ...target, prefix: `${root}${folder}/` })
    const sizes = new Map(blobs.map((blob) => [blob.name.slice(root.length), blob.sizeBytes]))
    if (files.some((file) => sizes.get(file.path) !== file.sizeBytes)) return false
  }
  return true
}
