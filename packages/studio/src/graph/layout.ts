import { graphlib, layout } from '@dagrejs/dagre'

export interface LayoutRequest {
  readonly nodes: readonly { readonly id: string }[]
  readonly edges: readonly { readonly source: string; readonly target: string }[]
}

/** Top left corner of each node, in pixels. */
export type LayoutResult = Readonly<Record<string, { readonly x: number; readonly y: number }>>

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
  return Object.fromEntries(
    request.nodes.map(({ id }) => {
      const placed = graph.node(id)
      return [id, { x: (placed.x ?? 0) - nodeWidth / 2, y: (placed.y ?? 0) - nodeHeight / 2 }]
    }),
  )
}
