import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bestTrial, hopelessAfter, planSweep, type SweepPlan } from './plan-sweep.ts'
import { trialLimit } from './sample.ts'
import { parametersAt } from './search-space.ts'
import type { SearchParameter, SweepSettings, TrialStatus, TrialView } from './types.ts'

/** Any order of endings, cancels and time limits, with an engine that forgets everything between two looks. */

const space: readonly SearchParameter[] = [
  { name: 'lr', distribution: { kind: 'uniform', min: -3, max: 0, log: true } },
  { name: 'depth', distribution: { kind: 'choice', values: [2, 4, 8] } },
  { name: 'units', distribution: { kind: 'randint', upper: 3 } },
]
const discrete = space.slice(1)

const settingsOf = fc.record({
  kind: fc.constantFrom('random' as const, 'grid' as const, 'bayesian' as const),
  sobol: fc.boolean(),
  maxTotalTrials: fc.integer({ min: 1, max: 15 }),
  maxConcurrentTrials: fc.integer({ min: 1, max: 6 }),
  goal: fc.constantFrom('maximize' as const, 'minimize' as const),
})

type Drawn = typeof settingsOf extends fc.Arbitrary<infer Value> ? Value : never

function makeSettings(drawn: Drawn): SweepSettings {
  return {
    parameters: drawn.kind === 'grid' ? discrete : space,
    sampling: { kind: drawn.kind, sobol: drawn.sobol },
    objective: { goal: drawn.goal, metric: 'loss' },
    maxTotalTrials: drawn.maxTotalTrials,
    maxConcurrentTrials: drawn.maxConcurrentTrials,
    timeoutMs: 1_000,
  }
}

interface Ending {
  readonly pick: number
  readonly status: TrialStatus
  readonly value: number | undefined
}
const endings: fc.Arbitrary<Ending[]> = fc.array(
  fc.record({
    pick: fc.nat(),
    status: fc.constantFrom<TrialStatus>('Completed', 'Completed', 'Failed', 'Canceled'),
    value: fc.option(fc.double({ min: -5, max: 5, noNaN: true }), { nil: undefined }),
  }),
  { minLength: 40, maxLength: 60 },
)

/** Takes what the plan makes into the list, checking it against the promises. */
function take(settings: SweepSettings, plan: SweepPlan, trials: TrialView[]): TrialView[] {
  for (const { number, point } of plan.create) {
    expect(number).toBe(trials.length)
    expect(point).toHaveLength(settings.parameters.length)
    expect(point.every((u) => u >= 0 && u < 1)).toBe(true)
    trials.push({ number, point })
  }
  const open = trials.filter((trial) => trial.status === undefined)
  expect(open.length).toBeLessThanOrEqual(settings.maxConcurrentTrials)
  expect(trials.length).toBeLessThanOrEqual(trialLimit(settings))
  if (plan.stopAll) expect(plan).toEqual({ create: [], stopAll: true })
  if (plan.end !== undefined) expect(open).toEqual([])
  return open
}

/** @returns the trials at the end and how the sweep ended */
function play(settings: SweepSettings, script: readonly Ending[], cancelAt: number | undefined) {
  const trials: TrialView[] = []
  for (const [turn, ending] of script.entries()) {
    const cancelRequested = cancelAt !== undefined && turn >= cancelAt
    const state = { settings, seed: 'seed', trials: trials.map((trial) => ({ ...trial })), cancelRequested, overdue: false }
    const plan = planSweep(state)
    // Whoever asks again, in another process, gets the same trials.
    expect(planSweep(structuredClone(state))).toEqual(plan)
    const open = take(settings, plan, trials)
    if (plan.end !== undefined) return { trials, outcome: plan.end.outcome }
    const victim = open[ending.pick % Math.max(1, open.length)]
    if (victim === undefined) continue
    const status = plan.stopAll ? 'Canceled' : ending.status
    trials[victim.number] = { ...victim, status, ...(ending.value === undefined ? {} : { objective: ending.value }) }
  }
  return { trials, outcome: undefined }
}

describe('the plan of a sweep', () => {
  it('makes every trial once, never too many at a time, the same after a restart, and ends', () => {
    fc.assert(
      fc.property(settingsOf, endings, fc.option(fc.nat(20), { nil: undefined }), (drawn, script, cancelAt) => {
        const settings = makeSettings(drawn)
        const { trials, outcome } = play(settings, script, cancelAt)
        expect(outcome).toBeDefined()
        if (cancelAt === undefined) {
          const completed = trials.some((trial) => trial.status === 'Completed')
          const failures = trials.filter((trial) => trial.status === 'Failed').length
          expect(outcome).toBe(completed ? 'Completed' : 'Failed')
          if (completed || failures < hopelessAfter) expect(trials).toHaveLength(trialLimit(settings))
        }
        const sign = settings.objective.goal === 'maximize' ? 1 : -1
        const scores = trials.flatMap((trial) =>
          trial.status === 'Completed' && trial.objective !== undefined ? [sign * trial.objective] : [],
        )
        const best = bestTrial(settings.objective, trials)
        expect(best?.objective).toBe(scores.length === 0 ? undefined : sign * Math.max(...scores))
      }),
      { numRuns: 150 },
    )
  })

  it('tries each combination of a grid once', () => {
    const settings = makeSettings({ kind: 'grid', sobol: false, maxTotalTrials: 100, maxConcurrentTrials: 100, goal: 'minimize' })
    const { create } = planSweep({ settings, seed: 's', trials: [], cancelRequested: false, overdue: false })
    const tried = new Set(create.map(({ point }) => JSON.stringify(parametersAt(settings.parameters, point))))
    expect(create).toHaveLength(9)
    expect(tried.size).toBe(9)
  })

  it('gives up after many failures without one success', () => {
    const settings = makeSettings({
      kind: 'random',
      sobol: false,
      maxTotalTrials: 1000,
      maxConcurrentTrials: 1,
      goal: 'minimize',
    })
    const failed = Array.from({ length: hopelessAfter }, (_, number): TrialView => ({
      number,
      point: [0, 0, 0],
      status: 'Failed',
    }))
    expect(planSweep({ settings, seed: 's', trials: failed, cancelRequested: false, overdue: false }).end).toMatchObject({
      outcome: 'Failed',
    })
  })
})
