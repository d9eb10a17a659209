import { invalid } from '@fulcrum/contract'
import { nodeInputs, resolveText } from './bind-inputs.ts'
import { boundOutput, nodeOutputs } from './bind-outputs.ts'
import { checkPorts, portsOf, type Port } from './check-ports.ts'
import {
  componentOf,
  isTrue,
  membersOf,
  nodeComponent,
  optional,
  stripScheme,
  textOf,
  typeOf,
  type Level,
} from './component-members.ts'
import { mapEntries, stringValues } from './data-types.ts'
import { parseDurationMs } from './duration.ts'
import { readExecution } from './execution.ts'
import { checkCommand } from './expressions.ts'
import { countSources, distinctEdges, type Edge } from './graph.ts'
import { jobInput } from './job-io.ts'
import { mountInputData, parallelComponent, planParallel } from './parallel/plan-parallel.ts'
import type { JobPlan, Members, PlannedStep, PlanRequest } from './plan-types.ts'
import { parseSweep } from './sweep/parse-sweep.ts'
import { askedResources, priorityOf } from './queue/resource-request.ts'
import type { StepInput, StepSpec } from './types.ts'

interface Planning {
  readonly request: PlanRequest
  readonly steps: PlannedStep[]
  readonly edges: Edge[]
  readonly ports: Port[]
}

const runningTypes = new Set(['command', '', 'parallel', 'sweep'])

/** Turns a pipeline into steps and edges; nested pipelines become steps named `outer/inner`. @throws InvalidRequestContent */
export function planPipeline(request: PlanRequest): JobPlan {
  const { properties } = request
  const own = properties.componentId ? componentOf(request, properties.componentId, 'properties.componentId') : undefined
  const nodes = (
    properties.jobs && Object.keys(properties.jobs).length > 0 ? properties.jobs : membersOf(own?.['jobs'])
  ) as Record<string, Members>
  if (Object.keys(nodes).length === 0) throw invalid('A pipeline job needs at least one step.', { target: 'properties.jobs' })
  const given = mapEntries(properties.inputs ?? {}, (input, name) => jobInput(input, `properties.inputs.${name}`))
  const outputs = properties.outputs ?? {}
  const planning: Planning = { request, steps: [], edges: [], ports: [] }
  if (own !== undefined) planning.ports.push(...portsOf({ node: {}, component: own, inputs: given, type: 'pipeline' }))
  planLevel(planning, {
    prefix: '',
    nodes,
    inputs: withDefaults(own ?? {}, given),
    outputBindings: Object.fromEntries(
      [...Object.keys(membersOf(own?.['outputs'])), ...Object.keys(outputs)].map((name) => [name, name]),
    ),
    declaredOutputs: mapEntries(outputs, (output) => ({ ...output })),
  })
  const edges = distinctEdges(planning.edges)
  countSources(
    planning.steps.map((step) => step.name),
    edges,
  )
  checkPorts(planning.ports, planning.steps)
  return { steps: planning.steps, edges }
}

function planLevel(planning: Planning, level: Level): void {
  for (const [name, node] of Object.entries(level.nodes)) {
    const component = nodeComponent(planning.request, level, name, node)
    const inputs = nodeInputs(planning.request, level, name, node)
    const type = typeOf(node, component)
    planning.ports.push(...portsOf({ step: `${level.prefix}${name}`, node, component, inputs, type }))
    if (type === 'pipeline') {
      planLevel(planning, {
        prefix: `${level.prefix}${name}/`,
        nodes: membersOf(component['jobs']) as Record<string, Members>,
        inputs: withDefaults(component, inputs),
        outputBindings: mapEntries(membersOf(component['outputs']), (_output, output) => boundOutput(level, node, output)),
        declaredOutputs: {},
      })
      continue
    }
    const spec = nodeSpec(planning.request, level, { name, node, component, inputs, type })
    planning.steps.push({ name: `${level.prefix}${name}`, spec })
    for (const input of Object.values(inputs)) {
      if (input.kind === 'stepOutput') planning.edges.push({ source: input.step, target: `${level.prefix}${name}` })
    }
  }
}

interface Node {
  readonly name: string
  readonly node: Members
  readonly component: Members
  readonly inputs: Readonly<Record<string, StepInput>>
  readonly type: string
}

