export { computeDomain } from './compute.ts'
export { resolveCompute, slotsOf, type ResolvedCompute } from './resolve-compute.ts'
