import type { Context } from '../../context.ts'
import { ok, type ApiReply, type ApiRequest } from '../../kernel/http/index.ts'
import { packagesOfLock } from '../environments/index.ts'
import type { StepRow } from './step-store.ts'
import { stepsOf } from './views.ts'

/** Of a pipeline the first ones; each step can be asked for by the name of its own job. */
const mostSteps = 100

/** The newest attempt of each step of a job, as it was really run. */
export async function showExecution(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const { resource, steps } = await stepsOf(ctx, request.scope)
  const value: object[] = []
  for (const step of steps.slice(0, mostSteps)) value.push(await executionOf(ctx, step))
  return ok({ jobName: resource.name, value })
}

async function executionOf(ctx: Context, step: StepRow): Promise<object> {
  const db = ctx.db.kysely
  const found = await db
    .selectFrom('attempts')
    .select(['attempt', 'execution', 'exit', 'started_at', 'ended_at'])
    .where('step_id', '=', step.id)
    .orderBy('attempt', 'desc')
    .executeTakeFirst()
  if (found === undefined) return { step: step.name, attempt: null }
  const { environment, inputs = {}, outputs = {} } = found.execution ?? {}
  const { isolation = null, distribution = null } = found.exit ?? {}
  const packages = environment === undefined ? [] : await packagesOfLock(db, environment.lockHash)
  return {
    step: step.name,
    attempt: found.attempt,
    startedAt: found.started_at.toISOString(),
    endedAt: found.ended_at?.toISOString() ?? null,
    environment: environment === undefined ? null : { ...environment, packages },
    inputs,
    outputs,
    isolation,
    distribution,
  }
}
