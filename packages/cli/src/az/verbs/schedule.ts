import type { Call, Handlers } from '../commands/command.ts'
import { scheduleEntity } from '../entities/schedule.ts'
import { part, type Wire } from '../entities/translate.ts'
import { collect, given, put } from './resource.ts'
import { itemId, kindVerbs } from './workspace-kind.ts'

async function setEnabled(call: Call, isEnabled: boolean): Promise<undefined> {
  const { client } = await call.place()
  const id = await itemId(call, 'schedules', call.values.need('name'))
  const { properties } = await client.get(id)
  await put(call, id, { properties: { ...properties, isEnabled } })
  return undefined
}

export const scheduleVerbs: Handlers = {
  ...kindVerbs({
    collection: 'schedules',
    family: 'schedule',
    dump: scheduleEntity,
    flags: ({ values }) => given({ name: values.text('name') }),
  }),
  async list(call) {
    const place = await call.place()
    const { values } = call
    const view = values.flag('disabled-only') ? 'DisabledOnly' : values.flag('include-disabled') ? 'All' : 'EnabledOnly'
    const isWanted = (wire: Wire): boolean => {
      const isEnabled = part(wire['properties'])['isEnabled'] !== false
      return view === 'All' || isEnabled === (view === 'EnabledOnly')
    }
    const path = `${await place.workspaceId()}/schedules`
    return (await collect(place.client, path, {}, { most: values.number('max-results'), keep: isWanted })).map(scheduleEntity)
  },
  enable: (call) => setEnabled(call, true),
  disable: (call) => setEnabled(call, false),
  async trigger(call) {
    const { client } = await call.place()
    const id = await itemId(call, 'schedules', call.values.need('name'))
    const answer = await client.post<Wire>(`${id}/trigger`, { scheduleTime: new Date().toISOString() })
    return { job_name: answer['submissionId'], schedule_action_type: answer['scheduleActionType'] }
  },
}
