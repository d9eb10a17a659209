import { AppError, type Resource } from '@fulcrum/contract'
import type { Client } from './types.ts'

export const finalJobStatuses: ReadonlySet<string> = new Set(['Completed', 'Failed', 'Canceled', 'NotResponding'])

export function jobStatus(job: Resource): string {
  return String(job.properties['status'] ?? 'NotStarted')
}

/** Waits until a job has ended. @returns the job as it is then; a failed job is an answer, not an error */
export async function waitForJob(
  client: Client,
  jobId: string,
  options: { signal?: AbortSignal; onStatus?: (status: string, job: Resource) => void; pollIntervalMs?: number } = {},
): Promise<Resource> {
  let last = ''
  for (;;) {
    const job = await client.get(jobId, { signal: options.signal })
    const status = jobStatus(job)
    if (status !== last) options.onStatus?.(status, job)
    last = status
    if (finalJobStatuses.has(status)) return job
    await client.delay(options.pollIntervalMs ?? 1000, options.signal)
  }
}

export interface LogEntry {
  readonly path: string
  readonly sizeBytes: number
}

export async function listLogs(client: Client, jobId: string): Promise<LogEntry[]> {
  const answer = await client.get<{ value?: { path?: string; name?: string; sizeBytes?: number; size?: number }[] }>(
    `${jobId}/logs`,
  )
  return (answer.value ?? []).map((entry) => ({
    path: entry.path ?? entry.name ?? '',
    sizeBytes: entry.sizeBytes ?? entry.size ?? 0,
  }))
}

/**
 * The text of a log as it grows, until it is complete.
 * @param path as {@link listLogs} gives it, e.g. `user_logs/std_log.txt`
 */
export async function* followLog(
  client: Client,
  jobId: string,
  path: string,
  signal?: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const address = `${jobId}/logs/${path.split('/').map(encodeURIComponent).join('/')}`
  const decoder = new TextDecoder()
  let offset = 0
  for (;;) {
    const response = await client
      .fetch('GET', address, { query: { offset }, signal })
      .catch((error: unknown) => missingYet(error))
    const bytes = response === undefined ? new Uint8Array() : new Uint8Array(await response.arrayBuffer())
    offset += bytes.byteLength
    if (bytes.byteLength > 0) yield decoder.decode(bytes, { stream: true })
    else if (response?.headers.get('x-log-complete') === 'true') return
    else if (response === undefined && finalJobStatuses.has(jobStatus(await client.get(jobId, { signal })))) return
    else await client.delay(500, signal)
  }
}

function missingYet(error: unknown): undefined {
  if (error instanceof AppError && error.status === 404) return undefined
  throw error
}
