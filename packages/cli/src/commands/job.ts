import { basename, resolve } from 'node:path'
import type { Resource } from '@fulcrum/contract'
import { followLog, jobStatus, listLogs, waitForJob, type Client } from '@fulcrum/sdk'
import { OutcomeError } from '../cli-errors.ts'
import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { createRemoteAssets } from '../remote-assets.ts'
import { openSession } from '../session.ts'
import { loadResource } from '../yaml/load-resource.ts'
import { toldInPlace } from '../yaml/place-of-target.ts'

interface CreateOptions extends GlobalOptions {
  readonly file: string
  readonly name?: string
  readonly set?: readonly string[]
  readonly stream?: boolean
}

/** Translates a job file, uploads what it names, submits it. */
export async function createJob(options: CreateOptions): Promise<void> {
  const session = await openSession(options)
  const workspace = await session.workspace()
  const { id, body, warnings, placeOf } = await loadResource('job', options.file, createRemoteAssets(session.client, workspace), {
    set: options.set,
    overrides: options.name === undefined ? {} : { name: options.name },
    experimentName: basename(resolve('.')),
    baseName: basename(options.file).replace(/\.ya?ml$/, ''),
  })
  for (const warning of warnings) process.stderr.write(`${warning}\n`)
  const job = await toldInPlace(placeOf, session.client.put(id, body))
  if (options.stream !== true) return print(job, options)
  process.stderr.write(`Submitted ${job.name}.\n`)
  await streamUntilEnd(session.client, id)
}

export async function listJobs(options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  const jobs: Resource[] = []
  for await (const job of session.client.list(`${await session.workspace()}/jobs`)) jobs.push(job)
  await print(jobs, options)
}

export async function showJob(name: string, options: GlobalOptions): Promise<void> {
  const { client, jobId } = await jobOf(name, options)
  await print(await client.get(jobId), options)
}

export async function cancelJob(name: string, options: GlobalOptions): Promise<void> {
  const { client, jobId } = await jobOf(name, options)
  await client.request('POST', `${jobId}/cancel`, { body: {} })
  process.stdout.write(`Asked '${name}' to end.\n`)
}

export interface RerunOptions {
  readonly fromFailed?: boolean
  readonly name?: string
  readonly stream?: boolean
}

export async function rerunJob(name: string, options: GlobalOptions & RerunOptions): Promise<void> {
  const { client, jobId } = await jobOf(name, options)
  const body = { fromFailed: options.fromFailed === true, ...(options.name === undefined ? {} : { name: options.name }) }
  const { body: job } = await client.request<Resource>('POST', `${jobId}/rerun`, { body })
  if (options.stream !== true) return print(job, options)
  process.stderr.write(`Submitted ${job.name}.\n`)
  await streamUntilEnd(client, job.id)
}

export async function printLogs(name: string, path: string | undefined, options: GlobalOptions): Promise<void> {
  const { client, jobId } = await jobOf(name, options)
  if (path === undefined) return print(await listLogs(client, jobId), options)
  const response = await client.fetch('GET', `${jobId}/logs/${path}`)
  process.stdout.write(new Uint8Array(await response.arrayBuffer()))
}

export async function streamJob(name: string, options: GlobalOptions): Promise<void> {
  const { client, jobId } = await jobOf(name, options)
  await streamUntilEnd(client, jobId)
}

/** Prints the log of a command job, or the steps of a pipeline as they change, until the end. @throws OutcomeError unless it is completed */
export async function streamUntilEnd(client: Client, jobId: string): Promise<void> {
  const job = await client.get(jobId)
  const isPipeline = job.properties['jobType'] === 'Pipeline'
  const ended = isPipeline ? await streamSteps(client, jobId) : await streamLog(client, jobId)
  const status = jobStatus(ended)
  process.stderr.write(`${ended.name}: ${status}\n`)
  if (status !== 'Completed') throw new OutcomeError(`Job '${ended.name}' ended as ${status}.${reasonOf(ended)}`)
}

async function streamLog(client: Client, jobId: string): Promise<Resource> {
  for await (const text of followLog(client, jobId, 'user_logs/std_log.txt')) process.stdout.write(text)
  return waitForJob(client, jobId)
}

interface Steps {
  readonly nodes?: readonly { readonly name?: string; readonly status?: string }[]
}

async function streamSteps(client: Client, jobId: string): Promise<Resource> {
  const seen = new Map<string, string>()
  for (;;) {
    const job = await client.get(jobId)
    const steps = await client.get<Steps>(`${jobId}/steps`)
    for (const node of steps.nodes ?? []) {
      const [name, status] = [node.name ?? '', node.status ?? '']
      if (seen.get(name) !== status) process.stdout.write(`${name.padEnd(24)} ${status}\n`)
      seen.set(name, status)
    }
    if (['Completed', 'Failed', 'Canceled'].includes(jobStatus(job))) return job
    await client.delay(500)
  }
}

/** What failed, the likely reason first, and its last lines: where a pipeline failed, nobody has seen the log of its step. */
function reasonOf(job: Resource): string {
  const error = job.properties['error']
  if (typeof error !== 'object' || error === null) return ''
  const { message, likelyReason, lastLogLines } = error as Readonly<Record<string, unknown>>
  const lines = job.properties['jobType'] === 'Pipeline' && Array.isArray(lastLogLines) ? lastLogLines.slice(-10).map(String) : []
  return [
    typeof likelyReason === 'string' ? ` ${likelyReason}` : '',
    typeof message === 'string' && message !== '' ? ` ${message}` : '',
    ...lines.map((line) => `\n  | ${line}`),
  ].join('')
}

async function jobOf(name: string, options: GlobalOptions): Promise<{ client: Client; jobId: string }> {
  const session = await openSession(options)
  return {
    client: session.client,
    jobId: name.startsWith('/subscriptions/') ? name : `${await session.workspace()}/jobs/${encodeURIComponent(name)}`,
  }
}
