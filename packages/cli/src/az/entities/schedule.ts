import { jobEntity } from './job.ts'
import {
  armReference,
  at,
  created,
  lower,
  part,
  snakeKeys,
  table,
  unlessEmpty,
  withValues,
  type Entity,
  type Wire,
} from './translate.ts'

function trigger(value: unknown): Entity {
  const found = part(value)
  return withValues([
    ['type', lower(found['triggerType'])],
    ['expression', found['expression']],
    ['frequency', found['frequency'] === undefined ? undefined : lower(found['frequency'])],
    ['interval', found['interval']],
    ['schedule', found['schedule'] === undefined || found['schedule'] === null ? undefined : pattern(part(found['schedule']))],
    ['start_time', found['startTime']],
    ['end_time', found['endTime']],
    ['time_zone', found['timeZone']],
  ])
}

function pattern(value: Wire): Entity {
  const days = value['weekDays']
  return withValues([
    ['hours', value['hours']],
    ['minutes', value['minutes']],
    ['week_days', Array.isArray(days) ? days.map(lower) : days],
    ['month_days', Array.isArray(value['monthDays']) && value['monthDays'].length === 0 ? undefined : value['monthDays']],
  ])
}

/** @see azure.ai.ml._schema.schedule */
export const scheduleEntity = table({
  name: 'name',
  id: at('id', armReference),
  display_name: 'properties.displayName',
  description: 'properties.description',
  tags: at('properties.tags', unlessEmpty),
  properties: at('properties.properties', unlessEmpty),
  is_enabled: 'properties.isEnabled',
  provisioning_state: 'properties.provisioningState',
  creation_context: created,
  trigger: at('properties.trigger', trigger),
  create_job: at('properties.action.jobDefinition', (value) => {
    const { status: _status, name: _name, ...job } = jobEntity({ properties: value })
    return job
  }),
  create_monitor: at('properties.action.monitorDefinition', snakeKeys),
})
