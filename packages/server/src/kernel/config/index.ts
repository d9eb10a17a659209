export type { Config } from './config.ts'
export { configFromEnv } from './env.ts'
export type { Environment } from './variables.ts'
export { toolEnvironment } from './tool-environment.ts'
