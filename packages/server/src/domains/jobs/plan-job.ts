import { invalid, type JobInput, type JobOutput, type JobProperties } from '@fulcrum/contract'
import { parseDurationMs } from './duration.ts'
import { checkCommand } from './expressions.ts'
import { type Edge } from './graph.ts'
import { planPipeline, type ComponentSpec } from './plan-pipeline.ts'
import type { StepInput, StepOutput, StepSpec } from './types.ts'

export interface PlannedStep {
  readonly name: string
  readonly spec: StepSpec
}

export interface JobPlan {
  readonly steps: readonly PlannedStep[]
  readonly edges: readonly Edge[]
}

export interface PlanRequest {
  readonly jobName: string
  readonly properties: JobProperties
  /** Component specs by the reference under which nodes name them, lower case. */
  readonly components: ReadonlyMap<string, ComponentSpec>
}

const runsHere = 'Command and pipeline jobs run on this server.'

/** What a job has to do. Pure. @throws InvalidRequestContent a job that cannot be right */
export function planJob(request: PlanRequest): JobPlan {
  const { properties } = request
  switch (properties.jobType) {
    case 'Command':
      return { steps: [{ name: 'command', spec: planCommand(request) }], edges: [] }
    case 'Pipeline':
      return planPipeline(request)
    default:
      return { steps: [{ name: properties.jobType.toLowerCase(), spec: unsupportedJob(request) }], edges: [] }
  }
}

function planCommand({ jobName, properties }: PlanRequest): StepSpec {
  const command = properties.command ?? ''
  if (command.trim() === '') throw invalid('A command job needs a command.', { target: 'properties.command' })
  const inputs = mapEntries(properties.inputs ?? {}, (input, name) => jobInput(input, `properties.inputs.${name}`))
  const outputs = mapEntries(properties.outputs ?? {}, (output) => jobOutput(output))
  checkCommand(command, { inputs: Object.keys(inputs), outputs: Object.keys(outputs) })
  const timeoutMs = parseDurationMs(properties.limits?.timeout, 'properties.limits.timeout')
  return {
    ...commonSpec(jobName, properties),
    type: 'command',
    command,
    inputs,
    outputs,
    ...(properties.codeId ? { codeId: properties.codeId } : {}),
    ...(properties.environmentId ? { environmentId: properties.environmentId } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(properties.distribution ? { distribution: properties.distribution } : {}),
  }
}

function unsupportedJob({ jobName, properties }: PlanRequest): StepSpec {
  return {
    ...commonSpec(jobName, properties),
    type: properties.jobType.toLowerCase(),
    command: '',
    inputs: {},
    outputs: {},
    unsupported: `Job type '${properties.jobType}' is not supported. ${runsHere}`,
  }
}

function commonSpec(jobName: string, properties: JobProperties) {
  return {
    environmentVariables: stringValues(properties.environmentVariables ?? {}),
    instanceCount: properties.resources?.instanceCount ?? 1,
    processCount: processCountOf(properties.distribution),
    displayName: properties.displayName ?? jobName,
    experimentName: properties.experimentName ?? 'Default',
    deterministic: false,
    mayReuse: false,
    ...(properties.computeId ? { computeId: properties.computeId } : {}),
  }
}

/** Reads `processCountPerInstance` (jobs) or `process_count_per_instance` (nodes). */
export function processCountOf(distribution: Readonly<Record<string, unknown>> | null | undefined): number {
  const value = distribution?.['processCountPerInstance'] ?? distribution?.['process_count_per_instance'] ?? distribution?.['workerCount'] ?? 1
  const count = Number(value)
  return Number.isInteger(count) && count >= 1 ? count : 1
}

export const dataTypes = ['uri_folder', 'uri_file', 'mltable', 'mlflow_model', 'custom_model', 'triton_model']

/** `UriFolder` and `uri_folder` are the same; the latter is stored. */
export function dataTypeOf(type: unknown): string | undefined {
  if (typeof type !== 'string') return undefined
  const plain = type.replaceAll('_', '').toLowerCase()
  return dataTypes.find((known) => known.replaceAll('_', '') === plain)
}

export function jobInput(input: JobInput | null, target: string): StepInput {
  if (input === null) return { kind: 'literal', value: undefined }
  const type = dataTypeOf(input.jobInputType) ?? (input.jobInputType === undefined && input.uri ? 'uri_folder' : undefined)
  if (type === undefined) return { kind: 'literal', value: input.value === null || input.value === undefined ? undefined : String(input.value) }
  if (!input.uri) throw invalid(`${target} is of type ${type} and needs a uri.`, { target })
  return { kind: 'data', uri: input.uri, type, mode: input.mode ?? 'ReadOnlyMount' }
}

export function jobOutput(output: JobOutput | null): StepOutput {
  return {
    type: dataTypeOf(output?.jobOutputType) ?? 'uri_folder',
    mode: output?.mode ?? 'ReadWriteMount',
    ...(output?.uri ? { uri: output.uri } : {}),
    ...(output?.assetName ? { assetName: output.assetName } : {}),
    ...(output?.assetVersion ? { assetVersion: output.assetVersion } : {}),
  }
}

export function stringValues(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, String(value)]])))
}

export function mapEntries<Value, Result>(values: Readonly<Record<string, Value>>, map: (value: Value, name: string) => Result): Record<string, Result> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value, name)]))
}
