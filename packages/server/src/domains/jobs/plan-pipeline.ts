import { invalid } from '@fulcrum/contract'
import { parseDurationMs } from './duration.ts'
import { checkCommand, parseBinding } from './expressions.ts'
import { countSources, distinctEdges, missingStep, type Edge } from './graph.ts'
import { dataTypeOf, jobInput, mapEntries, processCountOf, stringValues, type JobPlan, type PlannedStep, type PlanRequest } from './plan-job.ts'
import type { StepInput, StepOutput, StepSpec } from './types.ts'

type Members = Readonly<Record<string, unknown>>

/** A component's spec, or the same members inline in a node. snake_case, as Azure sends it. */
export type ComponentSpec = Members

/** One level of nodes: the pipeline, or a pipeline component inside it. */
interface Level {
  readonly prefix: string
  readonly nodes: Readonly<Record<string, Members>>
  readonly inputs: Readonly<Record<string, StepInput>>
  /** Name of the whole pipeline's output, or `undefined` when the outer level does not bind it. */
  readonly outputBindings: Readonly<Record<string, string | undefined>>
  readonly declaredOutputs: Readonly<Record<string, Members>>
}

interface Planning {
  readonly request: PlanRequest
  readonly steps: PlannedStep[]
  readonly edges: Edge[]
}

const commandTypes = new Set(['command', ''])

/** Turns a pipeline into steps and edges; nested pipelines become steps named `outer/inner`. @throws InvalidRequestContent */
export function planPipeline(request: PlanRequest): JobPlan {
  const { properties } = request
  const own = properties.componentId ? componentOf(request, properties.componentId, 'properties.componentId') : undefined
  const nodes = (properties.jobs && Object.keys(properties.jobs).length > 0 ? properties.jobs : membersOf(own?.['jobs'])) as Record<string, Members>
  if (Object.keys(nodes).length === 0) throw invalid('A pipeline job needs at least one step.', { target: 'properties.jobs' })
  const given = mapEntries(properties.inputs ?? {}, (input, name) => jobInput(input, `properties.inputs.${name}`))
  const outputs = properties.outputs ?? {}
  const planning: Planning = { request, steps: [], edges: [] }
  planLevel(planning, {
    prefix: '',
    nodes,
    inputs: { ...defaultsOf(membersOf(own?.['inputs'])), ...given },
    outputBindings: Object.fromEntries([...Object.keys(membersOf(own?.['outputs'])), ...Object.keys(outputs)].map((name) => [name, name])),
    declaredOutputs: mapEntries(outputs, (output) => ({ ...output })),
  })
  const edges = distinctEdges(planning.edges)
  countSources(
    planning.steps.map((step) => step.name),
    edges,
  )
  return { steps: planning.steps, edges }
}

