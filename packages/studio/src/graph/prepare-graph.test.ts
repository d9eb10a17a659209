import fc from 'fast-check'
import { expect, it } from 'vitest'
import { layoutGraph, nodeHeight, nodeWidth, pathThrough, routeKey } from './layout.ts'
import { prepareGraph, type Step } from './prepare-graph.ts'

const step = (id: string, needs: readonly string[] = [], more: Partial<Step> = {}): Step => ({
  id,
  label: id,
  status: 'Completed',
  needs: needs.map((need) => ({ id: need })),
  ...more,
})

it('puts every step after all it needs, for any graph without a cycle', () => {
  const graphs = fc.array(fc.array(fc.nat(19), { maxLength: 4 }), { maxLength: 20 }).map((needs) =>
    needs.map((list, position) =>
      step(
        `s${position}`,
        list.filter((need) => need < position).map((need) => `s${need}`),
      ),
    ),
  )
  fc.assert(
    fc.property(graphs, (steps) => {
      const { nodes, cyclic } = prepareGraph(steps.toReversed())
      expect(cyclic).toEqual([])
      const place = new Map(nodes.map(({ id }, position) => [id, position]))
      expect(place.size).toBe(steps.length)
      for (const node of nodes) for (const need of node.needs) expect(place.get(need.id)).toBeLessThan(place.get(node.id) ?? -1)
    }),
  )
})

it('names cycles and needs that are not there, and still shows every step', () => {
  const graph = prepareGraph([step('a', ['b']), step('b', ['a']), step('c', ['gone'])])
  expect(graph.cyclic).toEqual(['a', 'b'])
  expect(graph.missing).toEqual([{ step: 'c', needs: 'gone' }])
  expect(graph.nodes).toHaveLength(3)
})

it('lays a step out below what it needs', () => {
  const graph = prepareGraph([step('a'), step('b', ['a']), step('c', ['a', 'b'])])
  const { places } = layoutGraph(graph)
  expect(places['b']?.y).toBeGreaterThan((places['a']?.y ?? 0) + nodeHeight)
  expect(places['c']?.y).toBeGreaterThan((places['b']?.y ?? 0) + nodeHeight)
})

it('leads an edge that passes a layer around the nodes of that layer', () => {
  const graph = prepareGraph([step('a'), step('b', ['a']), step('c', ['a', 'b'])])
  const { places, routes } = layoutGraph(graph)
  expect(Object.keys(routes)).toEqual([routeKey('a', 'c')])
  const { x, y } = places['b'] ?? { x: 0, y: 0 }
  const beside = routes[routeKey('a', 'c')]?.filter((point) => point.y >= y && point.y <= y + nodeHeight) ?? []
  expect(beside.length).toBeGreaterThan(0)
  for (const point of beside) expect(point.x < x || point.x > x + nodeWidth, JSON.stringify(point)).toBe(true)
})

it('draws a line through all points, upright at each', () => {
  const points = [
    { x: 0, y: 0 },
    { x: 10, y: 20 },
    { x: 5, y: 40 },
  ]
  expect(pathThrough(points)).toBe('M 0 0 C 0 10 10 10 10 20 C 10 30 5 30 5 40')
})