function nodeSpec(request: PlanRequest, level: Level, part: Node): StepSpec {
  const { node } = part
  const component = part.type === 'parallel' ? parallelComponent(node, part.component) : part.component
  const target = `properties.jobs.${level.prefix}${part.name}`
  const inputs = withDefaults(part.component, part.inputs)
  const outputs = nodeOutputs(level, node, part.component)
  const sweep = part.type === 'sweep' ? parseSweep(node, target) : undefined
  // The time limit of a sweep is its own; that of a trial comes with it.
  const timeoutMs =
    sweep === undefined ? parseDurationMs(membersOf(node['limits'])['timeout'], `${target}.limits.timeout`) : undefined
  return {
    type: sweep === undefined ? 'command' : 'sweep',
    command: String(component['command'] ?? ''),
    environmentVariables: {
      ...stringValues(membersOf(component['environment_variables'])),
      ...stringValues(membersOf(node['environment_variables'])),
    },
    inputs,
    outputs,
    displayName: String(node['display_name'] ?? part.name),
    experimentName: request.properties.experimentName ?? 'Default',
    deterministic: component['is_deterministic'] !== false,
    mayReuse: sweep === undefined,
    parentJobName: request.jobName,
    ...sizeOf(node, component, target),
    ...optional('codeId', stripScheme(component['code'])),
    ...optional('environmentId', stripScheme(component['environment'])),
    ...optional('componentId', textOf(node['componentId'])),
    ...optional('computeId', computeOf(request, level, node)),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(sweep === undefined ? {} : { sweep }),
    ...checkKind(
      { ...part, component },
      {
        target,
        inputs: Object.keys(inputs),
        outputs: Object.keys(outputs),
        searchSpace: sweep?.parameters.map((parameter) => parameter.name) ?? [],
      },
    ),
    ...parallelMembers({ ...part, component }, { target, inputs, outputs: Object.keys(outputs) }),
  }
}

function parallelMembers(
  { component, type }: Node,
  names: { target: string; inputs: Readonly<Record<string, StepInput>>; outputs: string[] },
): Partial<StepSpec> {
  if (type !== 'parallel') return {}
  const planned = planParallel(component, { ...names, inputs: Object.keys(names.inputs) })
  return { ...planned, inputs: mountInputData(names.inputs, planned.parallel) }
}

/** Steps of a type that does not run here keep the reason and fail with it; commands are checked at once. */
function checkKind(
  { name, component, type }: Node,
  names: { target: string; inputs: string[]; outputs: string[]; searchSpace: string[] },
): Pick<StepSpec, 'unsupported'> {
  if (!runningTypes.has(type)) {
    return {
      unsupported: `Step '${name}' is of type '${type}', which is not supported. Steps of type command, parallel, sweep and pipeline run on this server.`,
    }
  }
  const command = String(component['command'] ?? '')
  if (command.trim() === '') throw invalid(`Step '${name}' has no command.`, { target: names.target })
  // A component's inputs that the search space names are filled by it.
  checkCommand(command, { ...names, target: `${names.target}.command`, inputs: [...names.inputs, ...names.searchSpace] })
  return {}
}

function sizeOf(node: Members, component: Members, target: string) {
  const resources = membersOf(node['resources'] ?? component['resources'])
  const distribution = node['distribution'] ?? component['distribution']
  const asked = askedResources(resources, `${target}.resources`)
  const priority = priorityOf(node['queue_settings'] ?? node['queueSettings'])
  return {
    ...(asked === undefined ? {} : { asked }),
    ...(priority === undefined ? {} : { priority }),
    ...readExecution({ distribution, resources, services: node['services'], properties: node['properties'] }, target),
  }
}

function computeOf({ properties }: PlanRequest, level: Level, node: Members): string | undefined {
  const settings = membersOf(properties.settings)
  return resolveText(
    level,
    textOf(node['computeId'] ?? node['compute']) ?? textOf(settings['default_compute']) ?? properties.computeId ?? undefined,
  )
}

function defaultsOf(declared: Members): Record<string, StepInput> {
  const entries = Object.entries(declared).flatMap(([name, input]) => {
    const value = membersOf(input)['default']
    return value === undefined || value === null
      ? []
      : [[name, { kind: 'literal', value: String(value) } satisfies StepInput] as const]
  })
  return Object.fromEntries(entries)
}

/** Declared inputs that the node leaves out, or to which it gives nothing: their defaults, else no value when they are optional. */
function withDefaults(component: Members, given: Readonly<Record<string, StepInput>>): Record<string, StepInput> {
  const declared = membersOf(component['inputs'])
  const optionals = Object.entries(declared).filter(([, input]) => isTrue(membersOf(input)['optional']))
  const defaults = defaultsOf(declared)
  const empty = Object.keys(given).filter((name) => {
    const input = given[name]
    return name in defaults && input?.kind === 'literal' && input.value === undefined
  })
  return {
    ...Object.fromEntries(optionals.map(([name]) => [name, { kind: 'literal', value: undefined } satisfies StepInput])),
    ...defaults,
    ...Object.fromEntries(Object.entries(given).filter(([name]) => !empty.includes(name))),
  }
}
