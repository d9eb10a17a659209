import { isActionPattern } from './action-pattern.ts'

/** A set of actions: what matches an `include` pattern and no `exclude` pattern. */
export interface ActionSet {
  readonly include: readonly string[]
  readonly exclude: readonly string[]
}

export interface InclusionInput {
  /** One pattern of the smaller side … */
  readonly pattern: string
  /** … without what these take away. */
  readonly except: readonly string[]
  readonly held: readonly ActionSet[]
  readonly denied: readonly ActionSet[]
}

/** States visited before the question is given up; far above what shipped roles need. */
const STATE_LIMIT = 20_000
const ANY_OTHER = '\u0000'

/**
 * Is every action of `pattern` minus `except` in the union of `held` minus the union of `denied`? Exact, by walking the
 * product of the patterns' automata; answers false when the walk grows beyond its limit, so a hostile role costs
 * bounded time and is refused.
 */
export function isIncluded(input: InclusionInput): boolean {
  const relevantDenied = input.denied.filter((set) => set.include.length > 0)
  if (relevantDenied.length === 0 && input.held.some((set) => set.include.includes('*') && set.exclude.length === 0)) return true
  const walk = new ProductWalk(input)
  return walk.findCounterExample() === 'none'
}

/** Positions in one pattern reachable so far, made deterministic on demand. State 0 is the dead state. */
class PatternAutomaton {
  readonly #pattern: string
  readonly #states: (readonly number[])[] = [[]]
  readonly #ids = new Map<string, number>([['', 0]])
  readonly #steps = new Map<string, number>()
  readonly start: number

  constructor(pattern: string) {
    this.#pattern = isActionPattern(pattern) ? pattern.toLowerCase().replace(/\*{2,}/g, '*') : ''
    this.start = this.#pattern === '' ? 0 : this.#intern(new Set([0]), [])
  }

  step(state: number, character: string): number {
    if (state === 0) return 0
    const key = `${state}${character}`
    const known = this.#steps.get(key)
    if (known !== undefined) return known
    const entered = new Set<number>()
    const stayed: number[] = []
    for (const position of this.#states[state] ?? []) {
      const expected = this.#pattern[position]
      if (expected === '*') stayed.push(position)
      else if (expected === character) entered.add(position + 1)
    }
    const result = this.#intern(entered, stayed)
    this.#steps.set(key, result)
    return result
  }

  accepts(state: number): boolean {
    return state !== 0 && (this.#states[state] ?? []).includes(this.#pattern.length)
  }

  #intern(entered: Set<number>, stayed: readonly number[]): number {
    // A star may be left at once. Between two slashes it may also take the second slash along, but only when it is
    // left without having matched anything: `a/*/` matches `a/` and not `a/b`.
    for (const position of entered) {
      if (this.#pattern[position] !== '*') continue
      entered.add(position + 1)
      if (this.#pattern[position - 1] === '/' && this.#pattern[position + 1] === '/') entered.add(position + 2)
    }
    const positions = new Set([...entered, ...stayed, ...stayed.map((position) => position + 1)])
    const sorted = [...positions].toSorted((a, b) => a - b)
    const key = sorted.join(',')
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    this.#states.push(sorted)
    this.#ids.set(key, this.#states.length - 1)
    return this.#states.length - 1
  }
}

class ProductWalk {
  readonly #automata: readonly PatternAutomaton[]
  readonly #alphabet: readonly string[]
  readonly #exceptEnd: number
  readonly #held: readonly IndexedSet[]
  readonly #denied: readonly IndexedSet[]

  constructor(input: InclusionInput) {
    const patterns: string[] = [input.pattern, ...input.except]
    this.#exceptEnd = patterns.length
    const index = (set: ActionSet): IndexedSet => {
      const includeStart = patterns.length
      patterns.push(...set.include)
      const excludeStart = patterns.length
      patterns.push(...set.exclude)
      return { includeStart, excludeStart, end: patterns.length }
    }
    this.#held = input.held.map(index)
    this.#denied = input.denied.map(index)
    this.#automata = patterns.map((pattern) => new PatternAutomaton(pattern))
    this.#alphabet = [...new Set([...patterns.join('').toLowerCase().replaceAll('*', ''), ANY_OTHER])]
  }

  findCounterExample(): 'none' | 'found' | 'gaveUp' {
    const start = this.#automata.map((automaton) => automaton.start)
    const seen = new Set<string>([start.join()])
    const queue: number[][] = [start]
    for (const state of queue) {
      if (this.#isCounterExample(state)) return 'found'
      for (const character of this.#alphabet) {
        const next = this.#automata.map((automaton, index) => automaton.step(state[index] ?? 0, character))
        if (next[0] === 0) continue
        const key = next.join()
        if (seen.has(key)) continue
        if (seen.size * this.#automata.length >= STATE_LIMIT * 8 || seen.size >= STATE_LIMIT) return 'gaveUp'
        seen.add(key)
        queue.push(next)
      }
    }
    return 'none'
  }

  #isCounterExample(state: readonly number[]): boolean {
    const accepts = (index: number): boolean => this.#automata[index]?.accepts(state[index] ?? 0) === true
    const anyAccepts = (from: number, to: number): boolean => {
      for (let index = from; index < to; index += 1) if (accepts(index)) return true
      return false
    }
    const contains = (set: IndexedSet): boolean =>
      anyAccepts(set.includeStart, set.excludeStart) && !anyAccepts(set.excludeStart, set.end)
    if (!accepts(0) || anyAccepts(1, this.#exceptEnd)) return false
    return !this.#held.some(contains) || this.#denied.some(contains)
  }
}

interface IndexedSet {
  readonly includeStart: number
  readonly excludeStart: number
  readonly end: number
}
