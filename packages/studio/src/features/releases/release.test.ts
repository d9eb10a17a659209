import { expect, it } from 'vitest'
import { gatesOf, reasonAgainstApproving, reasonAgainstDeciding, type Evidence, type Gate, type Release } from './release.ts'

const gate = (name: string, order: number, requiredEvidence: string[] = []): Gate => ({
  id: `/g/${name}`,
  name,
  properties: { displayName: name, order, environment: 'test', approverGroupIds: ['leads'], requiredEvidence },
})
const release = (properties: Partial<Release['properties']> = {}): Release => ({
  id: '/r',
  name: 'r',
  properties: { modelVersionId: '/m', digest: 'd1', ready: true, author: { id: 'ana', name: 'Ana' }, ...properties },
})
const evidence = (kind: string, verdict: 'pass' | 'fail', digest = 'd1'): Evidence => ({
  id: `/e/${kind}-${verdict}`,
  name: kind,
  properties: { gate: 'one', kind, verdict, summary: '', digest },
})
const approval = (digest = 'd1') => ({ principalId: 'lena', name: 'Lena', verdict: 'approve' as const, time: 't', digest })
const lena = { id: 'lena', groups: [{ id: 'leads' }] }
const first = (...given: Parameters<typeof gatesOf>) => {
  const view = gatesOf(...given)[0]
  if (!view) throw new Error('there is a gate')
  return view
}

it('opens gates in order, and only decisions on this digest count', () => {
  const gates = [gate('two', 2), gate('one', 1)]
  const states = (given: Release) => gatesOf(given, gates, []).map((view) => `${view.gate.name} ${view.state}`)
  expect(states(release())).toEqual(['one Open', 'two Waiting'])
  expect(states(release({ gates: [{ name: 'one', decisions: [approval()] }] }))).toEqual(['one Approved', 'two Open'])
  expect(states(release({ gates: [{ name: 'one', decisions: [approval('old')] }] }))).toEqual(['one Open', 'two Waiting'])
  expect(states(release({ ready: false }))).toEqual(['one Waiting', 'two Waiting'])
})

it('tells author and outsider why they cannot decide, and lets the approver', () => {
  const view = first(release(), [gate('one', 1)], [])
  expect(reasonAgainstDeciding(view, release(), { id: 'ana', groups: lena.groups })).toContain('somebody else')
  expect(reasonAgainstDeciding(view, release(), { id: 'omar', groups: [] })).toContain('not in the groups')
  expect(reasonAgainstDeciding(view, release(), lena)).toBeUndefined()
  expect(reasonAgainstDeciding(view, release(), lena, 'The server says no.')).toBe('The server says no.')
})

it('names missing and failed evidence, by the newest of each kind for this digest', () => {
  const rules = [gate('one', 1, ['metrics', 'fairness'])]
  expect(reasonAgainstApproving(first(release(), rules, [evidence('metrics', 'pass')]))).toContain('fairness')
  const failed = [evidence('metrics', 'pass'), evidence('fairness', 'fail')]
  expect(reasonAgainstApproving(first(release(), rules, failed))).toBe('Evidence has failed: fairness.')
  const mended = [...failed, evidence('fairness', 'pass')]
  expect(reasonAgainstApproving(first(release(), rules, mended))).toBeUndefined()
  expect(first(release(), rules, [evidence('metrics', 'pass', 'old')]).missing).toEqual(['metrics', 'fairness'])
})
