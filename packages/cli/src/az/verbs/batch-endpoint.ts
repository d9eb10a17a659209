import { existsSync, statSync } from 'node:fs'
import type { Resource } from '@fulcrum/contract'
import type { Call, Handlers } from '../commands/command.ts'
import { batchDeploymentEntity, batchEndpointEntity } from '../entities/endpoints.ts'
import { jobEntity } from '../entities/job.ts'
import { part, withValues, type Entity, type Wire } from '../entities/translate.ts'
import { AzFailure, usage } from '../failure.ts'
import { collect, given, put, remove, translate, update } from './resource.ts'
import { itemId, kindVerbs } from './workspace-kind.ts'

const endpointId = (call: Call, flag = 'name'): Promise<string> => itemId(call, 'batchEndpoints', call.values.need(flag))

async function deploymentId(call: Call): Promise<string> {
  return `${await endpointId(call, 'endpoint-name')}/deployments/${encodeURIComponent(call.values.need('name'))}`
}

/** A job of an endpoint as the original prints it: a job's entity, or its few facts when it has no kind. */
function batchJob(wire: Wire): Entity {
  const properties = part(wire['properties'])
  if (properties['jobType'] !== undefined) return jobEntity(wire)
  return withValues([
    ['id', wire['id']],
    ['name', wire['name']],
    ['type', wire['type']],
    ['status', properties['status']],
    ['display_name', properties['displayName']],
    ['experiment_name', properties['experimentName']],
  ])
}

/** A data reference as the wire wants it: paths are uploaded, names become ids, URIs stay. */
async function inputOf(call: Call, reference: string, type: string | undefined): Promise<Wire> {
  const { client, workspaceId } = await call.place()
  const home = await workspaceId()
  const kindOf = (name: string): string => ({ uri_file: 'UriFile', mltable: 'MLTable' })[name] ?? 'UriFolder'
  if (existsSync(reference)) {
    const { createRemoteAssets } = await import('../../remote-assets.ts')
    const { uri } = await createRemoteAssets(client, home).uploadData(reference)
    const found = type ?? (statSync(reference).isDirectory() ? 'uri_folder' : 'uri_file')
    return { jobInputType: kindOf(found), uri }
  }
  const [, name, version, label] = /^azureml:([^/:@]+)(?::([^/:@]+)|@(\w+))?$/.exec(reference) ?? []
  if (name === undefined) {
    if (!/^(azureml:|https?:|wasbs?:|abfss?:)/i.test(reference)) throw new AzFailure(`There is no file or folder '${reference}'.`)
    return { jobInputType: kindOf(type ?? 'uri_folder'), uri: reference.replace(/^azureml:(?=\/subscriptions\/)/, '') }
  }
  const container = `${home}/data/${encodeURIComponent(name)}/versions`
  const newest = label === undefined ? [] : await collect(client, container, { $orderBy: 'createdtime desc' }, { most: 1 })
  const found = version === undefined ? newest[0]?.id : `${container}/${version}`
  if (found === undefined)
    throw new AzFailure(`'${reference}' names no version of a data asset; write azureml:${name}:<version>.`)
  const data = await client.get(found)
  return { jobInputType: kindOf(type ?? String(data.properties['dataType'] ?? 'uri_folder').toLowerCase()), uri: data.id }
}

interface Invocation {
  inputs?: Record<string, unknown>
  outputs?: Record<string, unknown>
}

/** `--file` and `--set inputs.x.path=…` for `invoke`: the inputs and outputs of a pipeline component. */
async function fromFile(call: Call): Promise<Invocation> {
  const file = call.values.text('file')
  const sets = call.values.list('set')
  const { readYamlFile } = await import('../../read-yaml-file.ts')
  const read = file === undefined ? {} : part(nested(await readYamlFile(file)))
  const { edit } = await import('./edits.ts')
  return sets.length === 0 ? (read as Invocation) : (edit({ ...read }, call.values) as Invocation)
}

/** The value of a parsed file, whichever of its forms the reader gives. */
function nested(file: { readonly value: unknown }): unknown {
  return file.value
}

async function inputsOf(call: Call): Promise<Record<string, Wire>> {
  const { values } = call
  const single = values.text('input')
  const type = values.text('input-type')?.toLowerCase()
  const collected: Record<string, Wire> = {}
  if (single !== undefined) {
    const input = await inputOf(call, single, type)
    collected[String(input['jobInputType'])] = input
  }
  for (const [name, input] of Object.entries((await fromFile(call)).inputs ?? {})) {
    const { path, type: own } = part(input)
    collected[name] =
      typeof path === 'string'
        ? await inputOf(call, path, typeof own === 'string' ? own.toLowerCase() : undefined)
        : { jobInputType: 'Literal', value: String(typeof input === 'object' ? (part(input)['value'] ?? '') : input) }
  }
  for (const [name, text] of Object.entries(values.pairs('inputs') ?? {})) {
    const isReference = existsSync(text) || /^(azureml:|https?:|wasbs?:|abfss?:)/i.test(text)
    collected[name] = isReference ? await inputOf(call, text, undefined) : { jobInputType: 'Literal', value: text }
  }
  return collected
}

