import { parentIdOf, type ResourceKind } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Executor } from '../../kernel/db/schema.ts'
import { mergeStatus, type KindBehaviour, type StoredResource } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { withOwnUris } from './asset-references.ts'

/** Containers and versions of assets: the same for data, code and environments. */

/** Behaviour of a container: shows the newest version's name and the next free number. */
export function containerBehaviour(kind: ResourceKind): KindBehaviour {
  return {
    kind,
    present: (resource) => ({
      ...maps,
      ...resource.properties,
      latestVersion: null,
      nextVersion: '1',
      ...resource.status,
      isArchived: resource.properties['isArchived'] === true,
    }),
  }
}

/** Clients take these for maps and break on null. */
const maps: JsonObject = { description: '', tags: {}, properties: {} }

/** Behaviour of versions: made below a container that appears with the first one, and counted there. */
export function versionBehaviour(kind: ResourceKind, options: Partial<KindBehaviour> = {}): KindBehaviour {
  return {
    kind,
    createsParent: true,
    ...options,
    defaults(write) {
      const body = options.defaults?.(write) ?? write.body
      return { ...body, properties: withOwnUris(write.id, body.properties) }
    },
    async afterWrite(tx, resource, write) {
      await options.afterWrite?.(tx, resource, write)
      if (write.existing === undefined) await countVersions(tx, resource)
    },
    async afterDelete(tx, resource, actor) {
      await options.afterDelete?.(tx, resource, actor)
      await countVersions(tx, resource)
    },
    present: (resource) => ({
      ...maps,
      isAnonymous: false,
      isArchived: false,
      ...withoutNulls(resource.properties),
      ...resource.status,
    }),
  }
}

/** Writes `latestVersion` (newest by creation) and `nextVersion` (highest number plus one) of the version's container. */
export async function countVersions(tx: Executor, version: Pick<StoredResource, 'id'>): Promise<void> {
  const containerId = parentIdOf(version.id)
  if (containerId === undefined) return
  const found = await sql<{ latest: string | null; highest: string | null }>`
    select (array_agg(name order by created_sequence desc))[1] as latest,
      max(case when name ~ '^[0-9]{1,15}$' then name::bigint end)::text as highest
    from resources where parent_id = ${containerId.toLowerCase()}`.execute(tx)
  const { latest = null, highest = null } = found.rows[0] ?? {}
  await mergeStatus(tx, containerId, { latestVersion: latest, nextVersion: String(Number(highest ?? 0) + 1) })
}

function withoutNulls(properties: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(properties).filter(([name, value]) => value !== null || !(name in maps)))
}
