export { isRunning, signalDetached, startDetached, type DetachedCommand, type ProcessReference } from './detached-process.ts'
export { runToEnd, type FinishedProcess } from './run-to-end.ts'
export { WorkDirectory } from './work-directory.ts'
