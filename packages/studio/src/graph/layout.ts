import { graphlib, layout } from '@dagrejs/dagre'

export interface LayoutRequest {
  readonly nodes: readonly { readonly id: string }[]
  readonly edges: readonly { readonly source: string; readonly target: string }[]
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** In pixels. */
export interface LayoutResult {
  /** Top left corner of each node. */
  readonly places: Readonly<Record<string, Point>>
  /** Where an edge passes between the nodes on its way, by {@link routeKey}; nothing for edges that go straight to the next layer. */
  readonly routes: Readonly<Record<string, readonly Point[]>>
}

export const routeKey = (source: string, target: string): string => `${source}\n${target}`

export const nodeWidth = 208
export const nodeHeight = 54

/** Layers from top to bottom. Pure, so that it runs in a worker as well as here. */
export function layoutGraph(request: LayoutRequest): LayoutResult {
  const graph = new graphlib.Graph()
  graph.setGraph({ rankdir: 'TB', nodesep: 28, ranksep: 48, marginx: 8, marginy: 8 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const node of request.nodes) graph.setNode(node.id, { width: nodeWidth, height: nodeHeight })
  for (const edge of request.edges) graph.setEdge(edge.source, edge.target)
  layout(graph)
  const places = request.nodes.map(({ id }): [string, Point] => {
    const { x = 0, y = 0 } = graph.node(id)
    return [id, { x: x - nodeWidth / 2, y: y - nodeHeight / 2 }]
  })
  return { places: Object.fromEntries(places), routes: Object.fromEntries(routesOf(graph)) }
}

/** The first and the last point lie on the nodes; three in all mean that the edge passes no layer. */
function routesOf(graph: graphlib.Graph): [string, readonly Point[]][] {
  return graph.edges().flatMap((edge) => {
    const points: readonly Point[] = graph.edge(edge).points ?? []
    const between = points.slice(1, -1).map(({ x, y }) => ({ x, y }))
    return between.length > 1 ? [[routeKey(edge.v, edge.w), between] satisfies [string, readonly Point[]]] : []
  })
}

/** A line through all points that enters and leaves each of them vertically, as an SVG path. */
export function pathThrough(points: readonly Point[]): string {
  return points
    .map(({ x, y }, position) => {
      const from = points[position - 1]
      if (from === undefined) return `M ${x} ${y}`
      const middle = (from.y + y) / 2
      return `C ${from.x} ${middle} ${x} ${middle} ${x} ${y}`
    })
    .join(' ')
}
