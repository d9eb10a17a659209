export { AppError, isAppError } from '@fulcrum/contract'
export {
  createClient,
  type Answer,
  type CallOptions,
  type Client,
  type ClientOptions,
  type OperationInput,
  type Params,
} from './client.ts'
export { rebuildError } from './errors.ts'
export { parseEventStream, type PlatformStreamEvent, type StreamMessage } from './event-stream.ts'
export { finalJobStatuses, followLog, jobStatus, listLogs, waitForJob, type LogEntry } from './jobs.ts'
