import { invalid, type JobProperties } from '@fulcrum/contract'
import { automlJobMembers } from './automl/plan-automl.ts'
import { membersOf, optional, textOf } from './component-members.ts'
import { mapEntries, processCountOf, stringValues } from './data-types.ts'
import { commandLimits } from './command-limits.ts'
import { checkCommand } from './expressions.ts'
import { readExecution } from './execution.ts'
import { jobInput, jobOutput } from './job-io.ts'
import { askedResources } from './queue/resource-request.ts'
import { planPipeline } from './plan-pipeline.ts'
import type { JobPlan, PlanRequest } from './plan-types.ts'
import { parseSweep } from './sweep/parse-sweep.ts'
import type { StepSpec } from './types.ts'

const runsHere = 'Command, pipeline, sweep and AutoML jobs run on this server.'

/** What a job has to do. Pure. @throws InvalidRequestContent a job that cannot be right */
export function planJob(request: PlanRequest): JobPlan {
  const { properties } = request
  switch (properties.jobType) {
    case 'Command':
      return { steps: [{ name: 'command', spec: planCommand(request) }], edges: [] }
    case 'Pipeline':
      return planPipeline(request)
    case 'Sweep':
      return { steps: [{ name: 'sweep', spec: planSweepJob(request) }], edges: [] }
    case 'AutoML':
      return { steps: [{ name: 'automl', spec: planAutoML(request) }], edges: [] }
    default:
      return { steps: [{ name: properties.jobType.toLowerCase(), spec: unsupportedJob(request) }], edges: [] }
  }
}

function planCommand({ jobName, properties }: PlanRequest): StepSpec {
  const command = properties.command ?? ''
  if (command.trim() === '') throw invalid('A command job needs a command.', { target: 'properties.command' })
  const inputs = mapEntries(properties.inputs ?? {}, (input, name) => jobInput(input, `properties.inputs.${name}`))
  const outputs = mapEntries(properties.outputs ?? {}, (output) => jobOutput(output))
  checkCommand(command, { inputs: Object.keys(inputs), outputs: Object.keys(outputs), target: 'properties.command' })
  return {
    ...commonSpec(jobName, properties),
    type: 'command',
    command,
    inputs,
    outputs,
    ...(properties.codeId ? { codeId: properties.codeId } : {}),
    ...(properties.environmentId ? { environmentId: properties.environmentId } : {}),
    ...commandLimits(properties.limits, 'properties.limits'),
    ...readExecution(
      {
        distribution: properties.distribution,
        resources: properties.resources,
        services: properties['services'],
        properties: properties.properties,
      },
      'properties',
    ),
  }
}

/** The trial is a command with the sweep's inputs, outputs and compute. */
function planSweepJob({ jobName, properties }: PlanRequest): StepSpec {
  const trial = membersOf(properties['trial'])
  const command = String(trial['command'] ?? '')
  if (command.trim() === '') throw invalid('The trial of a sweep needs a command.', { target: 'properties.trial.command' })
  const sweep = parseSweep(properties, 'properties')
  const inputs = mapEntries(properties.inputs ?? {}, (input, name) => jobInput(input, `properties.inputs.${name}`))
  const outputs = mapEntries(properties.outputs ?? {}, (output) => jobOutput(output))
  const parameters = sweep.parameters.map((parameter) => parameter.name)
  checkCommand(command, {
    inputs: [...Object.keys(inputs), ...parameters],
    outputs: Object.keys(outputs),
    searchSpace: parameters,
    target: 'properties.trial.command',
  })
  const resources = trial['resources'] ?? properties.resources
  const asked = askedResources(resources, 'properties.resources')
  const { distribution } = trial
  const execution = readExecution(
    { distribution, resources, services: undefined, properties: properties.properties },
    'properties.trial',
  )
  return {
    ...commonSpec(jobName, properties),
    type: 'sweep',
    command,
    inputs,
    outputs,
    sweep,
    environmentVariables: stringValues(membersOf(trial['environmentVariables'])),
    ...execution,
    ...(asked === undefined ? {} : { asked }),
    ...optional('codeId', textOf(trial['codeId'])),
    ...optional('environmentId', textOf(trial['environmentId'])),
  }
}

function planAutoML({ jobName, properties }: PlanRequest): StepSpec {
  return { ...commonSpec(jobName, properties), ...automlJobMembers(properties) }
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
  const asked = askedResources(properties.resources, 'properties.resources')
  return {
    environmentVariables: stringValues(properties.environmentVariables ?? {}),
    instanceCount: properties.resources?.instanceCount ?? 1,
    ...(asked === undefined ? {} : { asked }),
    processCount: processCountOf(properties.distribution),
    displayName: properties.displayName ?? jobName,
    experimentName: properties.experimentName ?? 'Default',
    deterministic: false,
    mayReuse: false,
    ...(properties.computeId ? { computeId: properties.computeId } : {}),
  }
}
