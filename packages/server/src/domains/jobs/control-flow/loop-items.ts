import { invalid } from '@fulcrum/contract'
import { dataTypeOf } from '../data-types.ts'
import type { LoopItem, StepInput } from '../types.ts'

/** The items of a `parallel_for`: a JSON text, a list of maps or a map of maps, each map the inputs of one iteration. Pure. */

type RawItem = Readonly<Record<string, unknown>>

/** @throws InvalidRequestContent it is no list of maps with the same keys */
export function readItems(items: unknown, loop: string): RawItem[] {
  const value = typeof items === 'string' ? parse(items, loop) : items
  const list = Array.isArray(value) ? value : isMap(value) ? Object.values(value) : undefined
  if (list === undefined) throw wrong(loop, 'must be a list of maps, a map of maps, or one of the two as JSON')
  const found = list.map((entry, index): RawItem => {
    if (isMap(entry)) return entry
    throw wrong(loop, `must be maps of inputs, but number ${index} is ${JSON.stringify(entry)}`)
  })
  const keys = Object.keys(found[0] ?? {})
    .sort()
    .join(', ')
  const other = found.findIndex((item) => Object.keys(item).sort().join(', ') !== keys)
  if (other >= 0)
    throw wrong(
      loop,
      `must have the same keys: number 0 has ${keys || 'none'}, number ${other} has ${
        Object.keys(found[other] ?? {})
          .sort()
          .join(', ') || 'none'
      }`,
    )
  return found
}

/** @param toInput reads one value as the input of a node */
export function knownItems(
  items: readonly RawItem[],
  {
    loop,
    declared,
    toInput,
  }: { loop: string; declared: readonly string[]; toInput: (value: unknown, input: string) => StepInput },
): LoopItem[] {
  if (items.length === 0) throw wrong(loop, 'are empty')
  return items.map((item) =>
    Object.fromEntries(
      Object.entries(item).map(([name, value]) => {
        if (declared.length > 0 && !declared.includes(name))
          throw wrong(loop, `name the input '${name}', but the body has ${declared.join(', ')}`)
        return [name, toInput(pythonText(value), name)]
      }),
    ),
  )
}

/** Items that a step wrote: values and addresses of data; references to other steps may not stand in them. */
export function writtenItems(text: string, loop: string, declared: readonly string[]): LoopItem[] {
  const items = readItems(text, loop)
  if (items.length === 0) return []
  return knownItems(items, {
    loop,
    declared,
    toInput(value): StepInput {
      const type = isMap(value) ? dataTypeOf(value['job_input_type'] ?? value['type']) : undefined
      const uri = isMap(value) ? (value['uri'] ?? value['path']) : undefined
      if (typeof uri === 'string') return { kind: 'data', uri, type: type ?? 'uri_folder', mode: 'ReadOnlyMount' }
      return { kind: 'literal', value: value === null ? undefined : typeof value === 'string' ? value : JSON.stringify(value) }
    },
  })
}

/** Azure's clients send literals as Python writes them: `True`, not `true`. */
function pythonText(value: unknown): unknown {
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : value
}

function parse(text: string, loop: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw wrong(loop, `are no JSON (${error instanceof Error ? error.message : 'unreadable'})`)
  }
}

function wrong(loop: string, what: string): Error {
  return invalid(`The items of loop '${loop}' ${what}.`, { target: `properties.jobs.${loop}.items` })
}

function isMap(value: unknown): value is RawItem {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
