import './tables.ts'

export { computeDomain } from './compute.ts'
export { settleNodes, takeNodes, type NodeHolder } from './nodes.ts'
export { computeResourceType, resolveCompute, slotsOf, strictestIsolation, type ResolvedCompute } from './resolve-compute.ts'
