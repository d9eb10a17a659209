import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planSweep } from './plan-sweep.ts'
import { algorithmAt, coordinateOf, parametersAt, valueAt } from './search-space.ts'
import type { SweepSettings, TrialView } from './types.ts'

const settings: SweepSettings = {
  parameters: [
    { name: 'algorithm', distribution: { kind: 'choice', values: ['tree', 'line', 'mean'] } },
    { name: 'depth', distribution: { kind: 'uniform', min: 1, max: 9, log: false, q: 1 }, algorithms: ['tree'] },
    { name: 'C', distribution: { kind: 'uniform', min: -5, max: 5, log: true }, algorithms: ['line'] },
  ],
  starts: [{ algorithm: 'tree', depth: 4 }, { algorithm: 'line', C: 1 }, { algorithm: 'mean' }],
  sampling: { kind: 'portfolio', sobol: false },
  objective: { goal: 'maximize', metric: 'score' },
  maxTotalTrials: 12,
  maxConcurrentTrials: 3,
  timeoutMs: 1000,
  finals: ['ensemble', 'explain'],
  keepAtTimeout: true,
  giveUpAfter: 3,
}
const state = (trials: readonly TrialView[], members: Partial<SweepSettings> = {}) => ({
  settings: { ...settings, ...members },
  seed: 'job',
  trials,
  cancelRequested: false,
  overdue: false,
})
const done = (number: number, objective: number): TrialView => ({
  number,
  point: [0.1, 0.5, 0.5],
  status: 'Completed',
  objective,
})

const endings = fc.array(fc.record({ failed: fc.boolean(), value: fc.double({ min: 0, max: 1, noNaN: true }) }), {
  minLength: 20,
  maxLength: 20,
})

describe('a search over algorithms', () => {
  it('has each start, never a parameter of another algorithm, then one ensemble and one explanation, and ends', () => {
    fc.assert(
      fc.property(endings, (outcomes) => {
        const trials: TrialView[] = []
        for (let turn = 0; turn < 40; turn += 1) {
          const plan = planSweep(state(trials, { giveUpAfter: 100 }))
          expect(planSweep(state(trials, { giveUpAfter: 100 }))).toEqual(plan)
          if (plan.end !== undefined) break
          for (const { number, point, role } of plan.create) {
            expect(number).toBe(trials.length)
            trials.push({ number, point, ...(role === undefined ? {} : { role }) })
          }
          const at = trials.findIndex((trial) => trial.status === undefined)
          const outcome = outcomes[at]
          const trial = trials[at]
          if (trial === undefined || outcome === undefined) throw new Error('nothing to wait for')
          trials[at] =
            trial.role === 'explain'
              ? { ...trial, status: 'Completed' }
              : { ...trial, ...(outcome.failed ? { status: 'Failed' } : { status: 'Completed', objective: outcome.value }) }
        }
        const searched = trials.filter((trial) => trial.role === undefined)
        expect(searched).toHaveLength(12)
        expect(searched.slice(0, 3).map((trial) => algorithmAt(settings.parameters, trial.point))).toEqual([
          'tree',
          'line',
          'mean',
        ])
        for (const { point } of searched) {
          const { algorithm, ...own } = parametersAt(settings.parameters, point)
          expect(Object.keys(own)).toEqual(algorithm === 'tree' ? ['depth'] : algorithm === 'line' ? ['C'] : [])
        }
        // What has nothing to tune is not tried twice.
        expect(searched.filter((trial) => algorithmAt(settings.parameters, trial.point) === 'mean')).toHaveLength(1)
        const scored = searched.filter((trial) => trial.status === 'Completed').length
        const finals = trials.flatMap((trial) => trial.role ?? [])
        expect(finals).toEqual([...(scored >= 2 ? ['ensemble'] : []), ...(scored >= 1 ? ['explain'] : [])])
      }),
      { numRuns: 20 },
    )
  })

  it('goes to the algorithm that is best so far more often', () => {
    const at = (algorithm: string, objective: number, number: number): TrialView => ({
      number,
      point: settings.parameters.map(({ name, distribution }) =>
        name === 'algorithm' ? coordinateOf(distribution, algorithm) : 0.4,
      ),
      status: 'Completed',
      objective,
    })
    const trials = [at('tree', 0.6, 0), at('line', 0.9, 1), at('mean', 0.2, 2)]
    const chosen = Array.from({ length: 200 }, (_unused, seed) => {
      const [next] = planSweep({ ...state(trials), seed: `seed ${seed}` }).create
      return next === undefined ? '' : algorithmAt(settings.parameters, next.point)
    })
    const lines = chosen.filter((algorithm) => algorithm === 'line').length
    expect(lines).toBeGreaterThan(70)
    expect(chosen.filter((algorithm) => algorithm === 'tree').length).toBe(200 - lines)
  })

  it('stops at the exit score without an ensemble, and cancels what runs', () => {
    const trials: TrialView[] = [done(0, 0.95), { number: 1, point: [0.1, 0.5, 0.5] }]
    const plan = planSweep(state(trials, { exitScore: 0.9 }))
    expect(plan).toMatchObject({ create: [], stopAll: true, stopReason: 'ExitScore' })
    const stopped: TrialView[] = [done(0, 0.95), { ...done(1, 0), status: 'Canceled' }]
    expect(planSweep(state(stopped, { exitScore: 0.9 })).create).toEqual([{ number: 2, point: [], role: 'explain' }])
    expect(planSweep(state(stopped, { exitScore: 0.99 })).create).toHaveLength(3)
    expect(
      planSweep(state(stopped, { exitScore: 0.9, objective: { goal: 'minimize', metric: 'loss' } })).stopReason,
    ).toBeUndefined()
  })

  it('stops when the last trials brought nothing better, with an ensemble', () => {
    const members: Partial<SweepSettings> = { maxTotalTrials: 100, patience: { after: 3, trials: 4 } }
    const flat = [0.5, 0.8, 0.6, 0.7, 0.7, 0.8, 0.1].map((score, number) => done(number, score))
    expect(planSweep(state(flat, members))).toMatchObject({ create: [{ role: 'ensemble' }], stopReason: 'NoProgress' })
    expect(planSweep(state([...flat.slice(0, 6), done(6, 0.81)], members)).create).toHaveLength(3)
    expect(planSweep(state(flat.slice(0, 6), members)).stopReason).toBeUndefined()
  })

  it('keeps the best at the time limit, and gives up when the first trials all fail', () => {
    expect(planSweep({ ...state([done(0, 0.5)]), overdue: true })).toMatchObject({
      end: { outcome: 'Completed' },
      stopReason: 'Timeout',
    })
    expect(planSweep({ ...state([]), overdue: true }).end).toMatchObject({ outcome: 'Canceled', code: 'TimedOut' })
    const failed = [0, 1, 2].map((number): TrialView => ({ number, point: [0.1, 0.5, 0.5], status: 'Failed' }))
    expect(planSweep(state(failed)).end).toMatchObject({ outcome: 'Failed' })
  })

  it('finds the coordinate of a value again', () => {
    fc.assert(
      fc.property(fc.nat(8), fc.constantFrom(...settings.parameters), (step, { distribution }) => {
        const value = valueAt(distribution, (step + 0.5) / 9)
        const again = valueAt(distribution, coordinateOf(distribution, value))
        if (typeof value === 'number') expect(again).toBeCloseTo(value, 6)
        else expect(again).toBe(value)
      }),
    )
  })
})
