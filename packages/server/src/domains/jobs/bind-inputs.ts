import { invalid, nearest } from '@fulcrum/contract'
import { dataTypeOf, mapEntries } from './data-types.ts'
import { bindingOfOutput } from './bind-outputs.ts'
import { membersOf, nodeComponent, textOf, typeOf, type Level } from './component-members.ts'
import type { Members } from './plan-types.ts'
import { parseBinding } from './expressions.ts'
import { missingStep } from './graph.ts'
import type { PlanRequest } from './plan-types.ts'
import type { StepInput } from './types.ts'

/** Inputs of nodes: literals, data, and what the pipeline or other steps give. */

/** `${{parent.inputs.c}}` → its literal. */
export function resolveText(level: Level, text: string | undefined): string | undefined {
  const path = text === undefined ? undefined : parseBinding(text)
  if (path === undefined) return text
  const input = path[0] === 'parent' && path[1] === 'inputs' ? level.inputs[path[2] ?? ''] : undefined
  return input?.kind === 'literal' ? input.value : undefined
}

export function nodeInputs(request: PlanRequest, level: Level, name: string, node: Members): Record<string, StepInput> {
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
  const { uri, text, type, mode } = readInput(reference)
  const path = text === undefined ? undefined : parseBinding(text)
  if (path !== undefined) return bind(request, level, { step: reference.name, input: reference.input, path, mode })
  const data = uri ?? (reference.declaredType === undefined ? undefined : text)
  if (data !== undefined) return { kind: 'data', uri: data, type: type ?? 'uri_folder', mode: mode ?? 'ReadOnlyMount' }
  return { kind: 'literal', value: text === undefined ? undefined : embedLiterals(level, reference, text) }
}

/** The ways in which clients write an input: `{job_input_type, uri | value, mode}`, `{path}`, or the value alone. */
function readInput(reference: InputReference) {
  const members =
    typeof reference.value === 'object' && reference.value !== null ? (reference.value as Members) : { value: reference.value }
  const { value } = members as { value?: unknown }
  const uri = textOf(members['uri'] ?? members['path'])
  return {
    uri,
    text: uri ?? (value === null || value === undefined ? undefined : String(value)),
    type: dataTypeOf(members['job_input_type'] ?? members['type']) ?? reference.declaredType,
    mode: textOf(members['mode']),
  }
}

/** `model-${{parent.inputs.name}}`: literals inside a longer text. */
function embedLiterals(level: Level, reference: InputReference, text: string): string {
  return text.replace(/\$\{\{\s*parent\.inputs\.([^{}\s.]+)\s*\}\}/g, (whole, name: string) => {
    const input = level.inputs[name]
    if (input?.kind === 'literal' && input.value !== undefined) return input.value
    throw invalid(
      `Input '${reference.input}' of step '${level.prefix}${reference.name}' uses ${whole}, which is no literal with a value.`,
      {
        target: `properties.jobs.${level.prefix}${reference.name}.inputs.${reference.input}`,
      },
    )
  })
}

function bind(
  request: PlanRequest,
  level: Level,
  binding: { step: string; input: string; path: readonly string[]; mode: string | undefined },
): StepInput {
  const { step, path, mode } = binding
  const [context, area, first = '', kind, last = ''] = path
  const place = `${level.prefix}${step}.inputs.${binding.input}`
  const target = `properties.jobs.${place}`
  if (context === 'parent' && area === 'inputs') {
    const input = level.inputs[first]
    if (input === undefined) {
      const hint = nearest(first, Object.keys(level.inputs))
      throw invalid(
        `Step '${level.prefix}${step}' uses \${{parent.inputs.${first}}}, but the pipeline has no input '${first}'.${hint === undefined ? '' : ` Did you mean '${hint}'?`}`,
        { target },
      )
    }
    return input.kind === 'literal' || mode === undefined ? input : { ...input, mode }
  }
  if (context === 'parent' && area === 'jobs' && kind === 'outputs')
    return outputOf(request, level, { step, place, source: first, output: last, mode })
  if (context === 'parent' && area === 'jobs' && kind === 'inputs') {
    const node = level.nodes[first]
    if (node === undefined) throw missingStep(step, first, Object.keys(level.nodes), place)
    const value = membersOf(node['inputs'])[last]
    return resolveInput(request, level, { name: first, input: last, value, declaredType: undefined })
  }
  throw invalid(
    `Step '${level.prefix}${step}' uses \${{${path.join('.')}}}; \${{parent.inputs.x}} and \${{parent.jobs.step.outputs.y}} may stand there.`,
    { target },
  )
}

/** A step's output; for a nested pipeline the output of the inner step that is bound to it. */
function outputOf(
  request: PlanRequest,
  level: Level,
  wanted: { step: string; place: string; source: string; output: string; mode: string | undefined },
): StepInput {
  const node = level.nodes[wanted.source]
  if (node === undefined) throw missingStep(wanted.step, wanted.source, Object.keys(level.nodes), wanted.place)
  const component = nodeComponent(request, level, wanted.source, node)
  const found =
    typeOf(node, component) === 'pipeline' ? innerOutput(`${level.prefix}${wanted.source}/`, component, wanted.output) : undefined
  if (found !== undefined) return { kind: 'stepOutput', ...found, mode: wanted.mode ?? 'ReadOnlyMount' }
  const outputs = { ...membersOf(component['outputs']), ...membersOf(node['outputs']) }
  if (!(wanted.output in outputs)) {
    const known = Object.keys(outputs).join(', ') || 'none'
    throw invalid(
      `Step '${level.prefix}${wanted.step}' uses output '${wanted.output}' of step '${wanted.source}', which has: ${known}.`,
      {
        target: `properties.jobs.${wanted.place}`,
      },
    )
  }
  return {
    kind: 'stepOutput',
    step: `${level.prefix}${wanted.source}`,
    output: wanted.output,
    mode: wanted.mode ?? 'ReadOnlyMount',
  }
}

function innerOutput(prefix: string, component: Members, output: string): { step: string; output: string } | undefined {
  for (const [name, node] of Object.entries(membersOf(component['jobs']))) {
    for (const [inner, value] of Object.entries(membersOf(membersOf(node)['outputs']))) {
      if (bindingOfOutput(value) === output) return { step: `${prefix}${name}`, output: inner }
    }
  }
  return undefined
}
