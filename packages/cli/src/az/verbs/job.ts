import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { jobStatus, listDataFiles } from '@fulcrum/sdk'
import type { Call, Handlers } from '../commands/command.ts'
import { jobEntity } from '../entities/job.ts'
import { part, type Entity, type Wire } from '../entities/translate.ts'
import { AzFailure, notSupported } from '../failure.ts'
import { downloadTo } from './download.ts'
import { collect, given, put, setArchived, translate, update, viewOf } from './resource.ts'
import { streamJob } from './stream.ts'
import { tellWeb } from './web.ts'
import { itemId } from './workspace-kind.ts'

const jobId = (call: Call): Promise<string> => itemId(call, 'jobs', call.values.need('name'))

async function create(call: Call): Promise<Entity> {
  const { client, workspaceId } = await call.place()
  const { values } = call
  const loaded = await translate(call, 'job', await workspaceId(), given({ name: values.text('name') }))
  const job = jobEntity(await put(call, loaded.id, loaded.body))
  await tellWeb(call, loaded.id)
  const file = values.text('save-as')
  if (file !== undefined) await writeFile(file, (await import('../output/yaml.ts')).renderYaml(job))
  if (!values.flag('stream')) return job
  await streamJob(client, loaded.id)
  return jobEntity(await client.get<Wire>(loaded.id))
}

/** Steps are not listed unless by their parent. */
const isRoot = (wire: Wire): boolean => {
  const properties = part(part(wire['properties'])['properties'])
  return properties['azureml.parentRunId'] === undefined && properties['azureml.pipelinerunid'] === undefined
}

async function list(call: Call): Promise<Entity[]> {
  const { values } = call
  const { client, workspaceId } = await call.place()
  const parent = values.text('parent-job-name')
  const most = values.truth('all-results') === true ? undefined : (values.number('max-results') ?? 50)
  const jobs = await collect(
    client,
    `${await workspaceId()}/jobs`,
    { listViewType: viewOf(call), parentJobName: parent },
    { most, keep: (wire) => parent !== undefined || isRoot(wire) },
  )
  return jobs.map(jobEntity)
}

const ended = ['Completed', 'Failed', 'Canceled', 'NotResponding', 'Paused']

async function download(call: Call): Promise<undefined> {
  const { values } = call
  const { client, workspaceId } = await call.place()
  const job = await client.get(await jobId(call))
  if (!ended.includes(jobStatus(job)))
    throw new AzFailure(
      `This job is in state ${jobStatus(job)}. Download is allowed only in states ${JSON.stringify(ended).replaceAll('"', "'").replaceAll(',', ', ')}`,
    )
  const home = await workspaceId()
  const target = values.text('download-path') ?? '.'
  const wanted = values.text('output-name')
  const outputs = part(job.properties['outputs'])
  if (wanted !== undefined && wanted !== 'default' && outputs[wanted] === undefined)
    throw new AzFailure(`There is no output '${wanted}'. Outputs of the job: ${Object.keys(outputs).join(', ') || 'none'}.`)
  const fetchAll = async (uri: string, directory: string): Promise<void> => {
    process.stderr.write(`Downloading ${uri} to ${directory}\n`)
    await downloadTo(call, listDataFiles(client, home, uri), directory)
  }
  for (const [name, output] of Object.entries(outputs)) {
    const uri = part(output)['uri']
    if (typeof uri === 'string' && (values.flag('all') || wanted === name))
      await fetchAll(uri, join(target, 'named-outputs', name))
  }
  if (wanted === undefined || wanted === 'default')
    await fetchAll(`azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.${job.name}/`, join(target, 'artifacts'))
  return undefined
}

async function validate(call: Call): Promise<unknown> {
  const { workspaceId } = await call.place()
  const { YamlError } = await import('../../yaml/yaml-error.ts')
  try {
    await translate(call, 'job', await workspaceId(), {})
    return { result: 'Succeeded' }
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    const [, location, message] = /^(\S+?:\d+:\d+)\s+(.*)$/s.exec(error.message) ?? []
    return { errors: [given({ location, message: message ?? error.message })], result: 'Failed' }
  }
}

export const jobVerbs: Handlers = {
  create,
  list,
  validate,
  download,
  async show(call) {
    const { client } = await call.place()
    const id = await jobId(call)
    await tellWeb(call, id)
    return jobEntity(await client.get<Wire>(id))
  },
  async update(call) {
    const { workspaceId } = await call.place()
    const id = await jobId(call)
    const job = await update(call, { family: 'job', id, home: await workspaceId(), dump: jobEntity })
    await tellWeb(call, id)
    return jobEntity(job)
  },
  async cancel(call) {
    const { client } = await call.place()
    await client.post(`${await jobId(call)}/cancel`)
    return undefined
  },
  archive: async (call) => setArchived(call, await jobId(call), true),
  restore: async (call) => setArchived(call, await jobId(call), false),
  async stream(call) {
    const { client } = await call.place()
    await streamJob(client, await jobId(call))
    return undefined
  },
  async 'show-services'(call) {
    const { client } = await call.place()
    return jobEntity(await client.get<Wire>(await jobId(call)))['services'] ?? {}
  },
  async 'connect-ssh'() {
    throw notSupported('Jobs have no SSH server.', "Read the log with 'az ml job stream'.")
  },
}
