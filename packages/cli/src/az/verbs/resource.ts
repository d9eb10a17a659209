import { basename } from 'node:path'
import type { Resource } from '@fulcrum/contract'
import type { Client } from '@fulcrum/sdk'
import type { Family, LoadedResource } from '../../yaml/load-resource.ts'
import type { Call } from '../commands/command.ts'
import type { Entity, Wire } from '../entities/translate.ts'
import { edit, mergeChanges } from './edits.ts'

export type Dump = (wire: Wire) => Entity

/** The translation is loaded when a command writes: reading commands start without it. */
async function translation(): Promise<{
  loadResource: typeof import('../../yaml/load-resource.ts').loadResource
  createRemoteAssets: typeof import('../../remote-assets.ts').createRemoteAssets
}> {
  const [{ loadResource }, { createRemoteAssets }] = await Promise.all([
    import('../../yaml/load-resource.ts'),
    import('../../remote-assets.ts'),
  ])
  return { loadResource, createRemoteAssets }
}

/** Members given by flags, in YAML's spelling; absent ones are left out. */
export function given(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

/** Translates `--file`, `--set` and flags for a kind; its warnings are told. */
export async function translate(
  call: Call,
  family: Family,
  home: string,
  overrides: Readonly<Record<string, unknown>>,
): Promise<LoadedResource> {
  const { client } = await call.place()
  const { loadResource, createRemoteAssets } = await translation()
  const loaded = await loadResource(family, call.values.text('file'), createRemoteAssets(client, home), {
    set: call.values.list('set'),
    overrides,
    experimentName: basename(process.cwd()),
  })
  for (const warning of loaded.warnings) call.warn(warning)
  return loaded
}

/** Writes a resource; waits for its end unless `--no-wait`. */
export async function put(call: Call, id: string, body: unknown): Promise<Wire> {
  const { client } = await call.place()
  if (call.values.flag('no-wait')) return (await client.request<Wire>('PUT', id, { body })).body
  return client.put<Wire>(id, body)
}

/** Deletes a resource. @throws ResourceNotFound when it is not there */
export async function remove(call: Call, id: string): Promise<undefined> {
  const { client } = await call.place()
  await client.get(id)
  if (call.values.flag('no-wait')) await client.request('DELETE', id)
  else await client.delete(id)
  return undefined
}

/** At most so many of a list, in pages as large as the server gives. */
export async function collect(
  client: Client,
  path: string,
  query: Readonly<Record<string, string | number | undefined>> = {},
  options: { most?: number | undefined; keep?: (resource: Resource) => boolean } = {},
): Promise<Resource[]> {
  const most = options.most ?? Number.POSITIVE_INFINITY
  const found: Resource[] = []
  if (most < 1) return found
  for await (const resource of client.list(path, { query: { $top: Math.min(most, 1000), ...query } })) {
    if (options.keep?.(resource) ?? true) found.push(resource)
    if (found.length >= most) break
  }
  return found
}

/** `listViewType` of `--archived-only` and `--include-archived`. */
export function viewOf(call: Call): string | undefined {
  if (call.values.flag('archived-only')) return 'ArchivedOnly'
  return call.values.flag('include-archived') ? 'All' : undefined
}

export interface UpdateRequest {
  readonly family: Family
  readonly id: string
  readonly home: string
  readonly dump: Dump
  /** Members set by flags. */
  readonly changes?: Readonly<Record<string, unknown>>
}

/**
 * `update`: the entity as it is printed, edited by `--set`, `--add`, `--remove` and flags, translated back.
 * Only what the edits change is written, so that members without a spelling in YAML stay.
 */
export async function update(call: Call, request: UpdateRequest): Promise<Wire> {
  const { client } = await call.place()
  const current = await client.get<Wire>(request.id)
  const { loadResource, createRemoteAssets } = await translation()
  const assets = createRemoteAssets(client, request.home)
  if (call.values.has('file')) {
    const loaded = await translate(call, request.family, request.home, request.changes ?? {})
    return put(call, request.id, mergeChanges(current, {}, loaded.body))
  }
  const entity = writable(request.dump(current))
  const changed = { ...edit(entity, call.values), ...request.changes }
  const load = (overrides: Entity) => loadResource(request.family, undefined, assets, { overrides })
  const [before, after] = await Promise.all([load(entity), load(changed)])
  return put(call, request.id, mergeChanges(current, before.body, after.body))
}

const readOnly = new Set([
  'id',
  'creation_context',
  'provisioning_state',
  'provisioning_errors',
  'created_on',
  'scoring_uri',
  'openapi_uri',
  'latest_version',
  'status',
  'services',
  'is_enabled',
  'mlflow_tracking_uri',
  'mlflow_registry_uri',
  'managed_resource_group',
  'discovery_url',
  'resource_group',
  'state',
  'last_operation',
  'identity',
  'sku',
  'kind',
  'log_files',
])

/** What of a printed entity may stand in a file. */
function writable(entity: Entity): Entity {
  return Object.fromEntries(Object.entries(entity).filter(([name]) => !readOnly.has(name)))
}

/** Archives or restores: the object again, with `isArchived` changed. */
export async function setArchived(call: Call, id: string, isArchived: boolean): Promise<undefined> {
  const { client } = await call.place()
  const { properties } = await client.get(id)
  await client.put(id, { properties: { ...properties, isArchived } })
  return undefined
}