async function outputsOf(call: Call): Promise<Record<string, unknown> | undefined> {
  const named = { ...(await fromFile(call)).outputs, ...call.values.pairs('outputs') }
  const entries = Object.entries(named).map(([name, output]) => {
    const { path, mode } = part(typeof output === 'string' ? { path: output } : output)
    return [
      name,
      withValues([
        ['jobOutputType', 'UriFolder'],
        ['uri', path],
        ['mode', mode],
      ]),
    ] as const
  })
  const path = call.values.text('output-path')
  if (path !== undefined) entries.push(['score', { jobOutputType: 'UriFile', uri: path }])
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

async function invoke(call: Call): Promise<Entity> {
  const { values } = call
  const { client } = await call.place()
  const id = await endpointId(call)
  const deployment = values.text('deployment-name')
  if (deployment !== undefined) await client.get(`${id}/deployments/${encodeURIComponent(deployment)}`)
  const inputs = await inputsOf(call)
  const instances = values.number('instance-count')
  const body = {
    properties: withValues([
      ['InputData', Object.keys(inputs).length === 0 ? undefined : inputs],
      ['OutputData', await outputsOf(call)],
      ['JobName', values.text('job-name')],
      ['ExperimentName', values.text('experiment-name')],
      ['MiniBatchSize', values.number('mini-batch-size')],
      ['Resources', instances === undefined ? undefined : { instanceCount: instances }],
    ]),
  }
  const { body: job } = await client.request<Wire>('POST', `${id}/jobs`, {
    body,
    headers: deployment === undefined ? {} : { 'azureml-model-deployment': deployment },
  })
  return batchJob(job)
}

/** `--defaults deployment_name=x`. */
function defaultsOf(call: Call): Record<string, string> | undefined {
  const defaults = call.values.pairs('defaults')
  for (const name of Object.keys(defaults ?? {}))
    if (name !== 'deployment_name') throw usage(`argument --defaults: '${name}' is not known; did you mean 'deployment_name'?`)
  return defaults
}

const endpointVerbs = kindVerbs({
  collection: 'batchEndpoints',
  family: 'batch-endpoint',
  dump: batchEndpointEntity,
  flags: (call) =>
    given({ name: call.values.text('name'), defaults: call.values.has('defaults') ? defaultsOf(call) : undefined }),
})

async function jobsOf(call: Call, parent: string): Promise<Entity[]> {
  const { client } = await call.place()
  await client.get(parent)
  const jobs: Resource[] = []
  for await (const job of client.list(`${parent}/jobs`)) jobs.push(job)
  return jobs.map(batchJob)
}

export const batchEndpointVerbs: Handlers = {
  ...endpointVerbs,
  invoke,
  'list-jobs': async (call) => jobsOf(call, await endpointId(call)),
}

const names = ({ values }: Call): Record<string, unknown> =>
  given({ name: values.text('name'), endpoint_name: values.text('endpoint-name') })

export const batchDeploymentVerbs: Handlers = {
  async create(call) {
    const { client, workspaceId } = await call.place()
    const loaded = await translate(call, 'batch-deployment', await workspaceId(), names(call))
    const endpoint = loaded.id.replace(/\/deployments\/[^/]+$/, '')
    await client.get(endpoint)
    const deployment = await put(call, loaded.id, loaded.body)
    if (call.values.flag('set-default'))
      await client.patch(endpoint, { properties: { defaults: { deploymentName: loaded.name } } })
    return batchDeploymentEntity(deployment)
  },
  async list(call) {
    const { client } = await call.place()
    return (await collect(client, `${await endpointId(call, 'endpoint-name')}/deployments`)).map(batchDeploymentEntity)
  },
  async show(call) {
    const { client } = await call.place()
    return batchDeploymentEntity(await client.get<Wire>(await deploymentId(call)))
  },
  async update(call) {
    const { workspaceId } = await call.place()
    const home = await workspaceId()
    const isFile = call.values.has('file')
    const id = isFile ? (await translate(call, 'batch-deployment', home, names(call))).id : await deploymentId(call)
    const changes = isFile ? names(call) : {}
    return batchDeploymentEntity(
      await update(call, { family: 'batch-deployment', id, home, dump: batchDeploymentEntity, changes }),
    )
  },
  async delete(call) {
    return remove(call, await deploymentId(call))
  },
  'list-jobs': async (call) => jobsOf(call, await deploymentId(call)),
}
