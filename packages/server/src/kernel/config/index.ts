export type { Config } from './config.ts'
export { configFromEnv, configurationTable, variables, type Environment } from './env.ts'
