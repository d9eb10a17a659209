import type { Call, Handlers } from '../commands/command.ts'
import type { Family } from '../../yaml/load-resource.ts'
import type { Wire } from '../entities/translate.ts'
import { collect, put, remove, translate, update, type Dump } from './resource.ts'

/** A kind of a workspace that has neither versions nor a parent. */
export interface WorkspaceKind {
  readonly collection: string
  readonly family: Family
  readonly dump: Dump
  /** Members that flags give. */
  flags(call: Call): Record<string, unknown>
}

export async function itemId(call: Call, collection: string, name: string): Promise<string> {
  const place = await call.place()
  return `${await place.workspaceId()}/${collection}/${encodeURIComponent(name)}`
}

/** create, list, show, update and delete of a kind. */
export function kindVerbs(kind: WorkspaceKind): Handlers {
  const { collection, family, dump } = kind
  return {
    async create(call) {
      const place = await call.place()
      const loaded = await translate(call, family, await place.workspaceId(), kind.flags(call))
      return dump(await put(call, loaded.id, loaded.body))
    },
    async list(call) {
      const place = await call.place()
      return (
        await collect(place.client, `${await place.workspaceId()}/${collection}`, {}, { most: call.values.number('max-results') })
      ).map(dump)
    },
    async show(call) {
      const { client } = await call.place()
      return dump(await client.get<Wire>(await itemId(call, collection, call.values.need('name'))))
    },
    async update(call) {
      const place = await call.place()
      const { name, ...changes } = kind.flags(call)
      const found = name ?? (await nameInFile(call, family))
      const id = await itemId(call, collection, String(found))
      return dump(await update(call, { family, id, home: await place.workspaceId(), dump, changes }))
    },
    async delete(call) {
      return remove(call, await itemId(call, collection, call.values.need('name')))
    },
  }
}

/** The name of a resource that only the file says. */
export async function nameInFile(call: Call, family: Family, overrides: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const place = await call.place()
  if (!call.values.has('file')) return call.values.need('name')
  return (await translate(call, family, await place.workspaceId(), overrides)).name
}
