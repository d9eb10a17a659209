import type { Resource } from '@fulcrum/contract'
import { UsageError } from '../cli-errors.ts'
import { print } from '../print.ts'
import { createRemoteAssets } from '../remote-assets.ts'
import { openSession, type Session } from '../session.ts'
import { readYamlFile } from '../read-yaml-file.ts'
import type { Family } from '../yaml/load-resource.ts'
import { toldInPlace } from '../yaml/place-of-target.ts'
import { YamlNode } from '../yaml/yaml-node.ts'
import type { Noun } from './noun.ts'
import type { NounOptions } from './noun-program.ts'

export async function listNoun(noun: Noun, options: NounOptions): Promise<void> {
  const session = await openSession(options)
  const collection = await listPath(session, noun, options)
  const found: unknown[] = []
  for await (const resource of session.client.list(
    options.name === undefined ? collection : `${collection}/${encodeURIComponent(options.name)}/versions`,
  )) {
    found.push(resource)
  }
  await print(found, options)
}

export async function showNoun(noun: Noun, name: string, options: NounOptions): Promise<void> {
  const session = await openSession(options)
  const item = `${await collectionPath(session, noun, options)}/${encodeURIComponent(name)}`
  if (noun.versioned !== true) return print(await session.client.get(item), options)
  const version = options.version ?? (await newest(session, item))
  await print(await session.client.get(version === undefined ? item : `${item}/versions/${encodeURIComponent(version)}`), options)
}

export async function deleteNoun(noun: Noun, name: string, options: NounOptions): Promise<void> {
  const session = await openSession(options)
  const item = `${await collectionPath(session, noun, options)}/${encodeURIComponent(name)}`
  const target = options.version === undefined ? item : `${item}/versions/${encodeURIComponent(options.version)}`
  await session.client.delete(target)
  process.stderr.write(`Deleted ${noun.name} '${name}'${options.version === undefined ? '' : ` version ${options.version}`}.\n`)
}

export async function createNoun(noun: Noun, options: NounOptions): Promise<void> {
  const session = await openSession(options)
  const { id, body, warnings, placeOf = () => undefined } = await translate(session, noun, options)
  for (const warning of warnings) process.stderr.write(`${warning}\n`)
  await print(await toldInPlace(placeOf, session.client.put(id, body)), options)
}

async function newest(session: Session, item: string): Promise<string | undefined> {
  for await (const version of session.client.list(`${item}/versions`, { query: { $orderBy: 'createdtime desc', $top: 1 } }))
    return version.name
  return undefined
}

interface Translated {
  readonly id: string
  readonly body: Record<string, unknown>
  readonly warnings: readonly string[]
  readonly placeOf?: (target: string) => string | undefined
}

const families: Readonly<Record<string, Family>> = {
  data: 'data',
  environment: 'environment',
  model: 'model',
  component: 'component',
  endpoint: 'online-endpoint',
  deployment: 'online-deployment',
  'batch-endpoint': 'batch-endpoint',
  'batch-deployment': 'batch-deployment',
  schedule: 'schedule',
}

/** Azure's YAML where there is one, else the resource as it is: `name`, and the members of its body. */
async function translate(session: Session, noun: Noun, options: NounOptions): Promise<Translated> {
  const family = families[noun.name] ?? (await azureFamily(noun, options))
  if (family === undefined) return plainResource(session, noun, options)
  const assets = createRemoteAssets(session.client, await session.workspace())
  const { loadResource } = await import('../yaml/load-resource.ts')
  return loadResource(family, options.file, assets, { set: options.set, overrides: namesOf(options) })
}

/** Computes and datastores are written in Azure's YAML, which has a `type`, or as they are on the wire. */
async function azureFamily(noun: Noun, options: NounOptions): Promise<Family | undefined> {
  if (noun.name !== 'compute' && noun.name !== 'datastore') return undefined
  const node = new YamlNode(await readYamlFile(options.file ?? '', options.set))
  return node.get('type') === undefined ? undefined : noun.name
}

function namesOf(options: NounOptions): Record<string, string> {
  return {
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.version === undefined ? {} : { version: options.version }),
    ...(options.endpointName === undefined ? {} : { endpoint_name: options.endpointName }),
  }
}

async function plainResource(session: Session, noun: Noun, options: NounOptions): Promise<Translated> {
  const node = new YamlNode(await readYamlFile(options.file ?? '', options.set))
  const { name: _name, $schema: _schema, ...members } = node.mapping()
  const name = options.name ?? node.need('name').text()
  const body = 'properties' in members ? members : { properties: members }
  return { id: `${await collectionPath(session, noun, options)}/${encodeURIComponent(name)}`, body, warnings: [] }
}

async function listPath(session: Session, noun: Noun, options: NounOptions): Promise<string> {
  if (noun.listedBySubscription === true && options.resourceGroup === undefined)
    return `/subscriptions/${session.subscriptionId}/${noun.collection}`
  return collectionPath(session, noun, options)
}

async function collectionPath(session: Session, noun: Noun, options: NounOptions): Promise<string> {
  const group = (name: string): string => `/subscriptions/${session.subscriptionId}/resourceGroups/${name}`
  switch (noun.place) {
    case 'subscription':
      return `/subscriptions/${session.subscriptionId}/${noun.collection}`
    case 'resourceGroup':
      return `${group(session.resourceGroup())}/${noun.collection}`
    case 'delivery':
      return `${options.resourceGroup === undefined ? await sharedGroup(session) : group(options.resourceGroup)}/${noun.collection}`
    case 'workspace':
      return `${await session.workspace()}/${noun.collection}`
    case 'endpoint':
    case 'batchEndpoint': {
      if (options.endpointName === undefined) throw new UsageError('Which endpoint? Give --endpoint-name.')
      const endpoints = noun.place === 'endpoint' ? 'onlineEndpoints' : 'batchEndpoints'
      return `${await session.workspace()}/${endpoints}/${encodeURIComponent(options.endpointName)}/${noun.collection}`
    }
  }
}

/** The group tagged as shared, where releases and gates are kept. */
export async function sharedGroup(session: Session): Promise<string> {
  const shared: Resource[] = []
  for await (const found of session.client.list(`/subscriptions/${session.subscriptionId}/resourceGroups`)) {
    if (found.tags?.['fulcrum.environment'] === 'shrd') shared.push(found)
  }
  const [only] = shared
  if (only !== undefined && shared.length === 1) return only.id
  throw new UsageError(
    `Which resource group holds the releases? Give --resource-group.${shared.length === 0 ? '' : ` Shared groups: ${shared.map((group) => group.name).join(', ')}.`}`,
  )
}
