import fc from 'fast-check'
import { expect, it } from 'vitest'
import { countSources, distinctEdges } from './graph.ts'
import { planAttemptEnd, planFailure, planJobEnd, planRelease, succeeded, type StepOutcome, type StepState } from './planner.ts'

/** The engine as the database sees it: claims, crashes and completions in any order, by two engines. */
interface ModelStep {
  state: StepState
  outcome: StepOutcome | null
  remaining: number
  attempt: number
  failures: number
  cancel: boolean
  runs: number
}

interface Graph {
  readonly size: number
  readonly edges: readonly { source: number; target: number }[]
}

const graphs: fc.Arbitrary<Graph> = fc.integer({ min: 1, max: 14 }).chain((size) =>
  fc
    .array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: size * 3 })
    .map((pairs) =>
      pairs.flatMap(([left, right]) =>
        left === right ? [] : [{ source: Math.min(left, right), target: Math.max(left, right) }],
      ),
    )
    .map((edges) => ({ size, edges })),
)

type Action = {
  readonly kind: 'claim' | 'crash' | 'end' | 'stale'
  readonly pick: number
  readonly reason: string
  readonly engine: 0 | 1
}
const actions = fc.array(
  fc.record({
    kind: fc.constantFrom('claim' as const, 'claim' as const, 'end' as const, 'end' as const, 'crash' as const, 'stale' as const),
    pick: fc.nat(100),
    reason: fc.constantFrom('completed', 'completed', 'completed', 'completed', 'failed', 'lost'),
    engine: fc.constantFrom(0 as const, 1 as const),
  }),
  { maxLength: 120 },
)

class Model {
  readonly steps: ModelStep[]
  readonly targets: number[][]
  readonly continueOnStepFailure: boolean
  /** What each engine believes it drives: it may be outdated. */
  readonly beliefs: [Map<number, number>, Map<number, number>] = [new Map(), new Map()]

  constructor(graph: Graph, continueOnStepFailure: boolean) {
    const names = Array.from({ length: graph.size }, (_, index) => String(index))
    const edges = distinctEdges(graph.edges.map((edge) => ({ source: String(edge.source), target: String(edge.target) })))
    const counts = countSources(names, edges)
    this.continueOnStepFailure = continueOnStepFailure
    this.targets = names.map((name) => edges.filter((edge) => edge.source === name).map((edge) => Number(edge.target)))
    this.steps = names.map((name) => {
      const remaining = counts.get(name) ?? 0
      return {
        state: remaining === 0 ? 'Ready' : 'Waiting',
        outcome: null,
        remaining,
        attempt: 0,
        failures: 0,
        cancel: false,
        runs: 0,
      }
    })
  }

  apply(action: Action): void {
    if (action.kind === 'claim') this.#claim(action)
    else if (action.kind === 'crash') this.beliefs[action.engine].clear()
    else if (action.kind === 'stale') this.#adopt(action)
    else this.#end(action)
  }

