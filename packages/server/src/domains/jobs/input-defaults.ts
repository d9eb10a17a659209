import { isTrue, membersOf } from './component-members.ts'
import type { Members } from './plan-types.ts'
import type { StepInput } from './types.ts'

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
export function withDefaults(component: Members, given: Readonly<Record<string, StepInput>>): Record<string, StepInput> {
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
