import { nearest } from '@fulcrum/contract'
import { isBinding, typeOf } from './job-io.ts'
import { literalTypes, modeWord, plain } from './values.ts'
import { YamlNode } from './yaml-node.ts'

/** What `${{parent.…}}` in a step names: whether it is there, and which type and mode it has. */

const binding = /\$\{\{\s*parent\.(inputs|outputs|jobs)\.([\w.-]+?)(?:\.(inputs|outputs)\.([\w-]+))?\s*\}\}/

/** Every `${{parent.…}}` of the steps names an input, a step or an output that is there. @throws YamlError */
export function checkBindings(owner: YamlNode, steps: YamlNode): void {
  const known = new Map(
    Object.entries({ inputs: owner.get('inputs'), outputs: owner.get('outputs'), jobs: steps }).map(
      ([area, part]) => [area, Object.keys(part?.mapping() ?? {})] as const,
    ),
  )
  for (const [, step] of steps.entries()) {
    for (const part of ['inputs', 'outputs']) for (const [, entry] of step.get(part)?.entries() ?? []) checkBinding(entry, known)
    for (const member of controlMembers) {
      const found = step.get(member)
      for (const entry of Array.isArray(found?.value) ? found.items() : found === undefined ? [] : [found])
        checkBinding(entry, known)
    }
  }
}

/** Where control flow names steps and values. */
const controlMembers = ['condition', 'true_block', 'false_block', 'body', 'items'] as const

function checkBinding(entry: YamlNode, known: ReadonlyMap<string, readonly string[]>): void {
  const place = entry.isMapping() ? entry.get('path') : entry
  if (place === undefined || !isBinding(place.value)) return
  const [, area = '', name = ''] = binding.exec(place.value) ?? []
  const names = known.get(area)
  // A group of inputs is bound by its name or by one of its members.
  if (
    names === undefined ||
    names.some((found) => found === name || name.startsWith(`${found}.`) || found.startsWith(`${name}.`))
  )
    return
  const noun = area === 'jobs' ? 'step' : area.slice(0, -1)
  const hint = nearest(name, [...names])
  const rest = hint === undefined ? `; there are: ${names.join(', ') || 'none'}.` : `; did you mean '${hint}'?`
  throw place.fail(`${place.value.trim()} names no ${noun} of this pipeline${rest}`)
}

interface Bound {
  readonly type: string
  readonly mode?: string
}

/**
 * Type and mode of what a binding names in the same file.
 * @param specs components of the steps that are known
 */
export function boundTo(owner: YamlNode, text: string, specs: ReadonlyMap<string, Readonly<Record<string, unknown>>>): Bound {
  const [, area = '', name = '', part = '', member = ''] = binding.exec(text) ?? []
  if (area === 'jobs') return { type: typeOfStep(owner, name, part, member, specs) }
  const declared = member === '' ? owner.get(area)?.get(name) : undefined
  if (declared === undefined) return { type: area === 'outputs' ? 'uri_folder' : 'string' }
  return boundValue(declared)
}

/** Type and mode of an input or output that is written out. */
function boundValue(entry: YamlNode): Bound {
  if (!entry.isMapping()) return { type: literalTypeOf(entry.value) }
  const mode = entry.get('mode')
  const type = typeOf(entry, literalTypes)
  return mode === undefined ? { type } : { type, mode: modeWord(mode) }
}

function typeOfStep(
  owner: YamlNode,
  name: string,
  part: string,
  member: string,
  specs: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): string {
  const step = owner.get('jobs')?.get(name)
  if (step?.get('type')?.text().toLowerCase() === 'automl') return 'mltable'
  const declaredBySpec = specs.get(name)?.[part]
  const declared = plain(declaredBySpec) ? declaredBySpec[member] : undefined
  if (plain(declared) && typeof declared['type'] === 'string') return declared['type']
  const entry = step?.get(part)?.get(member)
  if (entry === undefined) return 'uri_folder'
  return isBinding(entry.value) ? boundTo(owner, entry.value, specs).type : boundValue(entry).type
}

/** Inputs of a pipeline of which every use is an optional input of a component. */
export function optionalInputs(steps: YamlNode, specs: ReadonlyMap<string, Readonly<Record<string, unknown>>>): Set<string> {
  const uses = steps.entries().flatMap(([step, node]) =>
    (node.get('inputs')?.entries() ?? []).flatMap(([name, entry]) => {
      const [, area, input = ''] = typeof entry.value === 'string' ? (binding.exec(entry.value) ?? []) : []
      const declared = specs.get(step)?.['inputs']
      const port = plain(declared) ? declared[name] : undefined
      return area === 'inputs' ? [{ input, isOptional: plain(port) && port['optional'] === true }] : []
    }),
  )
  const required = new Set(uses.filter((use) => !use.isOptional).map((use) => use.input))
  return new Set(uses.map((use) => use.input).filter((input) => !required.has(input)))
}

/** The type of a literal, as Python has it. */
export function literalTypeOf(value: unknown): string {
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return 'string'
}
