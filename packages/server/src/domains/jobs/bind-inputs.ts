import { invalid, nearest } from '@fulcrum/contract'
import { dataTypeOf, mapEntries } from './data-types.ts'
import { membersOf, nodeComponent, textOf, type Level } from './component-members.ts'
import { findProducer } from './control-flow/find-producer.ts'
import { withMode } from './control-flow/unroll.ts'
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
  if (input?.kind === 'loopInput')
    throw invalid(`'${text}' changes from one iteration of a loop to the next; where a step runs must be known at submission.`, {
      target: 'properties.jobs',
    })
  return input?.kind === 'literal' ? input.value : undefined
}

export function nodeInputs(request: PlanRequest, level: Level, name: string, node: Members): Record<string, StepInput> {
  const component = nodeComponent(request, level, name, node)
  const declared = component === node ? {} : membersOf(component['inputs'])
  return mapEntries(membersOf(node['inputs']), (value, input) =>
    inputOf(request, level, { name, input, value, declaredType: dataTypeOf(membersOf(declared[input])['type']) }),
  )
}

interface InputReference {
  readonly name: string
  readonly input: string
  readonly value: unknown
  readonly declaredType: string | undefined
}

/** @throws InvalidRequestContent it refers to what is not there */
export function inputOf(request: PlanRequest, level: Level, reference: InputReference): StepInput {
  const { uri, text, type, mode } = readInput(reference)
  const path = text === undefined ? undefined : parseBinding(text)
  if (path !== undefined) return bind(request, level, { step: reference.name, input: reference.input, path, mode })
  const data = uri ?? (reference.declaredType === undefined ? undefined : text)
  if (data !== undefined) return { kind: 'data', uri: data, type: type ?? 'uri_folder', mode: mode ?? 'ReadOnlyMount' }
  return text === undefined ? { kind: 'literal', value: undefined } : embedValues(request, level, reference, text)
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

const embedded = /\$\{\{\s*(parent\.[^{}\s]+)\s*\}\}/g

/** `model-${{parent.inputs.name}}`: values inside a longer text; what is known already becomes part of it. */
function embedValues(request: PlanRequest, level: Level, reference: InputReference, text: string): StepInput {
  const parts: StepInput[] = []
  let end = 0
  for (const match of text.matchAll(embedded)) {
    parts.push({ kind: 'literal', value: text.slice(end, match.index) }, embeddedValue(request, level, reference, match))
    end = match.index + match[0].length
  }
  parts.push({ kind: 'literal', value: text.slice(end) })
  if (parts.some((part) => part.kind !== 'literal')) return { kind: 'text', parts }
  return { kind: 'literal', value: parts.map((part) => (part.kind === 'literal' ? part.value : '')).join('') }
}

function embeddedValue(request: PlanRequest, level: Level, reference: InputReference, match: RegExpMatchArray): StepInput {
  const [whole, path = ''] = match
  const value = bind(request, level, { step: reference.name, input: reference.input, path: path.split('.'), mode: undefined })
  if (value.kind !== 'data' && (value.kind !== 'literal' || value.value !== undefined)) return value
  throw invalid(
    `Input '${reference.input}' of step '${level.prefix}${reference.name}' uses ${whole}, which is no literal with a value.`,
    { target: `properties.jobs.${level.prefix}${reference.name}.inputs.${reference.input}` },
  )
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
    return withMode(input, mode)
  }
  if (context === 'parent' && area === 'jobs' && kind === 'outputs')
    return outputOf(request, level, { step, place, source: first, output: last, mode })
  if (context === 'parent' && area === 'jobs' && kind === 'inputs') {
    const node = level.nodes[first]
    if (node === undefined) throw missingStep(step, first, Object.keys(level.nodes), place)
    const value = membersOf(node['inputs'])[last]
    return inputOf(request, level, { name: first, input: last, value, declaredType: undefined })
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
  if (level.nodes[wanted.source] === undefined)
    throw missingStep(wanted.step, wanted.source, Object.keys(level.nodes), wanted.place)
  const found = findProducer(request, level, wanted)
  if ('step' in found) return { kind: 'stepOutput', ...found, mode: wanted.mode ?? 'ReadOnlyMount' }
  throw invalid(
    `Step '${level.prefix}${wanted.step}' uses output '${wanted.output}' of step '${wanted.source}', which has: ${found.known.join(', ') || 'none'}.`,
    { target: `properties.jobs.${wanted.place}` },
  )
}
