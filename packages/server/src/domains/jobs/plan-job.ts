import { invalid, type JobProperties } from '@fulcrum/contract'
import { mapEntries, processCountOf, stringValues } from './data-types.ts'
import { parseDurationMs } from './duration.ts'
import { checkCommand } from './expressions.ts'
import { jobInput, jobOutput } from './job-io.ts'
import { planPipeline } from './plan-pipeline.ts'
import type { JobPlan, PlanRequest } from './plan-types.ts'
import type { StepSpec } from './types.ts'

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
