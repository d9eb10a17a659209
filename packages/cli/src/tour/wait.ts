import { AppError, waitForJob, type Client } from '@fulcrum/sdk'
import type { Resource } from '@fulcrum/contract'
import { OutcomeError } from '../cli-errors.ts'
import type { Guide } from './guide.ts'

/** Asks again until there is an answer. @throws OutcomeError naming what did not come */
export async function waitFor<Value>(
  guide: Guide,
  what: string,
  options: { timeoutMs: number; everyMs?: number },
  find: () => Promise<Value | undefined>,
): Promise<Value> {
  const deadline = Date.now() + options.timeoutMs
  for (;;) {
    const found = await find()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new OutcomeError(`${what} did not happen within ${Math.round(options.timeoutMs / 1000)} s.`)
    await guide.admin.delay(options.everyMs ?? 1000, guide.signal)
  }
}

/** The resource, or undefined when it is missing or not to be read. */
export async function find<Body = Resource>(client: Client, path: string): Promise<Body | undefined> {
  return client.get<Body>(path).catch((error: unknown) => {
    if (error instanceof AppError && error.status === 404) return undefined
    throw error
  })
}

/**
 * Submits a job once and waits until it is complete. A tour that goes on finds the job it submitted before; a job that failed is
 * followed by a new one.
 * @throws OutcomeError with the end of the log when the job fails
 */
export async function runJob(
  guide: Guide,
  client: Client,
  job: {
    workspaceId: string
    purpose: string
    properties: () => Promise<Record<string, unknown>>
    tags?: Record<string, string>
  },
): Promise<Resource> {
  const { state } = guide.store
  const known = state.jobs[job.purpose]
  const before = known === undefined ? undefined : await find(client, `${job.workspaceId}/jobs/${known}`)
  const isOver = before !== undefined && ['Failed', 'Canceled'].includes(String(before.properties['status']))
  const name = known === undefined || isOver ? `${job.purpose}-${state.id}-${Date.now().toString(36).slice(-4)}` : known
  if (before === undefined || isOver) {
    const properties = await job.properties()
    state.jobs[job.purpose] = name
    await guide.store.save()
    await client.put(`${job.workspaceId}/jobs/${name}`, {
      properties: { ...properties, ...(job.tags === undefined ? {} : { tags: job.tags }) },
    })
  }
  return awaitJob(guide, client, `${job.workspaceId}/jobs/${name}`)
}

/** Waits for a job and says how its steps go. */
export async function awaitJob(guide: Guide, client: Client, jobId: string): Promise<Resource> {
  const ended = new AbortController()
  const watching = watchSteps(guide, client, jobId, ended.signal)
  try {
    const job = await waitForJob(client, jobId, { signal: guide.signal })
    if (job.properties['status'] === 'Completed') return job
    throw new OutcomeError(`Job '${job.name}' ended as ${String(job.properties['status'])}.${await reason(client, jobId)}`)
  } finally {
    ended.abort()
    await watching
  }
}

interface Steps {
  readonly nodes?: readonly {
    readonly name: string
    readonly jobName: string
    readonly status: string
    readonly error?: { readonly message?: string }
  }[]
}

async function watchSteps(guide: Guide, client: Client, jobId: string, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    const steps = await client.get<Steps>(`${jobId}/steps`).catch(() => undefined)
    if (steps?.nodes !== undefined && !ended.aborted)
      guide.say(steps.nodes.map((node) => `${node.name} ${node.status}`).join(', '))
    await client.delay(1000, ended).catch(() => undefined)
  }
}

async function reason(client: Client, jobId: string): Promise<string> {
  const steps = await client.get<Steps>(`${jobId}/steps`).catch(() => undefined)
  const failed = steps?.nodes?.find((node) => node.status === 'Failed')
  if (failed === undefined) return ''
  const workspace = jobId.slice(0, jobId.lastIndexOf('/jobs/'))
  const log = await client.fetch('GET', `${workspace}/jobs/${failed.jobName}/logs/user_logs/std_log.txt`).then(
    (response) => response.text(),
    () => '',
  )
  const tail = log.trimEnd().split('\n').slice(-15).join('\n')
  return ` Step '${failed.name}': ${failed.error?.message ?? 'failed'}${tail === '' ? '' : `\n${tail}`}`
}
