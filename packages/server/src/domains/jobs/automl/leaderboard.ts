import { notFound } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { ok, type ApiReply, type ApiRequest } from '../../../kernel/http/index.ts'
import { findResources } from '../../../kernel/resources/index.ts'
import { artifactDatastore, listBlobs, openBlob } from '../../storage/index.ts'
import { jobId, workspaceIdOf } from '../job-ids.ts'
import { bestTrial } from '../sweep/plan-sweep.ts'
import { readTrials, type TrialRow } from '../sweep/sweep-store.ts'
import { stepsOf } from '../views.ts'
import { algorithmOf, preprocessorOf } from './automl-trials.ts'

/** The trials of an AutoML job, the best first, and what the best model goes by. */

/** A table of 200 columns explained takes some 20 kB. */
const mostExplanationBytes = 1024 * 1024

export async function showLeaderboard(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const { resource, steps } = await stepsOf(ctx, request.scope)
  const [step] = steps
  const { automl, sweep } = step?.spec ?? {}
  if (step === undefined || automl === undefined || sweep === undefined)
    throw notFound('Leaderboard', resource.name, 'Only AutoML jobs have one.')
  const trials = await readTrials(ctx.db.kysely, step.id)
  const workspaceId = workspaceIdOf(resource.id)
  const jobs = await findResources(
    ctx.db.kysely,
    trials.map((trial) => jobId(workspaceId, trial.name)),
  )
  const byName = new Map(jobs.map((job) => [job.name, job.status]))
  const models = trials.filter((trial) => trial.role !== 'explain')
  const sign = sweep.objective.goal === 'maximize' ? -1 : 1
  const scored = models.filter(isScored).toSorted((left, right) => sign * ((left.objective ?? 0) - (right.objective ?? 0)))
  const rest = models.filter((trial) => !isScored(trial))
  const explain = trials.find((trial) => trial.role === 'explain')
  return ok({
    jobName: resource.name,
    task: automl.task,
    primaryMetric: automl.metric,
    goal: automl.goal,
    bestJobName: bestName(sweep.objective, trials),
    notices: automl.notices,
    explanation: explain?.status === 'Completed' ? await readExplanation(ctx, workspaceId, explain.name) : null,
    explanationJobName: explain?.name ?? null,
    value: [...scored, ...rest].map((trial, index) => ({
      rank: index < scored.length ? index + 1 : null,
      jobName: trial.name,
      iteration: trial.number,
      algorithm: algorithmOf(trial.parameters, trial.role),
      preprocessor: preprocessorOf(trial.parameters),
      score: trial.objective,
      status: byName.get(trial.name)?.['status'] ?? trial.status,
      parameters: trial.parameters,
      ...timesOf(byName.get(trial.name)),
    })),
  })
}

function isScored(trial: TrialRow): boolean {
  return trial.status === 'Completed' && trial.objective !== null
}

function bestName(objective: Parameters<typeof bestTrial>[0], trials: readonly TrialRow[]): string | null {
  const views = trials.flatMap(({ number, point, status, objective: value, name }) =>
    status === null || value === null ? [] : [{ number, point, status, objective: value, name }],
  )
  return bestTrial(objective, views)?.name ?? null
}

function timesOf(status: Readonly<Record<string, unknown>> | undefined) {
  const [start, end] = [status?.['startTime'], status?.['endTime']]
  return { startTime: typeof start === 'string' ? start : null, endTime: typeof end === 'string' ? end : null }
}

/** What the explaining trial wrote; `null` when its artifact is gone. */
async function readExplanation(ctx: Context, workspaceId: string, jobName: string): Promise<unknown> {
  const target = { workspaceId, datastore: artifactDatastore }
  const name = `ExperimentRun/dcid.${jobName}/outputs/explanation/feature_importances.json`
  const [blob] = (await listBlobs(ctx, { ...target, prefix: name, limit: 1 })).blobs
  if (blob?.name !== name || blob.sizeBytes > mostExplanationBytes) return null
  const { stream } = await openBlob(ctx, { ...target, name })
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part as Buffer)
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown
}
