export { computeDomain } from './compute.ts'
export { resolveCompute, slotsOf, strictestIsolation, type ResolvedCompute } from './resolve-compute.ts'
