import './tables.ts'

export { monitoringDomain } from './monitoring.ts'
