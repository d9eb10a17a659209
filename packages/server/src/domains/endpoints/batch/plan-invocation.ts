import { createHash } from 'node:crypto'
import { invalid } from '@fulcrum/contract'
import { canonicalJson } from '../../../kernel/canonical-json.ts'
import type { StoredResource } from '../../../kernel/resources/index.ts'
import type { JsonObject } from '../../../kernel/tables.ts'
import { durationMs } from '../duration.ts'
import { objectOf, textOf } from '../types.ts'
import type { Invocation, InvocationInput, InvocationOutput } from './read-invocation.ts'

/** The pipeline job that an invocation becomes. Pure. */

export interface PlannedInvocation {
  /** Properties of the job. */
  readonly job: JsonObject
  /** A component that the job names and that must be there first. */
  readonly component?: { readonly id: string; readonly spec: JsonObject }
}

export interface InvocationPlan {
  readonly workspaceId: string
  readonly endpointName: string
  readonly deployment: StoredResource
  readonly invocation: Invocation
  /** Name of the child job `batchscoring`. */
  readonly scoringJobName: string
  /** Of a model deployment, with everything resolved. */
  readonly model?: { readonly id: string; readonly type: string }
  readonly environmentId?: string
}

const defaultTimeoutMs = 30_000
const defaultFileName = 'predictions.csv'

/** @throws InvalidRequestContent inputs or outputs that the deployment cannot take */
export function planInvocation(plan: InvocationPlan): PlannedInvocation {
  const { deployment, endpointName, invocation } = plan
  const common = {
    jobType: 'Pipeline',
    displayName: `${endpointName}-${deployment.name}`,
    experimentName: invocation.experimentName ?? endpointName,
    description: invocation.description ?? '',
    computeId: textOf(deployment.properties['compute']) ?? null,
  }
  const configuration = objectOf(deployment.properties['deploymentConfiguration'])
  const isComponent = textOf(objectOf(configuration['componentId'])['assetId']) !== undefined
  const planned = isComponent ? { job: componentJob(plan) } : modelJob(plan)
  return { ...planned, job: { ...common, ...planned.job } }
}

function tagsOf({ deployment, endpointName, invocation }: InvocationPlan, jobType: string) {
  return {
    ...invocation.tags,
    'azureml.batchrun': 'true',
    'azureml.jobtype': jobType,
    'azureml.endpointname': endpointName,
    'azureml.deploymentname': deployment.name,
  }
}

function modelJob(plan: InvocationPlan): PlannedInvocation {
  const { deployment, invocation } = plan
  const input = onlyDataInput(invocation.inputs)
  const [score, ...others] = invocation.outputs
  if (others.length > 0) throw invalid('A model deployment has one output.', { target: 'properties.outputData' })
  const place = placeOf(score, invocation)
  // Clients that do not understand where a child's output is look for it below the child's name.
  const folder = place.folder ?? `azureml://datastores/workspaceblobstore/paths/azureml/${plan.scoringJobName}/score/`
  const component = scoringComponent(plan, input.type, place.fileName ?? fileNameOf(plan))
  const node = {
    name: 'batchscoring',
    type: 'parallel',
    componentId: component.id,
    _source: 'REMOTE.WORKSPACE.COMPONENT',
    inputs: {
      data: { job_input_type: 'literal', value: `\${{parent.inputs.${input.name}}}` },
      ...(plan.model === undefined ? {} : { model: { job_input_type: plan.model.type, uri: plan.model.id, mode: 'Download' } }),
    },
    outputs: { score: { type: 'literal', value: '${{parent.outputs.score}}' } },
    ...scoringSettings(plan),
    environment_variables: { ...objectOf(deployment.properties['environmentVariables']) },
  }
  const job = {
    tags: tagsOf(plan, 'azureml.batchjob'),
    // The same files are scored again when somebody asks for it.
    settings: { force_rerun: true, continue_on_step_failure: false },
    inputs: { [input.name]: { jobInputType: input.type, uri: input.uri } },
    outputs: { score: { jobOutputType: 'uri_folder', uri: folder } },
    jobs: { batchscoring: node },
  }
  return { job, component }
}

/** What clients insist on: a parallel node names a component. It is anonymous, and the same for equal deployments. */
function scoringComponent(plan: InvocationPlan, inputType: string, fileName: string): { id: string; spec: JsonObject } {
  const { deployment, workspaceId } = plan
  const code = objectOf(deployment.properties['codeConfiguration'])
  const script = textOf(code['scoringScript'])
  const appends = deployment.properties['outputAction'] !== 'SummaryOnly'
  const spec = {
    type: 'parallel',
    name: 'azureml_anonymous',
    display_name: 'batchscoring',
    is_deterministic: false,
    inputs: { data: { type: inputType }, ...(plan.model === undefined ? {} : { model: { type: plan.model.type } }) },
    outputs: { score: { type: 'uri_folder' } },
    input_data: '${{inputs.data}}',
    task: {
      type: script === undefined ? 'model' : 'run_function',
      ...given({ code: textOf(code['codeId']), entry_script: script, environment: plan.environmentId }),
      ...(appends ? { append_row_to: '${{outputs.score}}', append_file_name: fileName } : {}),
      ...(plan.model === undefined ? {} : { model_input: 'model' }),
    },
  }
  const version = createHash('sha256').update(canonicalJson(spec)).digest('hex').slice(0, 32)
  return { id: `${workspaceId}/components/azureml_anonymous/versions/${version}`, spec: { ...spec, version } }
}

