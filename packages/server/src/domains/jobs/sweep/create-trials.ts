import type { Context } from '../../../context.ts'
import type { Executor } from '../../../kernel/db/schema.ts'
import { ensureJobRun } from '../../tracking/index.ts'
import { automlTrialSpec, trialProperties } from '../automl/automl-trials.ts'
import { childProperties, insertChildJobs } from '../child-jobs.ts'
import { sourceSteps } from '../control-flow/settle-input.ts'
import { jobId } from '../job-ids.ts'
import { insertGraph, type JobRow } from '../job-store.ts'
import { recordEvent, type StepRow } from '../step-store.ts'
import type { StepOutputs, StepSpec } from '../types.ts'
import { parametersAt, textOfValue } from './search-space.ts'
import { insertTrial } from './sweep-store.ts'
import { trialSpec } from './trial-spec.ts'
import type { PlannedTrial } from './plan-sweep.ts'
import type { TrialRow } from './sweep-store.ts'
import type { ParameterValue } from './types.ts'

export interface SweepOwner {
  readonly step: StepRow
  readonly job: JobRow
  readonly sweepName: string
  readonly workspaceId: string
}

/** Makes trials: each a job of one step with its resource, its run with the parameters, and its row, in the caller's transaction. */
export async function createTrials(
  tx: Executor,
  ctx: Context,
  owner: SweepOwner,
  planned: readonly PlannedTrial[],
  earlier: readonly TrialRow[],
): Promise<void> {
  if (planned.length === 0) return
  const { step } = owner
  const sources = await sourceOutputs(tx, step)
  const { automl } = step.spec
  for (const { number, point, role } of planned) {
    const parameters = role === undefined ? parametersAt(step.spec.sweep?.parameters ?? [], point) : {}
    const name = await freeName(tx, ctx, owner, role === 'explain' ? 'ModelExplain' : String(number))
    // The program of AutoML reads its parameters from its task, not from inputs of the same names.
    const own = automl === undefined ? parameters : {}
    const base = trialSpec(step.spec, { name, sweepName: owner.sweepName, number, parameters: own, sources })
    const spec = automl === undefined ? base : automlTrialSpec(base, automl, { number, role, parameters, ended: earlier })
    const properties = automl === undefined ? {} : trialProperties(automl, { number, role, parameters })
    const createdJobId = await createTrialJob(tx, ctx, owner, { name, spec, parameters, properties })
    await insertTrial(tx, step.id, { number, jobId: createdJobId, name, point, parameters, role })
    await recordEvent(tx, {
      jobId: step.job_id,
      stepId: step.id,
      to: 'TrialCreated',
      data: { name, reason: JSON.stringify(parameters) },
    })
  }
}

async function createTrialJob(
  tx: Executor,
  ctx: Context,
  { job, step, sweepName, workspaceId }: SweepOwner,
  trial: {
    name: string
    spec: StepSpec
    parameters: Readonly<Record<string, ParameterValue>>
    properties: Readonly<Record<string, string>>
  },
): Promise<number> {
  const resourceId = jobId(workspaceId, trial.name)
  const hyperparameters = JSON.stringify(trial.parameters)
  const properties = {
    ...childProperties(sweepName, 'trial', trial.spec),
    tags: { hyperparameters, _aml_system_hyperparameters: hyperparameters },
    properties: { 'azureml.parentRunId': sweepName, 'azureml.hyperparameters': hyperparameters, ...trial.properties },
  }
  await insertChildJobs(tx, ctx, { actor: job.submitter, workspaceId, children: [{ resourceId, properties }] })
  await ensureJobRun(tx, ctx, {
    workspaceId,
    runId: trial.name,
    experimentName: trial.spec.experimentName,
    actorName: job.submitter.name,
    displayName: trial.name,
    parentRunId: sweepName,
    params: Object.fromEntries(Object.entries(trial.parameters).map(([name, value]) => [name, textOfValue(value)])),
  })
  return insertGraph(tx, {
    resourceId,
    workspaceId,
    kind: 'Command',
    submitter: job.submitter,
    continueOnStepFailure: false,
    forceRerun: true,
    timeoutMs: undefined,
    priority: step.priority,
    steps: [{ name: 'trial', resourceId, spec: trial.spec, remaining: 0 }],
    edges: [],
  })
}

/** `{sweep}_{suffix}`, of trials their number, unless somebody gave that name to a job of their own. */
async function freeName(
  tx: Executor,
  ctx: Context,
  { sweepName, workspaceId, step }: SweepOwner,
  suffix: string,
): Promise<string> {
  const name = `${sweepName}_${suffix}`
  return (await ctx.resources.find(jobId(workspaceId, name), tx)) === undefined ? name : `${name}_${step.id}`
}

async function sourceOutputs(tx: Executor, step: StepRow): Promise<Map<string, StepOutputs>> {
  const names = sourceSteps(step.spec.inputs)
  if (names.length === 0) return new Map()
  const rows = await tx
    .selectFrom('steps')
    .select(['name', 'outputs'])
    .where('job_id', '=', step.job_id)
    .where('name', 'in', names)
    .execute()
  return new Map(rows.map((row) => [row.name, row.outputs]))
}
