import type { Context } from '../../../context.ts'
import { ok, type ApiReply, type ApiRequest } from '../../../kernel/http/index.ts'
import { WorkDirectory } from '../../../kernel/processes/index.ts'
import { nameOf } from '../job-ids.ts'
import { findAttemptOf, type StepRow } from '../step-store.ts'
import { stepsOf } from '../views.ts'
import { miniBatchFolder } from './prepare-mini-batches.ts'

/** How far the parallel steps of a job are: mini-batches done, failed and to come, and the last errors, each with its traceback. */
export async function showMiniBatches(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const { steps } = await stepsOf(ctx, request.scope)
  const parallel = steps.filter((step) => step.spec.parallel !== undefined)
  return ok({ value: await Promise.all(parallel.map((step) => progressOf(ctx, step))) })
}

async function progressOf(ctx: Context, step: StepRow) {
  const named = { step: step.name, jobName: nameOf(step.resource_id) }
  const attempt = await findAttemptOf(ctx.db.kysely, step.resource_id)
  const progress =
    attempt === undefined ? undefined : await new WorkDirectory(attempt.directory).readJson(`${miniBatchFolder}/progress.json`)
  if (typeof progress !== 'object' || progress === null) return { ...named, state: 'notStarted', total: null, errors: [] }
  const { startedAt, updatedAt, ...counts } = progress as { startedAt?: number; updatedAt?: number }
  return { ...named, ...counts, startedAt: timeText(startedAt), updatedAt: timeText(updatedAt) }
}

function timeText(seconds: number | undefined): string | null {
  return seconds === undefined ? null : new Date(seconds * 1000).toISOString()
}
