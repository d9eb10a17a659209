import { useEffect, useMemo, useState } from 'react'
import { layoutGraph, type LayoutResult } from './layout.ts'
import type { PreparedGraph } from './prepare-graph.ts'

const workerFrom = 200

/**
 * Places the nodes: at once for small graphs, in a worker for large ones. Only a changed structure is laid out
 * anew; a changed status moves nothing.
 * @returns undefined while the worker is at it
 */
export function useLayout({ nodes, edges }: PreparedGraph): LayoutResult | undefined {
  const structure = JSON.stringify({
    nodes: nodes.map(({ id }) => ({ id })),
    edges: edges.map(({ source, target }) => ({ source, target })),
  })
  const isLarge = nodes.length >= workerFrom
  const here = useMemo(() => (isLarge ? undefined : layoutGraph(JSON.parse(structure))), [isLarge, structure])
  const [fromWorker, setFromWorker] = useState<LayoutResult>()
  useEffect(() => {
    if (!isLarge) return
    const worker = new Worker(new URL('layout.worker.ts', import.meta.url), { type: 'module' })
    worker.addEventListener('message', (event: MessageEvent<LayoutResult>) => setFromWorker(event.data))
    worker.postMessage(JSON.parse(structure))
    return () => worker.terminate()
  }, [isLarge, structure])
  return isLarge ? fromWorker : here
}
