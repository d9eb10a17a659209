import { layoutGraph, type LayoutRequest } from './layout.ts'

/** Large graphs are laid out here, so that the page keeps answering. */
self.addEventListener('message', (event: MessageEvent<LayoutRequest>) => {
  self.postMessage(layoutGraph(event.data))
})
