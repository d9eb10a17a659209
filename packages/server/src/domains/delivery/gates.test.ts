import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evidenceGaps, stateOfGate, statesOfGates, type Decision, type GateRecord, type GateRules } from './gates.ts'

const gate = (name: string, order: number, extra: Partial<GateRules> = {}): GateRules => ({
  name,
  displayName: name,
  order,
  environment: 'test',
  approverGroupIds: ['g'],
  requiredApprovals: 1,
  requiredEvidence: [],
  twoPersonRule: true,
  ...extra,
})
const decision = (principalId: string, verdict: Decision['verdict'], digest = 'd'): Decision => ({
  principalId,
  name: principalId,
  verdict,
  comment: undefined,
  time: '2026-01-01T00:00:00Z',
  digest,
  evidence: [],
})
const record = (rules: GateRules, decisions: Decision[]): GateRecord => ({
  name: rules.name,
  displayName: rules.displayName,
  order: rules.order,
  environment: rules.environment,
  decisions,
})

describe('gates', () => {
  it('counts one approval per person', () => {
    const rules = gate('a', 1, { requiredApprovals: 2 })
    expect(
      stateOfGate(rules, record(rules, [decision('x', 'approve'), decision('x', 'approve')]), { digest: 'd', reached: true }),
    ).toBe('open')
    expect(
      stateOfGate(rules, record(rules, [decision('x', 'approve'), decision('y', 'approve')]), { digest: 'd', reached: true }),
    ).toBe('approved')
  })

  it('forgets decisions about another digest', () => {
    const rules = gate('a', 1)
    expect(stateOfGate(rules, record(rules, [decision('x', 'approve', 'old')]), { digest: 'new', reached: true })).toBe('open')
  })

  it('never opens a gate before all gates in front of it are approved', () => {
    const verdicts = fc.array(fc.constantFrom<'approve' | 'reject' | 'none'>('approve', 'reject', 'none'), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(verdicts, fc.boolean(), (chosen, ready) => {
        const rules = chosen.map((_, index) => gate(`g${index}`, index + 1))
        const records = rules.map((entry, index) =>
          record(entry, chosen[index] === 'none' ? [] : [decision('x', chosen[index] as 'approve')]),
        )
        const states = statesOfGates(rules.toReversed(), records, { digest: 'd', ready })
        const firstOpen = states.findIndex((entry) => entry.state === 'open')
        if (firstOpen >= 0) {
          expect(ready).toBe(true)
          expect(states.slice(0, firstOpen).every((entry) => entry.state === 'approved')).toBe(true)
        }
        expect(states.filter((entry) => entry.state === 'open').length).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('wants every required kind, passing, for this digest, and believes the newest', () => {
    const rules = gate('a', 1, { requiredEvidence: ['metrics', 'fairness'] })
    const entry = (kind: string, verdict: 'pass' | 'fail', digest = 'd') => ({
      gate: 'a',
      kind,
      verdict,
      summary: '',
      digest,
      checks: [],
      measurements: {},
    })
    expect(evidenceGaps(rules, [entry('metrics', 'pass', 'other')], 'd')).toEqual({
      missing: ['metrics', 'fairness'],
      failed: [],
    })
    expect(evidenceGaps(rules, [entry('metrics', 'pass'), entry('fairness', 'pass'), entry('metrics', 'fail')], 'd')).toEqual({
      missing: [],
      failed: ['metrics'],
    })
  })
})
