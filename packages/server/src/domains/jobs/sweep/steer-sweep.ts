import { sql } from 'kysely'
import type { Context } from '../../../context.ts'
import { systemActor } from '../../../kernel/auth/index.ts'
import type { Executor } from '../../../kernel/db/schema.ts'
import { ensureJobRun, readMetricValues } from '../../tracking/index.ts'
import { cancelJobIn } from '../cancel.ts'
import { automlProperties, noteScore, tagBest } from '../automl/automl-trials.ts'
import { jobId, nameOf } from '../job-ids.ts'
import { setJobStatus } from '../job-status.ts'
import { findJob } from '../job-store.ts'
import { noteStarts } from '../note-start.ts'
import { succeeded, type StepOutcome } from '../planner.ts'
import { moveStep, recordEvent, type StepRow } from '../step-store.ts'
import { endStepIn, type EndOfStep } from '../transitions.ts'
import { createTrials, type SweepOwner } from './create-trials.ts'
import { judgeTrials } from './early-termination.ts'
import { bestTrial, planSweep, type SweepPlan } from './plan-sweep.ts'
import {
  endSweep,
  insertSweep,
  lockSweep,
  lockSweepStep,
  readTrials,
  recordTrialEnds,
  recordVerdict,
  type TrialEnd,
  type TrialRow,
} from './sweep-store.ts'
import type { Objective, SweepSettings, TrialStatus, TrialView } from './types.ts'

/**
 * A sweep holds no process and no lease: its state is its rows. Each step here is one transaction that takes the sweep's row, records
 * what its trials have become, decides, and makes the next ones; a kill at any moment leaves it before or after, never between.
 */

/** Starts a sweep that is ready, unless another engine does. */
export async function startSweep(ctx: Context, stepId: number): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const ready = await lockSweepStep(tx, stepId, ['Ready'])
    if (ready !== undefined) await startSweepIn(tx, ctx, ready)
  })
}

/** Ends a sweep that cannot go on, such as one whose experiment was deleted, with its open trials. */
export async function failSweep(ctx: Context, stepId: number, error: { code: string; message: string }): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const step = await lockSweepStep(tx, stepId, ['Ready', 'Active'])
    const owner = step === undefined ? undefined : await ownerOf(tx, ctx, step)
    if (owner === undefined) return
    for (const trial of await readTrials(tx, stepId)) if (trial.status === null) await stopTrial(tx, ctx, trial)
    await endSweep(tx, stepId)
    await endStepIn(tx, ctx, endingOf(owner), { from: ['Ready', 'Active'], outcome: 'Failed', error })
  })
}

async function startSweepIn(tx: Executor, ctx: Context, ready: StepRow): Promise<void> {
  const step = { ...ready, attempt: ready.attempt + 1 }
  await tx.updateTable('steps').set({ attempt: step.attempt }).where('id', '=', step.id).execute()
  const owner = await ownerOf(tx, ctx, step)
  if (owner === undefined) return
  await noteStarts(tx, ctx, [{ job: owner.job, step }])
  const settings = step.spec.sweep
  if (settings === undefined || step.spec.unsupported !== undefined) {
    const message = step.spec.unsupported ?? 'The sweep lost its settings.'
    return endStepIn(tx, ctx, endingOf(owner), { from: ['Ready'], outcome: 'Failed', error: { code: 'NotSupported', message } })
  }
  await moveStep(tx, step, { from: ['Ready'], to: 'Active' })
  await insertSweep(tx, step.id, settings.timeoutMs)
  const { automl } = step.spec
  await setJobStatus(tx, ctx, step.resource_id, {
    status: 'Running',
    ...(automl === undefined ? {} : { properties: automlProperties(automl) }),
  })
  await ensureJobRun(tx, ctx, {
    workspaceId: owner.workspaceId,
    runId: owner.sweepName,
    experimentName: step.spec.experimentName,
    actorName: owner.job.submitter.name,
    displayName: step.spec.displayName,
    parentRunId: step.spec.parentJobName,
    status: 'RUNNING',
  })
}

