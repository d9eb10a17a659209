export { executeRun } from './execute-run.ts'
export { runTask, startMonitorRun } from './start-run.ts'
export { getMonitorFeature, getMonitorRun, listMonitorRuns, runMonitor } from './views.ts'
