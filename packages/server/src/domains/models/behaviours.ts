import { AsyncLocalStorage } from 'node:async_hooks'
import { invalid, modelKinds, nameOf } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource, type KindBehaviour, type ResourceWrite, type StoredResource } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { registryDataPlane, withOwnUris } from '../storage/index.ts'
import { deleteManifests, writeManifest } from './manifest.ts'
import { pinVersion, type PinnedVersion } from './pin.ts'
import { checkShare } from './share-guards.ts'
import type { ModelSource } from './source.ts'
import { aliasesOf, modelNameOf, registryVersionType } from './versions.ts'

const imports = new AsyncLocalStorage<ModelSource>()

/** Runs a write whose files are known and whose guards have been asked: a share, or a copy. */
export function withSource<Result>(source: ModelSource, write: () => Promise<Result>): Promise<Result> {
  return imports.run(source, write)
}

/** Models and versions, of workspaces and of registries: the same rules. */
export function modelBehaviours(ctx: Context): KindBehaviour[] {
  return modelKinds.map((kind) => ({
    ...(kind.type.endsWith('/versions') ? versionBehaviour(ctx, kind) : containerBehaviour(kind)),
    ...registryDataPlane(ctx, kind),
  }))
}

function containerBehaviour(kind: KindBehaviour['kind']): KindBehaviour {
  return {
    kind,
    defaults: ({ body }) => ({
      ...body,
      properties: {
        ...own(body.properties, containerStatus),
        ...maps(body.properties),
        isArchived: body.properties['isArchived'] ?? false,
      },
    }),
    afterDelete: (tx, resource) => deleteManifests(tx, resource.id),
    present: (resource) => {
      const { highestVersion, latestVersion, aliases: _aliases, ...status } = resource.status
      return {
        ...resource.properties,
        ...status,
        aliases: aliasesOf(resource),
        ...(typeof latestVersion === 'string' ? { latestVersion } : {}),
        nextVersion: String((typeof highestVersion === 'number' ? highestVersion : 0) + 1),
      }
    },
  }
}

function versionBehaviour(ctx: Context, kind: KindBehaviour['kind']): KindBehaviour {
  const pinned = new WeakMap<ResourceWrite, PinnedVersion>()
  return {
    kind,
    createsParent: true,
    immutableMembers: ['modelUri', 'modelType'],
    defaults: ({ id, body, existing }) => ({
      ...body,
      properties: withOwnUris(id, {
        ...own(body.properties, versionStatus),
        ...maps(body.properties),
        flavors: body.properties['flavors'] ?? {},
        isArchived: body.properties['isArchived'] ?? false,
        isAnonymous: body.properties['isAnonymous'] ?? false,
        ...(existing === undefined ? {} : { modelUri: body.properties['modelUri'] ?? existing.properties['modelUri'] }),
      }),
    }),
    async validate(tx, write) {
      if (write.existing !== undefined) return
      const source = imports.getStore()
      if (typeof write.body.properties['modelUri'] !== 'string' || write.body.properties['modelUri'] === '') {
        throw invalid(
          'properties.modelUri is missing: it says where the files are, e.g. azureml://jobs/<job>/outputs/artifacts/paths/model.',
          { target: 'properties.modelUri' },
        )
      }
      const pin = await pinVersion(ctx, tx, write, source)
      if (kind.type === registryVersionType && source === undefined) await askGuards(ctx, write, pin)
      pinned.set(write, pin)
    },
    statusOnWrite: (write) => ({
      ...pinned.get(write)?.status,
      provisioningState: kind.longRunning === true ? 'Creating' : 'Succeeded',
    }),
    async afterWrite(tx, resource, write) {
      const pin = pinned.get(write)
      if (pin === undefined) return
      await writeManifest(tx, resource.id, pin.files)
      await countVersion(tx, resource)
    },
    eventData: (resource) => ({
      name: modelNameOf(resource.id),
      version: nameOf(resource.id),
      digest: resource.status['digest'] ?? null,
      jobName: resource.properties['jobName'] ?? null,
      author: resource.status['author'] ?? resource.createdBy,
    }),
    afterDelete: (tx, resource) => forgetVersion(tx, resource),
    present: (resource) => ({ ...resource.properties, ...resource.status, flavors: flavorsOf(resource) }),
  }
}

async function askGuards(ctx: Context, write: ResourceWrite, pin: PinnedVersion): Promise<void> {
  const digest = pin.status['digest']
  await checkShare(ctx, write.actor, {
    registry: write.id.split('/').slice(0, -4).join('/'),
    name: modelNameOf(write.id),
    version: nameOf(write.id),
    digest: typeof digest === 'string' ? digest : undefined,
    source: undefined,
  })
}

const containerStatus = ['provisioningState', 'aliases', 'latestVersion', 'nextVersion', 'highestVersion']
const versionStatus = (
  'provisioningState digest sizeBytes fileCount author lineage card conditions runId ' +
  'loggedModelId signature inputExample mlflowVersion source'
).split(' ')

/** Without what only the platform says: a client that sends back what it read must not set it. */
function own(properties: JsonObject, status: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !status.includes(name)))
}

/** Maps are `{}` and never null; values are texts. */
function maps(properties: JsonObject): JsonObject {
  const clean = (value: unknown): JsonObject =>
    Object.fromEntries(Object.entries((value ?? {}) as JsonObject).map(([key, text]) => [key, text ?? '']))
  return { tags: clean(properties['tags']), properties: clean(properties['properties']) }
}

function flavorsOf(version: StoredResource): unknown {
  const asked = version.properties['flavors'] as JsonObject | undefined
  return asked !== undefined && Object.keys(asked).length > 0 ? asked : (version.status['flavors'] ?? {})
}

/** The container knows the newest version and the highest number ever given, so that no number is given twice. */
async function countVersion(tx: Executor, version: StoredResource): Promise<void> {
  const name = nameOf(version.id)
  const number = /^\d{1,15}$/.test(name) ? Number(name) : 0
  await sql`update resources set etag = etag + 1,
      status = status || jsonb_build_object('latestVersion', ${name}::text, 'highestVersion', greatest(coalesce((status ->> 'highestVersion')::bigint, 0), ${number}))
    where id = ${parentOf(version.id)}`.execute(tx)
}

async function forgetVersion(tx: Executor, version: StoredResource): Promise<void> {
  await deleteManifests(tx, version.id)
  const parentId = parentOf(version.id)
  const model = await findResource(tx, parentId, { forUpdate: true })
  if (model === undefined) return
  const name = nameOf(version.id)
  const aliases = Object.fromEntries(Object.entries(aliasesOf(model)).filter(([, target]) => target !== name))
  await sql`update resources set status = status || jsonb_build_object('aliases', ${JSON.stringify(aliases)}::jsonb, 'latestVersion',
      (select name from resources where parent_id = ${parentId} and type = ${version.type.toLowerCase()} order by created_sequence desc limit 1)), etag = etag + 1
    where id = ${parentId}`.execute(tx)
}

function parentOf(id: string): string {
  return id.split('/').slice(0, -2).join('/').toLowerCase()
}
