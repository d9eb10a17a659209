export { computeDomain } from './compute.ts'
export { resolveCompute, type ResolvedCompute } from './resolve-compute.ts'
