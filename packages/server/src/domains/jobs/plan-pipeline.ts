import { invalid } from '@fulcrum/contract'
import { automlNode, automlNodeMembers } from './automl/plan-automl.ts'
import { nodeInputs, resolveText } from './bind-inputs.ts'
import { boundOutput, nodeOutputs } from './bind-outputs.ts'
import { checkPorts, portsOf, type Port } from './check-ports.ts'
import { componentOf, membersOf, nodeComponent, optional, stripScheme, textOf, typeOf, type Level } from './component-members.ts'
import { mapEntries, stringValues } from './data-types.ts'
import { commandLimits } from './command-limits.ts'
import { readExecution } from './execution.ts'
import { isControlNode, loopBodies } from './control-flow/find-producer.ts'
import { planIfElse, planLoopNode, type PlanBody } from './control-flow/plan-control.ts'
import { controlStep, outerSources } from './control-flow/control-step.ts'
import { sourceSteps } from './control-flow/settle-input.ts'
import { checkCommand } from './expressions.ts'
import { countSources, distinctEdges, type Edge } from './graph.ts'
import { withDefaults } from './input-defaults.ts'
import { jobInput } from './job-io.ts'
import { mountInputData, parallelComponent, planParallel } from './parallel/plan-parallel.ts'
import { planPhases } from './plan-phases.ts'
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

const runningTypes = new Set(['automl', 'command', '', 'parallel', 'sweep'])

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
  const phases = planPhases(properties, nodes, planning)
  const edges = distinctEdges([...planning.edges, ...phases.edges])
  countSources(
    planning.steps.map((step) => step.name),
    edges,
  )
  checkPorts(planning.ports, planning.steps)
  return { steps: planning.steps, edges, finalizers: phases.finalizers }
}

function planLevel(planning: Planning, level: Level): void {
  const bodies = loopBodies(level.nodes)
  for (const [name, node] of Object.entries(level.nodes)) {
    if (bodies.has(name)) continue
    if (isControlNode(node)) {
      if (typeOf(node, node) !== 'if_else') planLoop(planning, level, name, node)
      continue
    }
    const component = nodeComponent(planning.request, level, name, node)
    const type = typeOf(node, component)
    const inputs = nodeInputs(planning.request, level, name, type === 'automl' ? automlNode(node) : node)
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
    for (const source of sourceSteps(inputs)) planning.edges.push({ source, target: `${level.prefix}${name}` })
  }
  // Blocks are known only when the steps in them are.
  for (const [name, node] of Object.entries(level.nodes)) {
    if (isControlNode(node) && typeOf(node, node) === 'if_else') planChoice(planning, level, name, node)
  }
}

function planLoop(planning: Planning, level: Level, name: string, node: Members): void {
  const { request } = planning
  const planBody: PlanBody = (inner) => {
    const body: Planning = { request, steps: [], edges: [], ports: [] }
    planLevel(body, inner)
    const names = body.steps.map((step) => step.name)
    const edges = distinctEdges(body.edges).filter((edge) => names.includes(edge.source) || edge.source.startsWith(inner.prefix))
    countSources(names, edges)
    checkPorts(body.ports, body.steps)
    return { steps: body.steps, edges }
  }
  const { control, outputs } = planLoopNode({ request, level, name, node, planBody })
  const step = controlStep(request, level, { name, node, control, outputs })
  planning.steps.push(step)
  for (const source of outerSources(step)) planning.edges.push({ source, target: step.name })
}

function planChoice(planning: Planning, level: Level, name: string, node: Members): void {
  const bodies = loopBodies(level.nodes)
  const rootsOf = (block: string): string[] => {
    const wanted = `${level.prefix}${bodies.get(block) ?? block}`
    // What a choice inside the block chooses comes after it.
    if (typeOf(level.nodes[block] ?? {}, {}) === 'if_else') return [wanted]
    const found = new Set(planning.steps.map((step) => step.name).filter((step) => isWithin(step, wanted)))
    const inner = new Set(planning.edges.filter((edge) => found.has(edge.source)).map((edge) => edge.target))
    return [...found].filter((step) => !inner.has(step))
  }
  const control = planIfElse({ request: planning.request, level, name, node }, rootsOf)
  const step = controlStep(planning.request, level, { name, node, control, outputs: {} })
  planning.steps.push(step)
  for (const source of outerSources(step)) planning.edges.push({ source, target: step.name })
  if (control.kind !== 'if_else') return
  for (const target of [...control.trueRoots, ...control.falseRoots]) planning.edges.push({ source: step.name, target })
}

function isWithin(step: string, node: string): boolean {
  return step === node || step.startsWith(`${node}/`)
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
  const limits = sweep === undefined ? commandLimits(node['limits'], `${target}.limits`) : {}
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
    ...limits,
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
    ...(part.type === 'automl' ? automlNodeMembers(node, target, { inputs, outputs }) : {}),
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
      unsupported: `Step '${name}' is of type '${type}', which is not supported. Steps of type command, parallel, sweep, automl and pipeline run on this server.`,
    }
  }
  if (type === 'automl') return {}
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
