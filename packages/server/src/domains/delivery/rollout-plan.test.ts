import { rolloutPropertiesSchema } from '@fulcrum/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planRollout } from './rollout-plan.ts'

const properties = rolloutPropertiesSchema.parse({
  endpointId: 'e',
  deploymentName: 'green',
  releaseId: 'r',
  minimumRequests: 50,
})
const figures = (requests: number, errorRate = 0, p99Ms = 30) => ({
  current: { requests: 1_000, errorRate: 0.01, p99Ms: 30 },
  candidate: { requests, errorRate, p99Ms },
})

describe('a rollout', () => {
  it('mirrors, then takes 10, 50 and 100 percent, then is done', () => {
    const seen: unknown[] = []
    for (let step = -1; ; step += 1) {
      const move = planRollout(properties, { step, startedAtMs: 0 }, figures(50), 1_000)
      seen.push(move.kind === 'advance' ? move.percent : move.kind)
      if (move.kind !== 'advance') break
    }
    expect(seen).toEqual([10, 50, 100, 'finish'])
  })

  it('waits for enough requests and gives up when they do not come', () => {
    expect(planRollout(properties, { step: 0, startedAtMs: 0 }, figures(10), 1_000).kind).toBe('wait')
    expect(planRollout(properties, { step: 0, startedAtMs: 0 }, figures(10), 601_000).kind).toBe('rollback')
  })

  it('goes back on errors before the step is complete', () => {
    expect(planRollout(properties, { step: 1, startedAtMs: 0 }, figures(25, 0.2), 1_000)).toMatchObject({ kind: 'rollback' })
  })

  it('goes back on latency, but not on noise below the least that counts', () => {
    expect(planRollout(properties, { step: 1, startedAtMs: 0 }, figures(60, 0, 500), 1_000).kind).toBe('rollback')
    const quick = { current: { requests: 100, errorRate: 0, p99Ms: 1 }, candidate: { requests: 60, errorRate: 0, p99Ms: 15 } }
    expect(planRollout(properties, { step: 1, startedAtMs: 0 }, quick, 1_000).kind).toBe('advance')
    const patient = { ...properties, minimumP99Ms: 1_000 }
    expect(planRollout(patient, { step: 1, startedAtMs: 0 }, figures(60, 0, 900), 1_000).kind).toBe('advance')
    expect(planRollout(patient, { step: 1, startedAtMs: 0 }, figures(60, 0, 1_100), 1_000).kind).toBe('rollback')
  })

  it('never gives more traffic to a deployment that breaks its limits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2_000 }),
        fc.double({ min: 0.04, max: 1, noNaN: true }),
        fc.integer({ min: -1, max: 2 }),
        (requests, errorRate, step) => {
          const move = planRollout(properties, { step, startedAtMs: 0 }, figures(requests, errorRate), 0)
          expect(['wait', 'rollback']).toContain(move.kind)
        },
      ),
    )
  })
})
