export { enqueueTask, type ClaimedTask, type TaskDraft } from './tasks.ts'
export { TaskWorker, type TaskHandler, type TaskResult } from './worker.ts'
