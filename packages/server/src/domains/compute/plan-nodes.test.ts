import { expect, it } from 'vitest'
import { idleMsOf, planNodes, scaleOf, type ClusterNode } from './plan-nodes.ts'

const nowMs = 10_000_000
const scale = { min: 1, max: 3, idleMs: 120_000 }
const node = (number: number, state: ClusterNode['state'], idleForMs = 0): ClusterNode => ({
  number,
  state,
  sinceMs: nowMs - idleForMs,
})

it('keeps the minimum without jobs', () => {
  expect(planNodes(scale, { nodes: [], waiting: 0, nowMs })).toMatchObject({
    add: [0],
    remove: [],
    allocation: { currentNodeCount: 1, targetNodeCount: 1, allocationState: 'Steady' },
  })
})

it('lets idle nodes go when their time is over, but not below the minimum nor those that are wanted', () => {
  const nodes = [node(0, 'idle', 500_000), node(1, 'idle', 500_000), node(2, 'idle', 1_000)]
  expect(planNodes(scale, { nodes, waiting: 0, nowMs }).remove).toEqual([1])
  expect(planNodes(scale, { nodes, waiting: 1, nowMs }).remove).toEqual([])
  expect(planNodes({ ...scale, min: 0 }, { nodes, waiting: 0, nowMs }).remove).toEqual([0, 1])
})

it('shows that more nodes are wanted than there are', () => {
  const { allocation } = planNodes(scale, { nodes: [node(0, 'running'), node(1, 'preparing')], waiting: 5, nowMs })
  expect(allocation).toMatchObject({
    currentNodeCount: 2,
    targetNodeCount: 3,
    allocationState: 'Resizing',
    nodeStateCounts: { runningNodeCount: 1, preparingNodeCount: 1, idleNodeCount: 0 },
  })
})

it('lets nodes beyond a lowered maximum go once they are idle', () => {
  const plan = planNodes({ ...scale, min: 0, max: 1 }, { nodes: [node(0, 'running'), node(1, 'idle')], waiting: 0, nowMs })
  expect(plan).toMatchObject({ remove: [1], allocation: { currentNodeCount: 1, targetNodeCount: 1 } })
})

it("reads Azure's settings", () => {
  const properties = {
    properties: { scaleSettings: { minNodeCount: 1, maxNodeCount: 4, nodeIdleTimeBeforeScaleDown: 'PT1M30S' } },
  }
  expect(scaleOf(properties, 2)).toEqual({ min: 1, max: 4, idleMs: 90_000 })
  expect(scaleOf({}, 2)).toEqual({ min: 0, max: 2, idleMs: 120_000 })
  expect([idleMsOf('P1D'), idleMsOf('P'), idleMsOf('soon')]).toEqual([86_400_000, undefined, undefined])
})
