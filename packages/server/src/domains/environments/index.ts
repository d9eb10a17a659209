export { ensureEnvironment, type BuiltEnvironment } from './ensure-environment.ts'
export { resolveEnvironment } from './resolve-environment.ts'
export { environmentsDomain } from './environments.ts'
