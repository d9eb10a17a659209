import { invalid, type JobProperties } from '@fulcrum/contract'
import { membersOf, optional, textOf } from '../component-members.ts'
import { mapEntries } from '../data-types.ts'
import { jobInput, jobOutput } from '../job-io.ts'
import type { StepInput, StepOutput, StepSpec } from '../types.ts'
import { parseAutoML, tableTask } from './parse-automl.ts'
import type { Members } from './read.ts'

/** An AutoML job, or node, as a step of the sweep engine. Pure. */

/** What it reads, by the names of its members. */
const dataMembers = ['training_data', 'validation_data'] as const

/** Stands for what the platform runs; the trial program of `python/fulcrum_automl` is started in its own way. */
const command = 'python -m fulcrum_automl'
/** What it stands for: `python/curated_environments.yml`. */
const defaultEnvironment = 'azureml:AzureML-AutoML@latest'

type AutoMLMembers = Pick<
  StepSpec,
  'type' | 'command' | 'inputs' | 'outputs' | 'automl' | 'sweep' | 'environmentId' | 'unsupported'
>

/** The step of an AutoML job. @throws InvalidRequestContent */
export function automlJobMembers(properties: JobProperties): AutoMLMembers {
  const details = membersOf(properties['taskDetails'])
  const target = 'properties.taskDetails'
  const data = mapEntries({ training_data: details['trainingData'], validation_data: details['validationData'] }, (value, name) =>
    value === undefined || value === null
      ? undefined
      : jobInput(
          { jobInputType: 'mltable', ...membersOf(value) },
          `${target}.${name === 'training_data' ? 'trainingData' : 'validationData'}`,
        ),
  )
  const inputs = Object.fromEntries(Object.entries(data).flatMap(([name, input]) => (input === undefined ? [] : [[name, input]])))
  const outputs = mapEntries(properties.outputs ?? {}, (output) => jobOutput(output))
  return automlMembers(
    { task: details['taskType'], members: details, target },
    { inputs, outputs, environmentId: textOf(properties.environmentId) },
  )
}

/** The step of an AutoML node. @throws InvalidRequestContent */
export function automlNodeMembers(
  node: Members,
  target: string,
  parts: Pick<StepSpec, 'inputs' | 'outputs'>,
): AutoMLMembers & Pick<StepSpec, 'mayReuse'> {
  const environmentId = textOf(node['environment_id'])
  return { ...automlMembers({ task: node['task'], members: node, target }, { ...parts, environmentId }), mayReuse: false }
}

/** A node with its data as inputs, where bindings are looked for. */
export function automlNode(node: Members): Members {
  const inputs = dataMembers.flatMap((name) => {
    const value = node[name]
    const data = typeof value === 'object' && value !== null ? { job_input_type: 'mltable', ...value } : value
    return value === undefined || value === null ? [] : [[name, data] as const]
  })
  return { ...node, inputs: Object.fromEntries(inputs) }
}

interface AutoMLParts {
  readonly inputs: Readonly<Record<string, StepInput>>
  readonly outputs: Readonly<Record<string, StepOutput>>
  readonly environmentId: string | undefined
}

/** @throws InvalidRequestContent */
function automlMembers(
  given: { readonly task: unknown; readonly members: Members; readonly target: string },
  parts: AutoMLParts,
): AutoMLMembers {
  const task = tableTask(given.task)
  const environmentId = parts.environmentId ?? defaultEnvironment
  if (task === undefined) {
    const message = `AutoML of task '${String(given.task)}' is not supported; classification, regression and forecasting of tables are.`
    return { type: 'automl', command: '', inputs: {}, outputs: {}, unsupported: message }
  }
  const input = parts.inputs['training_data']
  if (input === undefined || input.kind === 'literal')
    throw invalid('AutoML needs trainingData: a table (mltable, folder or file of CSV or Parquet).', {
      target: `${given.target}.trainingData`,
    })
  const outputs: Record<string, StepOutput> =
    Object.keys(parts.outputs).length > 0
      ? { ...parts.outputs }
      : { best_model: { type: 'mlflow_model', mode: 'ReadWriteMount' } }
  // What the sweep engine calls outputs of the best trial: the model first.
  const names = Object.keys(outputs).toSorted(
    (left, right) => Number(outputs[right]?.type === 'mlflow_model') - Number(outputs[left]?.type === 'mlflow_model'),
  )
  const { automl, sweep } = parseAutoML(task, given, names)
  return { type: 'sweep', command, inputs: parts.inputs, outputs, automl, sweep, environmentId }
}

/** `taskDetails` of the child that an AutoML node is, in the form of a job. */
export function writeAutoML(spec: StepSpec): Record<string, unknown> {
  const { automl, inputs } = spec
  if (automl === undefined) return {}
  const tasks = { classification: 'Classification', regression: 'Regression', forecasting: 'Forecasting' }
  return {
    taskType: tasks[automl.task],
    targetColumnName: automl.targetColumn,
    primaryMetric: automl.metric,
    ...optional('weightColumnName', automl.weightColumn),
    ...Object.fromEntries(
      dataMembers.flatMap((name) => {
        const input = inputs[name]
        if (input?.kind !== 'data' && input?.kind !== 'stepOutput') return []
        const uri = input.kind === 'data' ? input.uri : `\${{parent.jobs.${input.step}.outputs.${input.output}}}`
        return [[name === 'training_data' ? 'trainingData' : 'validationData', { jobInputType: 'mltable', uri }]]
      }),
    ),
    ...(automl.forecasting === undefined
      ? {}
      : {
          forecastingSettings: {
            timeColumnName: automl.forecasting.timeColumn,
            forecastHorizon: { mode: 'Custom', value: automl.forecasting.horizon },
          },
        }),
    limitSettings: {
      maxTrials: (spec.sweep?.maxTotalTrials ?? 0) + (spec.sweep?.finals?.includes('ensemble') === true ? 1 : 0),
      maxConcurrentTrials: spec.sweep?.maxConcurrentTrials,
    },
  }
}
