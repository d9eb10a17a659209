import './tables.ts'

export { monitoringDomain } from './monitoring.ts'
export { startMonitorRun } from './run/index.ts'
