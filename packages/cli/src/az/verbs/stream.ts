import type { Resource } from '@fulcrum/contract'
import { finalJobStatuses, jobStatus, listLogs, type Client } from '@fulcrum/sdk'
import { isWire, part } from '../entities/translate.ts'
import { AzFailure } from '../failure.ts'

/** Logs that are followed: what the user's code wrote; until there is any, what was done to prepare it. */
const userLog = /^user_logs\/std_log[\D]*0*(_ps)?\.txt$/
const systemLog = /^(azureml-logs\/(\d{2}.+|hyperdrive)\.txt|logs\/azureml\/executionlogs\.txt)$/
const shortestPauseMs = 200
const longestPauseMs = 2_000

/** Prints the logs of a job until its end, framed as the original does. @throws AzFailure when it failed or was canceled */
export async function streamJob(client: Client, jobId: string): Promise<void> {
  const job = await client.get(jobId)
  const page = part(part(job.properties['services'])['Studio'])['endpoint']
  const facts = `RunId: ${job.name}\nWeb View: ${typeof page === 'string' ? page : ''}\n`
  process.stdout.write(facts)
  const end = await follow(client, jobId)
  process.stdout.write(`\nExecution Summary\n=================\n${facts}\n`)
  if (jobStatus(end) === 'Failed') throw new AzFailure(`Exception : \n ${JSON.stringify(errorOf(end), undefined, 4)} `)
  if (jobStatus(end) !== 'Completed') throw new AzFailure(`The job ended as ${jobStatus(end)}.`)
}

/** @returns the job as it is when it has ended and all of its logs are printed */
async function follow(client: Client, jobId: string): Promise<Resource> {
  const reader = new LogReader(client, jobId)
  for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.2)) {
    // Read after the status: what a job wrote before it ended is there by then.
    const job = await client.get(jobId)
    const isNew = await reader.printNew()
    if (finalJobStatuses.has(jobStatus(job))) return job
    await client.delay(isNew ? shortestPauseMs : pauseMs)
    if (isNew) pauseMs = shortestPauseMs
  }
}

class LogReader {
  readonly #client: Client
  readonly #jobId: string
  readonly #offsets = new Map<string, { bytes: number; decoder: InstanceType<typeof TextDecoder> }>()

  constructor(client: Client, jobId: string) {
    this.#client = client
    this.#jobId = jobId
  }

  /** @returns whether anything was printed */
  async printNew(): Promise<boolean> {
    const logs = await listLogs(this.#client, this.#jobId).catch(() => [])
    const own = logs.filter((log) => userLog.test(log.path))
    const followed = own.length > 0 ? own : logs.filter((log) => systemLog.test(log.path))
    let isNew = false
    for (const { path } of followed.toSorted((left, right) => (left.path < right.path ? -1 : 1)))
      isNew = (await this.#print(path)) || isNew
    return isNew
  }

  async #print(path: string): Promise<boolean> {
    const state = this.#offsets.get(path) ?? { bytes: 0, decoder: new TextDecoder() }
    const address = `${this.#jobId}/logs/${path.split('/').map(encodeURIComponent).join('/')}`
    const response = await this.#client.fetch('GET', address, { query: { offset: state.bytes } })
    const bytes = new Uint8Array(await response.arrayBuffer())
    if (bytes.byteLength === 0) return false
    if (state.bytes === 0) {
      const title = `Streaming ${path}`
      process.stdout.write(`\n${title}\n${'='.repeat(title.length)}\n\n`)
    }
    state.bytes += bytes.byteLength
    this.#offsets.set(path, state)
    process.stdout.write(state.decoder.decode(bytes, { stream: true }))
    return true
  }
}

function errorOf(job: Resource): unknown {
  const error = job.properties['error']
  const message = isWire(error) ? String(error['message'] ?? '') : typeof error === 'string' ? error : 'The job failed.'
  return { error: isWire(error) ? { code: 'UserError', ...error } : { code: 'UserError', message } }
}