function planLevel(planning: Planning, level: Level): void {
  for (const [name, node] of Object.entries(level.nodes)) {
    const component = nodeComponent(planning.request, level, name, node)
    const inputs = nodeInputs(planning.request, level, name, node)
    const type = typeOf(node, component)
    if (type === 'pipeline') {
      planLevel(planning, {
        prefix: `${level.prefix}${name}/`,
        nodes: membersOf(component['jobs']) as Record<string, Members>,
        inputs,
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

function typeOf(node: Members, component: Members): string {
  return String(node['type'] ?? component['type'] ?? 'command').toLowerCase()
}

function nodeComponent(request: PlanRequest, level: Level, name: string, node: Members): Members {
  const reference = node['componentId'] ?? node['component']
  if (typeof reference === 'string') return { ...componentOf(request, reference, `properties.jobs.${level.prefix}${name}.componentId`), ...inlineMembers(node) }
  return typeof reference === 'object' && reference !== null ? (reference as Members) : node
}

/** A node may say its own `environment` and the like over its component's. */
function inlineMembers(node: Members): Members {
  return Object.fromEntries(['environment', 'code', 'command'].flatMap((name) => (node[name] === undefined ? [] : [[name, node[name]]])))
}

function componentOf(request: PlanRequest, reference: string, target: string): ComponentSpec {
  const found = request.components.get(reference.toLowerCase())
  if (found !== undefined) return found
  throw invalid(`Component '${reference}' was not found. Register it first: PUT …/components/{name}/versions/{version}.`, { target })
}

function nodeSpec(
  request: PlanRequest,
  level: Level,
  part: { name: string; node: Members; component: Members; inputs: Record<string, StepInput>; type: string },
): StepSpec {
  const { node, component, inputs, type } = part
  const { properties } = request
  const target = `properties.jobs.${level.prefix}${part.name}`
  const supported = commandTypes.has(type)
  const command = String(component['command'] ?? '')
  if (supported && command.trim() === '') throw invalid(`Step '${level.prefix}${part.name}' has no command.`, { target })
  const outputs = nodeOutputs(level, node, component)
  const complete = { ...missingOptionals(component), ...inputs }
  if (supported) checkCommand(command, { inputs: Object.keys(complete), outputs: Object.keys(outputs) })
  const resources = membersOf(node['resources'] ?? component['resources'])
  const distribution = membersOf(node['distribution'] ?? component['distribution'])
  const timeoutMs = parseDurationMs(membersOf(node['limits'])['timeout'], `${target}.limits.timeout`)
  const settings = membersOf(properties.settings)
  const compute = textOf(node['computeId'] ?? node['compute']) ?? textOf(settings['default_compute']) ?? properties.computeId ?? undefined
  return {
    type: 'command',
    command,
    environmentVariables: { ...stringValues(membersOf(component['environment_variables'])), ...stringValues(membersOf(node['environment_variables'])) },
    inputs: complete,
    outputs,
    instanceCount: Number(resources['instance_count'] ?? 1) || 1,
    processCount: processCountOf(distribution),
    displayName: String(node['display_name'] ?? part.name),
    experimentName: properties.experimentName ?? 'Default',
    deterministic: component['is_deterministic'] !== false,
    mayReuse: true,
    parentJobName: request.jobName,
    ...(Object.keys(distribution).length > 0 ? { distribution } : {}),
    ...optional('codeId', stripScheme(component['code'])),
    ...optional('environmentId', stripScheme(component['environment'])),
    ...optional('componentId', textOf(node['componentId'])),
    ...optional('computeId', resolveText(level, compute)),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(supported ? {} : { type, unsupported: `Step type '${type}' is not supported. Steps of type command and pipeline run on this server.` }),
  }
}

/** `azureml:/subscriptions/…` → the id; other texts stay. */
function stripScheme(value: unknown): string | undefined {
  const text = textOf(value)
  return text?.startsWith('azureml:/subscriptions/') ? text.slice('azureml:'.length) : text
}

function optional<Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> {
  return value === undefined ? {} : ({ [name]: value } as Partial<Record<Name, string>>)
}

/** `${{parent.inputs.c}}` → its literal. */
function resolveText(level: Level, text: string | undefined): string | undefined {
  const path = text === undefined ? undefined : parseBinding(text)
  if (path === undefined) return text
  const input = path[0] === 'parent' && path[1] === 'inputs' ? level.inputs[path[2] ?? ''] : undefined
  return input?.kind === 'literal' ? input.value : undefined
}

function defaultsOf(declared: Members): Record<string, StepInput> {
  const entries = Object.entries(declared).flatMap(([name, input]) => {
    const value = membersOf(input)['default']
    return value === undefined || value === null ? [] : [[name, { kind: 'literal', value: String(value) } satisfies StepInput] as const]
  })
  return Object.fromEntries(entries)
}

/** Declared inputs that the node leaves out: their defaults, else no value when they are optional. */
function missingOptionals(component: Members): Record<string, StepInput> {
  const declared = membersOf(component['inputs'])
  const optionals = Object.entries(declared).filter(([, input]) => membersOf(input)['optional'] === true)
  return { ...Object.fromEntries(optionals.map(([name]) => [name, { kind: 'literal', value: undefined } satisfies StepInput])), ...defaultsOf(declared) }
}

function nodeInputs(request: PlanRequest, level: Level, name: string, node: Members): Record<string, StepInput> {
  const component = nodeComponent(request, level, name, node)
  const declared = component === node ? {} : membersOf(component['inputs'])
  return mapEntries(membersOf(node['inputs']), (value, input) =>
    resolveInput(request, level, { name, input, value, declaredType: dataTypeOf(membersOf(declared[input])['type']) }),
  )
}

interface InputReference {
  readonly name: string
  readonly input: string
  readonly value: unknown
  readonly declaredType: string | undefined
}

function resolveInput(request: PlanRequest, level: Level, reference: InputReference): StepInput {
  const members = typeof reference.value === 'object' && reference.value !== null ? (reference.value as Members) : { value: reference.value }
  const mode = textOf(members['mode'])
  const uri = textOf(members['uri'] ?? members['path'])
  const type = dataTypeOf(members['job_input_type'] ?? members['type']) ?? reference.declaredType
  if (uri !== undefined && parseBinding(uri) === undefined) return { kind: 'data', uri, type: type ?? 'uri_folder', mode: mode ?? 'ReadOnlyMount' }
  const text = uri ?? (members['value'] === null || members['value'] === undefined ? undefined : String(members['value']))
  const path = text === undefined ? undefined : parseBinding(text)
  if (path !== undefined) return bind(request, level, reference.name, path, mode)
  if (text !== undefined && reference.declaredType !== undefined) return { kind: 'data', uri: text, type: reference.declaredType, mode: mode ?? 'ReadOnlyMount' }
  return { kind: 'literal', value: text === undefined ? undefined : embedLiterals(level, reference, text) }
}

/** `model-${{parent.inputs.name}}`: literals inside a longer text. */
function embedLiterals(level: Level, reference: InputReference, text: string): string {
  return text.replace(/\$\{\{\s*parent\.inputs\.([^{}\s.]+)\s*\}\}/g, (whole, name: string) => {
    const input = level.inputs[name]
    if (input?.kind === 'literal' && input.value !== undefined) return input.value
    throw invalid(`Input '${reference.input}' of step '${level.prefix}${reference.name}' uses ${whole}, which is no literal with a value.`, {
      target: `properties.jobs.${level.prefix}${reference.name}.inputs.${reference.input}`,
    })
  })
}

function bind(request: PlanRequest, level: Level, step: string, path: readonly string[], mode: string | undefined): StepInput {
  const [context, area, first = '', kind, last = ''] = path
  const target = `properties.jobs.${level.prefix}${step}`
  if (context === 'parent' && area === 'inputs') {
    const input = level.inputs[first]
    if (input === undefined) throw invalid(`Step '${level.prefix}${step}' uses \${{parent.inputs.${first}}}, but the pipeline has no input '${first}'.`, { target })
    return input.kind === 'literal' || mode === undefined ? input : { ...input, mode }
  }
  if (context === 'parent' && area === 'jobs' && kind === 'outputs') return outputOf(request, level, { step, source: first, output: last, mode })
  if (context === 'parent' && area === 'jobs' && kind === 'inputs') {
    const node = level.nodes[first]
    if (node === undefined) throw missingStep(step, first, Object.keys(level.nodes))
    const value = membersOf(node['inputs'])[last]
    return resolveInput(request, level, { name: first, input: last, value, declaredType: undefined })
  }
  throw invalid(`Step '${level.prefix}${step}' uses \${{${path.join('.')}}}; \${{parent.inputs.x}} and \${{parent.jobs.step.outputs.y}} may stand there.`, { target })
}

/** A step's output; for a nested pipeline the output of the inner step that is bound to it. */
function outputOf(request: PlanRequest, level: Level, wanted: { step: string; source: string; output: string; mode: string | undefined }): StepInput {
  const node = level.nodes[wanted.source]
  if (node === undefined) throw missingStep(wanted.step, wanted.source, Object.keys(level.nodes))
  const component = nodeComponent(request, level, wanted.source, node)
  const found = typeOf(node, component) === 'pipeline' ? innerOutput(`${level.prefix}${wanted.source}/`, component, wanted.output) : undefined
  if (found !== undefined) return { kind: 'stepOutput', ...found, mode: wanted.mode ?? 'ReadOnlyMount' }
  const outputs = { ...membersOf(component['outputs']), ...membersOf(node['outputs']) }
  if (!(wanted.output in outputs)) {
    const known = Object.keys(outputs).join(', ') || 'none'
    throw invalid(`Step '${level.prefix}${wanted.step}' uses output '${wanted.output}' of step '${wanted.source}', which has: ${known}.`, {
      target: `properties.jobs.${level.prefix}${wanted.step}`,
    })
  }
  return { kind: 'stepOutput', step: `${level.prefix}${wanted.source}`, output: wanted.output, mode: wanted.mode ?? 'ReadOnlyMount' }
}

function innerOutput(prefix: string, component: Members, output: string): { step: string; output: string } | undefined {
  for (const [name, node] of Object.entries(membersOf(component['jobs']))) {
    for (const [inner, value] of Object.entries(membersOf(membersOf(node)['outputs']))) {
      if (bindingOfOutput(value) === output) return { step: `${prefix}${name}`, output: inner }
    }
  }
  return undefined
}

/** The parent's output that a node's output is bound to. */
function bindingOfOutput(value: unknown): string | undefined {
  const text = textOf(value) ?? textOf(membersOf(value)['value']) ?? textOf(membersOf(value)['path'])
  const path = text === undefined ? undefined : parseBinding(text)
  return path?.[0] === 'parent' && path[1] === 'outputs' ? path[2] : undefined
}

function boundOutput(level: Level, node: Members, output: string): string | undefined {
  const outer = bindingOfOutput(membersOf(node['outputs'])[output])
  return outer === undefined ? undefined : level.outputBindings[outer]
}

function nodeOutputs(level: Level, node: Members, component: Members): Record<string, StepOutput> {
  const declared = component === node ? {} : membersOf(component['outputs'])
  const own = membersOf(node['outputs'])
  const names = [...new Set([...Object.keys(declared), ...Object.keys(own)])]
  return Object.fromEntries(names.map((name) => [name, nodeOutput(level, own[name], membersOf(declared[name]))]))
}

function nodeOutput(level: Level, value: unknown, declared: Members): StepOutput {
  const members = membersOf(value)
  const outer = bindingOfOutput(value)
  const pipelineOutput = outer === undefined ? undefined : level.outputBindings[outer]
  if (outer !== undefined && !(outer in level.outputBindings)) {
    throw invalid(`A step writes \${{parent.outputs.${outer}}}, but the pipeline has no output '${outer}'.`, { target: `properties.outputs.${outer}` })
  }
  const above = outer === undefined ? {} : membersOf(level.declaredOutputs[outer])
  const uri = textOf(above['uri']) ?? (outer === undefined ? textOf(members['uri'] ?? members['path']) : undefined)
  const type = dataTypeOf(members['job_output_type']) ?? dataTypeOf(members['type']) ?? dataTypeOf(declared['type']) ?? dataTypeOf(above['jobOutputType'])
  return {
    type: type ?? 'uri_folder',
    mode: textOf(members['mode']) ?? textOf(above['mode']) ?? textOf(declared['mode']) ?? 'ReadWriteMount',
    ...(uri === undefined ? {} : { uri }),
    ...(pipelineOutput === undefined ? {} : { pipelineOutput }),
    ...optional('assetName', textOf(above['assetName']) ?? textOf(members['asset_name'] ?? members['name'])),
    ...optional('assetVersion', textOf(above['assetVersion']) ?? textOf(members['asset_version'] ?? members['version'])),
  }
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