  #claim(action: Action): void {
    const ready = this.steps.flatMap((step, id) => (step.state === 'Ready' ? [id] : []))
    const id = ready[action.pick % Math.max(1, ready.length)]
    const step = id === undefined ? undefined : this.steps[id]
    if (id === undefined || step === undefined) return
    step.state = 'Active'
    step.attempt += 1
    step.runs += 1
    this.beliefs[action.engine].set(id, step.attempt)
  }

  /** The other engine takes over at the same attempt: both now believe that they own it. */
  #adopt(action: Action): void {
    const active = this.steps.flatMap((step, id) => (step.state === 'Active' ? [id] : []))
    const id = active[action.pick % Math.max(1, active.length)]
    if (id !== undefined) this.beliefs[action.engine].set(id, this.steps[id]?.attempt ?? 0)
  }

  #end(action: Action): void {
    const held = [...this.beliefs[action.engine]]
    const believed = held[action.pick % Math.max(1, held.length)]
    if (believed === undefined) return
    const [id, attempt] = believed
    this.beliefs[action.engine].delete(id)
    const step = this.steps[id]
    if (step === undefined || step.attempt !== attempt || step.state !== 'Active') return
    const end = planAttemptEnd({
      reason: step.cancel ? 'canceled' : action.reason,
      cancelRequested: step.cancel,
      infrastructureFailures: step.failures,
      programFailures: 0,
      maxRetries: 0,
    })
    if (end.kind === 'retry') {
      step.state = 'Ready'
      step.failures += 1
      return
    }
    this.finish(id, end.kind === 'publish' ? 'Completed' : end.outcome)
  }

  finish(id: number, outcome: StepOutcome): void {
    const step = this.steps[id]
    if (step === undefined) return
    expect(step.state).not.toBe('Done')
    step.state = 'Done'
    step.outcome = outcome
    if (succeeded(outcome)) {
      const targets = (this.targets[id] ?? []).flatMap((target) => {
        const found = this.steps[target]
        return found === undefined ? [] : [{ id: target, state: found.state, remaining: found.remaining, finishedSources: 1 }]
      })
      for (const release of planRelease(targets))
        Object.assign(this.steps[release.id] ?? {}, { remaining: release.remaining, state: release.state })
      return
    }
    const below = this.below(id)
    const open = this.steps.flatMap((entry, index) => (entry.state === 'Done' ? [] : [{ id: index, state: entry.state }]))
    const plan = planFailure({
      continueOnStepFailure: this.continueOnStepFailure,
      descendants: open.filter((entry) => below.has(entry.id)),
      others: open.filter((entry) => !below.has(entry.id)),
    })
    for (const skipped of plan.skip) Object.assign(this.steps[skipped] ?? {}, { state: 'Done', outcome: 'Skipped' })
    for (const cancelled of plan.cancel) Object.assign(this.steps[cancelled] ?? {}, { cancel: true })
  }

  below(id: number): Set<number> {
    const found = new Set<number>()
    const queue = [...(this.targets[id] ?? [])]
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (found.has(next)) continue
      found.add(next)
      queue.push(...(this.targets[next] ?? []))
    }
    return found
  }

  /** Engines that keep working, with user programs that succeed from now on. */
  drain(): void {
    for (let round = 0; round < this.steps.length * 10; round += 1) {
      this.apply({ kind: 'claim', pick: round, reason: 'completed', engine: 0 })
      this.apply({ kind: 'stale', pick: round, reason: 'completed', engine: 0 })
      this.apply({ kind: 'end', pick: round, reason: 'completed', engine: 0 })
    }
  }
}

it('ends every graph, whatever crashes, and never runs a step before its sources or after its end', () => {
  fc.assert(
    fc.property(graphs, actions, fc.boolean(), (graph, list, continueOnStepFailure) => {
      const model = new Model(graph, continueOnStepFailure)
      for (const action of list) {
        model.apply(action)
        for (const [id, step] of model.steps.entries()) {
          const sources = graph.edges.filter((edge) => edge.target === id).map((edge) => model.steps[edge.source])
          if (step.state === 'Ready' || step.state === 'Active' || step.outcome === 'Completed') {
            expect(sources.every((source) => source?.outcome === 'Completed')).toBe(true)
          }
        }
      }
      model.drain()
      const outcomes: Partial<Record<StepOutcome, number>> = {}
      for (const step of model.steps) if (step.outcome !== null) outcomes[step.outcome] = (outcomes[step.outcome] ?? 0) + 1
      const open = model.steps.filter((step) => step.state !== 'Done').length
      expect(open).toBe(0)
      const failed = (outcomes.Failed ?? 0) + (outcomes.Canceled ?? 0) > 0
      expect(planJobEnd({ open, outcomes, cancelRequested: false })).toBe(failed ? 'Failed' : 'Completed')
      if (!failed) expect(outcomes.Completed).toBe(graph.size)
      // A step that completed ran at most once more than the host failed it.
      for (const step of model.steps) expect(step.runs).toBeLessThanOrEqual(step.failures + 1)
    }),
    { numRuns: 500 },
  )
})

it('with continue_on_step_failure skips exactly what depends on a failed step', () => {
  fc.assert(
    fc.property(graphs, fc.nat(13), (graph, pick) => {
      const model = new Model(graph, true)
      const failing = pick % graph.size
      for (let round = 0; round < graph.size * 4; round += 1) {
        const ready = model.steps.findIndex((step) => step.state === 'Ready')
        if (ready < 0) break
        model.finish(ready, ready === failing ? 'Failed' : 'Completed')
      }
      const below = model.below(failing)
      for (const [id, step] of model.steps.entries()) {
        expect(step.outcome).toBe(id === failing ? 'Failed' : below.has(id) ? 'Skipped' : 'Completed')
      }
    }),
  )
})
