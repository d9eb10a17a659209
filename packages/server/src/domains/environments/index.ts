export { ensureEnvironment, type BuiltEnvironment } from './ensure-environment.ts'
export { refuseDriftOf } from './planned-version.ts'
export { resolveEnvironment } from './resolve-environment.ts'
export { environmentsDomain } from './environments.ts'