function given(members: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(members).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** Settings of the invocation over those of the deployment. */
function scoringSettings({ deployment, invocation }: InvocationPlan): JsonObject {
  const { properties } = deployment
  const retry = objectOf(properties['retrySettings'])
  const timeoutMs = durationMs(retry['timeout'], defaultTimeoutMs, 'properties.retrySettings.timeout')
  return {
    mini_batch_size: invocation.miniBatchSize ?? numberOf(properties['miniBatchSize'], 10),
    max_concurrency_per_instance: invocation.maxConcurrencyPerInstance ?? numberOf(properties['maxConcurrencyPerInstance'], 1),
    resources: { instance_count: invocation.instanceCount ?? numberOf(objectOf(properties['resources'])['instanceCount'], 1) },
    error_threshold: invocation.errorThreshold ?? numberOf(properties['errorThreshold'], -1),
    mini_batch_error_threshold: -1,
    logging_level: invocation.loggingLevel ?? textOf(properties['loggingLevel']) ?? 'info',
    retry_settings: {
      max_retries: invocation.maxRetries ?? numberOf(retry['maxRetries'], 3),
      timeout: invocation.timeoutSeconds ?? Math.max(1, Math.round(timeoutMs / 1000)),
    },
  }
}

function onlyDataInput(inputs: readonly InvocationInput[]): InvocationInput {
  const [input, ...others] = inputs
  const target = 'properties.inputData'
  if (input === undefined)
    throw invalid('Name the data to score: properties.inputData with one input of type UriFolder or UriFile.', { target })
  if (others.length > 0) throw invalid(`A model deployment takes one input; ${inputs.length} were sent.`, { target })
  if (input.type !== 'uri_folder' && input.type !== 'uri_file') {
    throw invalid(`A model deployment takes files; input '${input.name}' is of type ${input.type}. Use UriFolder or UriFile.`, {
      target: `${target}.${input.name}`,
    })
  }
  return input
}

/** Where the rows go: an output of type UriFile names folder and file. */
function placeOf(output: InvocationOutput | undefined, invocation: Invocation): { folder?: string; fileName?: string } {
  const fileName = invocation.outputFileName === undefined ? {} : { fileName: plainName(invocation.outputFileName) }
  if (output?.uri === undefined) return fileName
  if (output.type !== 'uri_file') return { folder: output.uri, ...fileName }
  const slash = output.uri.lastIndexOf('/')
  return { folder: output.uri.slice(0, slash + 1), fileName: plainName(output.uri.slice(slash + 1)) }
}

function fileNameOf({ deployment }: InvocationPlan): string {
  return plainName(textOf(deployment.properties['outputFileName']) ?? defaultFileName)
}

/** @throws InvalidRequestContent a path where a name is wanted */
export function plainName(name: string): string {
  if (/^[^/\\\0]{1,255}$/.test(name) && name !== '.' && name !== '..') return name
  throw invalid(`The output file name '${name}' must be a name without folders.`, { target: 'properties.outputFileName' })
}

/** A job of the deployment's pipeline component. */
function componentJob(plan: InvocationPlan): JsonObject {
  const { deployment, invocation } = plan
  const configuration = objectOf(deployment.properties['deploymentConfiguration'])
  const settings = componentSettings(configuration['settings'])
  return {
    tags: tagsOf(plan, 'azureml.pipelinejob'),
    componentId: textOf(objectOf(configuration['componentId'])['assetId']) ?? null,
    ...(textOf(settings['default_compute']) === undefined ? {} : { computeId: settings['default_compute'] }),
    settings,
    inputs: Object.fromEntries(
      invocation.inputs.map((input) => [
        input.name,
        input.type === 'literal'
          ? { jobInputType: 'literal', value: input.value ?? null }
          : { jobInputType: input.type, uri: input.uri },
      ]),
    ),
    outputs: Object.fromEntries(
      invocation.outputs.map((output) => [
        output.name,
        { jobOutputType: output.type, ...(output.uri === undefined ? {} : { uri: output.uri }) },
      ]),
    ),
  }
}

/** `ComponentDeployment.Settings.continue_on_step_failure` and the plain name mean the same; texts become the booleans they spell. */
function componentSettings(value: unknown): JsonObject {
  const spelled: Readonly<Record<string, boolean>> = { true: true, false: false }
  return Object.fromEntries(
    Object.entries(objectOf(value)).map(([name, setting]) => [
      name.replace(/^componentdeployment\.settings\./i, ''),
      typeof setting === 'string' ? (spelled[setting.toLowerCase()] ?? setting) : setting,
    ]),
  )
}

function numberOf(value: unknown, fallback: number): number {
  const found = value === null || value === undefined || value === '' ? NaN : Number(value)
  return Number.isFinite(found) ? found : fallback
}
