import type { Call, Handlers } from '../commands/command.ts'
import { connectionEntity } from '../entities/workspace.ts'
import type { Wire } from '../entities/translate.ts'
import { collect, given } from './resource.ts'
import { itemId, kindVerbs } from './workspace-kind.ts'

/** With its secrets when `--populate-secrets` asks for them. */
async function shown(call: Call, wire: Wire): Promise<unknown> {
  if (!call.values.flag('populate-secrets')) return connectionEntity(wire)
  const { client } = await call.place()
  return connectionEntity(await client.post<Wire>(`${String(wire['id'])}/listSecrets`))
}

export const connectionVerbs: Handlers = {
  ...kindVerbs({
    collection: 'connections',
    family: 'connection',
    dump: connectionEntity,
    flags: ({ values }) => given({ name: values.text('name') }),
  }),
  async list(call) {
    const place = await call.place()
    const type = call.values.text('type')?.toLowerCase()
    const found = await collect(
      place.client,
      `${await place.workspaceId()}/connections`,
      {},
      { most: call.values.number('max-results') },
    )
    const wanted = found.filter((wire) => type === undefined || connectionEntity(wire)['type'] === type)
    return Promise.all(wanted.map((wire) => shown(call, wire)))
  },
  async show(call) {
    const { client } = await call.place()
    return shown(call, await client.get<Wire>(await itemId(call, 'connections', call.values.need('name'))))
  },
}
