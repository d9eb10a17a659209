import { invalid, nearest } from '@fulcrum/contract'
import { membersOf } from '../component-members.ts'
import type { Distribution, ParameterValue, SearchParameter } from './types.ts'

/** Search spaces as clients write them: `["uniform", [0.1, 0.9]]` in jobs, `{type: uniform, min_value: 0.1, max_value: 0.9}` in nodes. */

const functions: Readonly<Record<string, readonly string[]>> = {
  choice: ['values'],
  randint: ['upper'],
  uniform: ['min_value', 'max_value'],
  loguniform: ['min_value', 'max_value'],
  quniform: ['min_value', 'max_value', 'q'],
  qloguniform: ['min_value', 'max_value', 'q'],
  normal: ['mu', 'sigma'],
  lognormal: ['mu', 'sigma'],
  qnormal: ['mu', 'sigma', 'q'],
  qlognormal: ['mu', 'sigma', 'q'],
}

/** @throws InvalidRequestContent naming the parameter and what is wrong with it */
export function parseSpace(space: unknown, target: string): SearchParameter[] {
  const parameters = Object.entries(membersOf(space)).map(([name, value]) => parseParameter(name, value, `${target}.${name}`))
  if (parameters.length === 0) throw invalid('A sweep needs at least one parameter in its search space.', { target })
  return parameters
}

function parseParameter(name: string, value: unknown, target: string): SearchParameter {
  if (!/^[\w-]+$/.test(name)) throw invalid(`'${name}' is no name for a parameter; use letters, digits, '_' and '-'.`, { target })
  const { kind, given } = readFunction(value, target)
  return { name, distribution: distributionOf(kind, given, target) }
}

/** The function's name and its arguments by name, whichever way they were written. */
function readFunction(value: unknown, target: string): { kind: string; given: Readonly<Record<string, unknown>> } {
  const [written, values] = Array.isArray(value) ? (value as [unknown, unknown]) : [membersOf(value)['type'], undefined]
  const kind = String(written ?? '').toLowerCase()
  const names = functions[kind]
  if (names === undefined) {
    const hint = nearest(kind, Object.keys(functions))
    throw invalid(
      `${target} uses '${String(written)}'.${hint === undefined ? '' : ` Did you mean '${hint}'?`} Search spaces know ${Object.keys(functions).join(', ')}.`,
      { target },
    )
  }
  if (!Array.isArray(value)) return { kind, given: membersOf(value) }
  const list = Array.isArray(values) ? (values as unknown[]) : []
  // A list of choices arrives within another list, and sometimes without.
  if (kind === 'choice') return { kind, given: { values: list.length === 1 && Array.isArray(list[0]) ? list[0] : list } }
  return { kind, given: Object.fromEntries(names.map((name, index) => [name, list[index]])) }
}

function distributionOf(kind: string, given: Readonly<Record<string, unknown>>, target: string): Distribution {
  if (kind === 'choice') return { kind, values: choices(given['values'], target) }
  const number = (name: string): number => {
    const value = Number(given[name] ?? Number.NaN)
    if (Number.isFinite(value)) return value
    throw invalid(`${target}: '${kind}' needs the number ${name}; ${(functions[kind] ?? []).join(', ')} are its arguments.`, {
      target,
    })
  }
  if (kind === 'randint') {
    const upper = number('upper')
    if (!Number.isInteger(upper) || upper < 1)
      throw invalid(`${target}: upper of randint is ${upper}; it must be a whole number above 0.`, { target })
    return { kind, upper }
  }
  const log = kind.includes('log')
  const step = kind.startsWith('q') ? { q: positive(number('q'), 'q', target) } : {}
  if (kind.endsWith('normal'))
    return { kind: 'normal', mu: number('mu'), sigma: positive(number('sigma'), 'sigma', target), log, ...step }
  const [min, max] = [number('min_value'), number('max_value')]
  if (!(min < max)) throw invalid(`${target}: the smallest value (${min}) must be below the greatest (${max}).`, { target })
  return { kind: 'uniform', min, max, log, ...step }
}

/** A list, or the text of one: `"[1, 2, 3]"`. */
function choices(value: unknown, target: string): ParameterValue[] {
  const list = typeof value === 'string' ? listOf(value) : value
  if (!Array.isArray(list) || list.length === 0) throw invalid(`${target}: a choice needs a list of values.`, { target })
  return list as ParameterValue[]
}

function listOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text.split(',').map((part) => part.trim())
  }
}

function positive(value: number, name: string, target: string): number {
  if (value > 0) return value
  throw invalid(`${target}: ${name} is ${value}; it must be above 0.`, { target })
}

/** A parameter in the form of a job: `["uniform", [0.1, 0.9]]`. */
export function writeParameter({ distribution }: SearchParameter): unknown[] {
  switch (distribution.kind) {
    case 'choice':
      return ['choice', [distribution.values]]
    case 'randint':
      return ['randint', [distribution.upper]]
    default: {
      const { log, q } = distribution
      const ends = distribution.kind === 'uniform' ? [distribution.min, distribution.max] : [distribution.mu, distribution.sigma]
      return [`${q === undefined ? '' : 'q'}${log ? 'log' : ''}${distribution.kind}`, q === undefined ? ends : [...ends, q]]
    }
  }
}