/** Brings one sweep as far as it can go now. @returns the job to finish when the sweep ended */
export async function steerSweep(ctx: Context, stepId: number): Promise<number | undefined> {
  return ctx.db.transaction(async (tx) => {
    const held = await lockSweep(tx, stepId)
    if (held === undefined) return undefined
    const { step } = held
    const settings = step.spec.sweep
    const owner = await ownerOf(tx, ctx, step)
    if (settings === undefined || owner === undefined || step.state !== 'Active') {
      await endSweep(tx, stepId)
      return undefined
    }
    const trials = await recordEnds(tx, ctx, owner, settings.objective, await readTrials(tx, stepId))
    await applyPolicy(tx, ctx, owner, settings, trials)
    const views = trials.map(viewOf)
    await showBest(tx, ctx, owner, settings.objective, trials)
    const plan = planSweep({
      settings,
      seed: settings.sampling.seed === undefined ? step.resource_id : `seed ${settings.sampling.seed}`,
      trials: views,
      cancelRequested: step.cancel_requested_at !== null,
      overdue: held.overdue,
    })
    if (plan.stopAll) for (const trial of trials) if (trial.status === null) await stopTrial(tx, ctx, trial)
    await createTrials(tx, ctx, owner, plan.create, trials)
    if (plan.create.length > 0 || plan.stopAll) await sql`select pg_notify('steps', '')`.execute(tx)
    if (plan.end === undefined) return undefined
    await endSweep(tx, stepId)
    const failure = plan.end.outcome === 'Failed' ? await firstFailure(tx, ctx, owner, trials) : ''
    const ended = endOf(owner, settings.objective, trials, { end: plan.end, stopReason: plan.stopReason, failure })
    if (step.spec.automl !== undefined) {
      const explain = trials.find((trial) => trial.role === 'explain' && trial.status === 'Completed')?.name
      await tagBest(tx, runOf(owner), { best: ended.properties?.['best_child_run_id'], explain })
    }
    await endStepIn(tx, ctx, endingOf(owner), ended)
    return step.job_id
  })
}

async function ownerOf(tx: Executor, ctx: Context, step: StepRow): Promise<SweepOwner | undefined> {
  const job = await findJob(tx, step.job_id)
  if (job === undefined) return undefined
  const [resource, workspace] = [await ctx.resources.find(step.resource_id, tx), await ctx.resources.find(job.workspace_id, tx)]
  return { step, job, sweepName: resource?.name ?? nameOf(step.resource_id), workspaceId: workspace?.id ?? job.workspace_id }
}

function runOf({ sweepName, workspaceId }: SweepOwner) {
  return { workspaceId, runId: sweepName }
}

function endingOf({ step, job, sweepName, workspaceId }: SweepOwner) {
  return {
    step,
    token: `sweep ${step.id}`,
    resourceId: step.resource_id,
    workspaceId,
    jobName: sweepName,
    submitter: job.submitter,
  }
}

/** Trials whose jobs have ended since the last look, with the best value that they logged. */
async function recordEnds(
  tx: Executor,
  ctx: Context,
  owner: SweepOwner,
  objective: Objective,
  trials: readonly TrialRow[],
): Promise<TrialRow[]> {
  const ended = trials.filter((trial) => trial.status === null && (trial.state === null || trial.state === 'Done'))
  if (ended.length === 0) return [...trials]
  const values = await readMetricValues(tx, {
    workspaceId: owner.workspaceId,
    runIds: ended.map((trial) => trial.name),
    key: objective.metric,
  })
  const ends = new Map(
    ended.map((trial): [number, TrialEnd] => [
      trial.number,
      {
        number: trial.number,
        status: statusOf(trial.outcome),
        objective: bestOf(objective, values.get(trial.name) ?? []),
        outputs: trial.published ?? {},
      },
    ]),
  )
  await recordTrialEnds(tx, owner.step.id, [...ends.values()])
  for (const trial of ended) {
    const end = ends.get(trial.number)
    const value =
      end?.objective === null || end === undefined ? `without ${objective.metric}` : `${objective.metric} = ${end.objective}`
    const data = { name: trial.name, reason: `${end?.status}, ${value}` }
    await recordEvent(tx, { jobId: owner.step.job_id, stepId: owner.step.id, to: 'TrialEnded', data })
    if (owner.step.spec.automl !== undefined)
      await noteScore(tx, ctx, { resourceId: jobId(owner.workspaceId, trial.name), score: end?.objective ?? null })
  }
  return trials.map((trial) => ({ ...trial, ...ends.get(trial.number) }))
}

function statusOf(outcome: StepOutcome | null): TrialStatus {
  if (outcome !== null && succeeded(outcome)) return 'Completed'
  return outcome === 'Failed' ? 'Failed' : 'Canceled'
}

function bestOf({ goal }: Objective, values: readonly number[]): number | null {
  const finite = values.filter(Number.isFinite)
  if (finite.length === 0) return null
  return goal === 'maximize' ? Math.max(...finite) : Math.min(...finite)
}

function viewOf({ number, point, status, objective, role }: TrialRow): TrialView {
  return {
    number,
    point,
    ...(role === null ? {} : { role }),
    ...(status === null ? {} : { status }),
    ...(objective === null ? {} : { objective }),
  }
}

