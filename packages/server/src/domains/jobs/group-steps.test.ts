import { describe, expect, it } from 'vitest'
import { groupSteps, type StepFacts } from './group-steps.ts'

const step = (id: number, name: string, status = 'Completed'): StepFacts => ({
  id,
  name,
  status,
  startedAt: status === 'NotStarted' ? undefined : `2026-01-01T00:00:${String(id % 60).padStart(2, '0')}.000Z`,
  endedAt: status === 'Completed' ? `2026-01-01T00:01:${String(id % 60).padStart(2, '0')}.000Z` : undefined,
})

describe('groups of steps', () => {
  it('gather what is alike and equally far from the start, with how much of it is in which state', () => {
    const steps = [step(1, 'load'), step(2, 'score/1'), step(3, 'score/2', 'Running'), step(4, 'report', 'NotStarted')]
    const edges = [
      { source: 1, target: 2 },
      { source: 1, target: 3 },
      { source: 2, target: 4 },
      { source: 3, target: 4 },
    ]
    const { groups, edges: between } = groupSteps(steps, edges)
    expect(groups.map(({ label, status, steps: own }) => ({ label, status, own }))).toEqual([
      { label: 'load', status: 'Completed', own: [1] },
      { label: 'score/#', status: 'Running', own: [2, 3] },
      { label: 'report', status: 'NotStarted', own: [4] },
    ])
    expect(groups[1]).toMatchObject({ statuses: { Completed: 1, Running: 1 }, endedAt: undefined })
    const [load, score, report] = groups.map((group) => group.id)
    expect(between).toEqual([
      { source: load, target: score },
      { source: score, target: report },
    ])
  })

  it('stay few for 30,000 steps in a chain, in layers, and of names without a number, and never wait for each other in a circle', () => {
    const letters = (index: number): string =>
      [...index.toString(26)]
        .map((digit) => `${digit}x`)
        .join('')
        .replace(/\d/g, 'q')
    const shapes = [
      Array.from({ length: 30_000 }, (_, index) => ({ step: step(index, `s${index}`), needs: index === 0 ? [] : [index - 1] })),
      Array.from({ length: 30_000 }, (_, index) => ({ step: step(index, `l${index}`), needs: index < 100 ? [] : [index - 100] })),
      Array.from({ length: 30_000 }, (_, index) => ({ step: step(index, letters(index)), needs: index < 2 ? [] : [index - 2] })),
    ]
    for (const shape of shapes) {
      const { groups, edges } = groupSteps(
        shape.map((entry) => entry.step),
        shape.flatMap((entry) => entry.needs.map((source) => ({ source, target: entry.step.id }))),
      )
      expect(groups.length).toBeLessThanOrEqual(300)
      expect(groups.length).toBeGreaterThan(50)
      expect(groups.reduce((sum, group) => sum + group.steps.length, 0)).toBe(30_000)
      const layer = new Map(groups.map((group) => [group.id, Number(group.id.split(' ')[0])]))
      expect(edges.every(({ source, target }) => (layer.get(source) ?? 0) < (layer.get(target) ?? 0))).toBe(true)
    }
  })

  it('show a failure first', () => {
    const { groups } = groupSteps([step(1, 'a1'), step(2, 'a2', 'Failed'), step(3, 'a3', 'NotStarted')], [])
    expect(groups).toMatchObject([{ status: 'Failed', endedAt: undefined }])
  })
})
