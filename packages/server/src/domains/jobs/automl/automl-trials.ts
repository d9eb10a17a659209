import type { Context } from '../../../context.ts'
import type { Executor } from '../../../kernel/db/schema.ts'
import { setJobRunTags } from '../../tracking/index.ts'
import type { FinalRole, ParameterValue } from '../sweep/types.ts'
import type { StepInput, StepOutputs, StepSpec } from '../types.ts'
import { trialOutput, type AutoMLSpec, type AutoMLTrial } from './types.ts'

/** What trials of AutoML are beyond those of a sweep: their task, their properties by Azure's names, and the two that follow the search. */

/** An ensemble of more gains little and reads everything again. */
const mostMembers = 10

export interface EndedTrial {
  readonly name: string
  readonly objective: number | null
  readonly status: string | null
  readonly outputs: StepOutputs
  readonly parameters: Readonly<Record<string, ParameterValue>>
  readonly role: FinalRole | null
}

/** Fills a trial's spec with its part of the search. @param base the spec that any sweep's trial would have */
export function automlTrialSpec(
  base: StepSpec,
  automl: AutoMLSpec,
  trial: {
    readonly number: number
    readonly role: FinalRole | undefined
    readonly parameters: Readonly<Record<string, ParameterValue>>
    readonly ended: readonly EndedTrial[]
  },
): StepSpec {
  const { number, role } = trial
  const best = role === undefined ? [] : bestFirst(automl, trial.ended)
  const chosen = role === 'explain' ? best.slice(0, 1) : best.filter((entry) => entry.role === null).slice(0, mostMembers)
  const inputs: Record<string, StepInput> = {}
  const members: AutoMLTrial['members'][number][] = []
  for (const [index, { name, objective, outputs, parameters }] of chosen.entries()) {
    const input = `trial_${index}`
    inputs[input] = { kind: 'data', uri: outputs[trialOutput]?.uri ?? '', type: 'uri_folder', mode: 'ReadOnlyMount' }
    members.push({ input, name, algorithm: algorithmOf(parameters, undefined), score: objective ?? 0 })
  }
  return {
    ...base,
    inputs: { ...base.inputs, ...inputs },
    outputs: role === 'explain' ? {} : { ...base.outputs, [trialOutput]: { type: 'uri_folder', mode: 'ReadWriteMount' } },
    automl: { ...automl, trial: { role: role ?? 'search', number, parameters: trial.parameters, members } },
  }
}

function bestFirst(automl: AutoMLSpec, ended: readonly EndedTrial[]): EndedTrial[] {
  const sign = automl.goal === 'maximize' ? 1 : -1
  return ended
    .filter((trial) => trial.status === 'Completed' && trial.objective !== null && trial.outputs[trialOutput] !== undefined)
    .toSorted((left, right) => sign * ((right.objective ?? 0) - (left.objective ?? 0)))
}

export function algorithmOf(parameters: Readonly<Record<string, unknown>>, role: FinalRole | null | undefined): string {
  if (role === 'ensemble') return 'VotingEnsemble'
  return role === 'explain' ? 'ModelExplain' : String(parameters['algorithm'] ?? '')
}

export function preprocessorOf(parameters: Readonly<Record<string, unknown>>): string {
  return String(parameters['preprocessor'] ?? '')
}

/** Azure's names, so that code which reads children of an AutoML run finds what it looks for. */
export function trialProperties(
  automl: AutoMLSpec,
  trial: {
    readonly number: number
    readonly role: FinalRole | undefined
    readonly parameters: Readonly<Record<string, unknown>>
  },
): Record<string, string> {
  return {
    runTemplate: trial.role === 'explain' ? 'ModelExplain' : 'automl_child',
    iteration: String(trial.number),
    run_algorithm: algorithmOf(trial.parameters, trial.role),
    run_preprocessor: preprocessorOf(trial.parameters),
    primary_metric: automl.metric,
    goal: `${automl.metric}_${automl.goal === 'maximize' ? 'max' : 'min'}`,
    task_type: automl.task,
  }
}

/** Properties of the AutoML job itself. */
export function automlProperties(automl: AutoMLSpec | undefined): Record<string, string> {
  if (automl === undefined) return {}
  return {
    runTemplate: 'AutoML',
    'azureml.runsource': 'automl',
    task_type: automl.task,
    primary_metric: automl.metric,
    ...(automl.notices.length === 0 ? {} : { 'fulcrum.automl.notices': JSON.stringify(automl.notices) }),
  }
}

/** The tags by which notebooks find the best trial in MLflow. */
export async function tagBest(
  tx: Executor,
  run: { readonly workspaceId: string; readonly runId: string },
  trials: { readonly best: string | undefined; readonly explain?: string | undefined },
): Promise<void> {
  if (trials.best === undefined) return
  await setJobRunTags(tx, {
    ...run,
    tags: {
      automl_best_child_run_id: trials.best,
      ...(trials.explain === undefined
        ? {}
        : { model_explain_run: 'best_run', model_explain_run_id: trials.explain, model_explain_best_run_child_id: trials.best }),
    },
  })
}

/** What of a trial is known when it ends. */
export async function noteScore(
  tx: Executor,
  ctx: Context,
  trial: { readonly resourceId: string; readonly score: number | null },
): Promise<void> {
  if (trial.score === null) return
  const resource = await ctx.resources.find(trial.resourceId, tx)
  if (resource === undefined) return
  const shown = (resource.status['properties'] ?? {}) as Record<string, unknown>
  await ctx.resources.updateStatus(tx, trial.resourceId, { properties: { ...shown, score: String(trial.score) } })
}
