import { existsSync } from 'node:fs'
import { UsageError } from '../cli-errors.ts'
import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { createRemoteAssets } from '../remote-assets.ts'
import { openSession, type Session } from '../session.ts'
import { streamJob } from './job.ts'

export interface InvokeOptions extends GlobalOptions {
  readonly input?: string
  readonly inputType?: string
  readonly inputs?: readonly string[]
  readonly deploymentName?: string
  readonly outputPath?: string
  readonly outputFileName?: string
  readonly miniBatchSize?: string
  readonly instanceCount?: string
  readonly stream?: boolean
}

interface Input {
  readonly jobInputType: string
  readonly uri?: string
  readonly value?: string
}

/** Uploads what lies on this machine, starts the job and prints it, or follows its log. */
export async function invokeBatch(name: string, options: InvokeOptions): Promise<void> {
  const session = await openSession(options)
  const id = await endpointId(session, name)
  const properties = {
    inputData: await inputData(session, options),
    ...(options.outputPath === undefined
      ? {}
      : { outputData: { score: { jobOutputType: 'UriFolder', uri: options.outputPath } } }),
    ...(options.outputFileName === undefined ? {} : { outputFileName: options.outputFileName }),
    ...(options.miniBatchSize === undefined ? {} : { miniBatchSize: options.miniBatchSize }),
    ...(options.instanceCount === undefined ? {} : { compute: { instanceCount: options.instanceCount } }),
  }
  const place = options.deploymentName === undefined ? id : `${id}/deployments/${encodeURIComponent(options.deploymentName)}`
  const job = await session.client.post<{ name: string }>(`${place}/jobs`, { properties })
  if (options.stream !== true) return print(job, options)
  process.stderr.write(`Submitted ${job.name}.\n`)
  await streamJob(job.name, options)
}

export async function listBatchJobs(endpoint: string, options: GlobalOptions, deployment?: string): Promise<void> {
  const session = await openSession(options)
  const id = await endpointId(session, endpoint)
  const place = deployment === undefined ? id : `${id}/deployments/${encodeURIComponent(deployment)}`
  const jobs: unknown[] = []
  for await (const job of session.client.list(`${place}/jobs`)) jobs.push(job)
  await print(jobs, options)
}

export async function setDefault(name: string, deployment: string, options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  const body = { properties: { defaults: { deploymentName: deployment } } }
  await print(await session.client.patch(await endpointId(session, name), body), options)
}

async function endpointId(session: Session, name: string): Promise<string> {
  return `${await session.workspace()}/batchEndpoints/${encodeURIComponent(name)}`
}

async function inputData(session: Session, options: InvokeOptions): Promise<Record<string, Input>> {
  if (options.input !== undefined && options.inputs !== undefined)
    throw new UsageError('Give --input for the files of a model deployment, or --inputs for those of a pipeline, not both.')
  if (options.input !== undefined) {
    const input = await dataInput(session, options.input, options.inputType)
    return { [input.jobInputType === 'uri_file' ? 'UriFile' : 'UriFolder']: input }
  }
  const entries = (options.inputs ?? []).map(async (text): Promise<[string, Input]> => {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
    if (name === undefined || value === undefined) throw new UsageError(`'${text}' is no input; write <name>=<value>.`)
    return [name, isPlace(value) ? await dataInput(session, value, undefined) : { jobInputType: 'literal', value }]
  })
  return Object.fromEntries(await Promise.all(entries))
}

function isPlace(text: string): boolean {
  return /^(azureml:|https?:\/\/|runs:\/|\/subscriptions\/)/.test(text) || existsSync(text)
}

async function dataInput(session: Session, place: string, type: string | undefined): Promise<Input> {
  if (existsSync(place)) {
    const assets = createRemoteAssets(session.client, await session.workspace())
    const { uri, kind } = await assets.uploadData(place)
    return { jobInputType: kind === 'file' ? 'uri_file' : 'uri_folder', uri }
  }
  if (!isPlace(place)) throw new UsageError(`There is no file or folder '${place}'.`)
  return { jobInputType: type ?? 'uri_folder', uri: place }
}
