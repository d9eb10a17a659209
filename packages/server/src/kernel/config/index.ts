export type { Config } from './config.ts'
export { configFromEnv, configurationTable } from './env.ts'
export { type Environment, variables } from './variables.ts'
export { toolEnvironment } from './tool-environment.ts'