async function applyPolicy(
  tx: Executor,
  ctx: Context,
  owner: SweepOwner,
  settings: SweepSettings,
  trials: readonly TrialRow[],
): Promise<void> {
  const policy = settings.earlyTermination
  if (policy === undefined || !trials.some((trial) => trial.status === null)) return
  const { objective } = settings
  const values = await readMetricValues(tx, {
    workspaceId: owner.workspaceId,
    runIds: trials.map((trial) => trial.name),
    key: objective.metric,
  })
  const progress = trials.map((trial) => ({
    number: trial.number,
    running: trial.status === null && trial.stop_reason === null,
    values: values.get(trial.name) ?? [],
    evaluatedInterval: trial.evaluated_interval,
  }))
  for (const verdict of judgeTrials(policy, objective, progress)) {
    await recordVerdict(tx, owner.step.id, verdict)
    const trial = trials.find((entry) => entry.number === verdict.number)
    if (verdict.reason === undefined || trial === undefined) continue
    const data = { name: trial.name, reason: verdict.reason }
    await recordEvent(tx, { jobId: owner.step.job_id, stepId: owner.step.id, to: 'TrialStopped', data })
    await stopTrial(tx, ctx, trial)
  }
}

async function stopTrial(tx: Executor, ctx: Context, trial: TrialRow): Promise<void> {
  const job = await findJob(tx, trial.job_id, { forUpdate: true })
  if (job !== undefined && job.ended_at === null) await cancelJobIn(tx, ctx, systemActor, job)
}

/** The best trial so far, in the members by which Azure's clients find it. */
function bestProperties(objective: Objective, trials: readonly TrialRow[]): Record<string, string> {
  const best = bestTrial(
    objective,
    trials.map((trial) => ({ ...viewOf(trial), name: trial.name })),
  )
  if (best === undefined) return {}
  return {
    best_child_run_id: best.name,
    score: String(best.objective),
    best_metric_status: 'Succeeded',
    best_data_container_id: `dcid.${best.name}`,
  }
}

async function showBest(
  tx: Executor,
  ctx: Context,
  owner: SweepOwner,
  objective: Objective,
  trials: readonly TrialRow[],
): Promise<void> {
  const properties = { ...automlProperties(owner.step.spec.automl), ...bestProperties(objective, trials) }
  const resource = await ctx.resources.find(owner.step.resource_id, tx)
  const shown = (resource?.status['properties'] ?? {}) as Record<string, unknown>
  if (properties['best_child_run_id'] === undefined || shown['best_child_run_id'] === properties['best_child_run_id']) return
  await ctx.resources.updateStatus(tx, owner.step.resource_id, { properties })
  if (owner.step.spec.automl !== undefined) await tagBest(tx, runOf(owner), { best: properties['best_child_run_id'] })
}

function endOf(
  { step }: SweepOwner,
  objective: Objective,
  trials: readonly TrialRow[],
  ended: { readonly end: NonNullable<SweepPlan['end']>; readonly stopReason: string | undefined; readonly failure: string },
): EndOfStep {
  const { end, stopReason, failure } = ended
  const best = bestTrial(
    objective,
    trials.map((trial) => ({ ...viewOf(trial), outputs: trial.outputs })),
  )
  const missing = best === undefined && end.outcome === 'Completed'
  // Trials may leave more than what the sweep promises, for each other.
  const outputs = Object.entries(best?.outputs ?? {}).filter(([name]) => name in step.spec.outputs)
  return {
    from: ['Active'],
    outcome: end.outcome,
    outputs: Object.fromEntries(outputs),
    properties: {
      ...automlProperties(step.spec.automl),
      ...bestProperties(objective, trials),
      ...(stopReason === undefined ? {} : { 'fulcrum.stopReason': stopReason }),
      ...(missing ? { 'fulcrum.warning': `No trial logged the metric '${objective.metric}', so none is the best.` } : {}),
    },
    ...(end.code === undefined ? {} : { error: { code: end.code, message: `${end.message ?? ''}${failure}` } }),
  }
}

/** What the first failed trial of AutoML said: its program is ours, so a failure is about the data or the settings. */
async function firstFailure(tx: Executor, ctx: Context, { step, workspaceId }: SweepOwner, trials: readonly TrialRow[]) {
  const failed = trials.find((trial) => trial.status === 'Failed')
  if (step.spec.automl === undefined || failed === undefined) return ''
  const resource = await ctx.resources.find(jobId(workspaceId, failed.name), tx)
  const error = (resource?.status['error'] ?? {}) as { message?: string; lastLogLines?: string[] }
  return ` ${failed.name}: ${error.lastLogLines?.findLast((line) => line.startsWith('AutoML: ')) ?? error.message ?? ''}`
}
