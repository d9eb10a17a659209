import { AppError, collectingDeployment, monitorActionFromYaml } from '@fulcrum/contract'
import type { WireResource } from './assets.ts'
import { jobProperties } from './jobs.ts'
import { included } from './references.ts'
import {
  as,
  boolean,
  choice,
  integer,
  oneOrMore,
  type Rule,
  type Run,
  type Shape,
  text,
  texts,
  translate,
  unsent,
} from './shape.ts'
import { plain } from './values.ts'
import { YamlNode } from './yaml-node.ts'

const scheduleShape: Shape = {
  name: unsent,
  id: unsent,
  display_name: text,
  description: text,
  tags: texts,
  properties: texts,
  is_enabled: boolean,
  trigger: (node, run) => triggerOf(node, run),
  create_job: unsent,
  create_monitor: unsent,
  import_data: unsent,
}

/** A schedule that creates jobs, runs a monitor or imports data. */
export async function schedule(node: YamlNode, run: Run): Promise<WireResource> {
  node.need('trigger')
  const members = await translate(node, scheduleShape, run)
  return {
    id: `${run.assets.workspaceId}/schedules/${node.need('name').text()}`,
    body: { properties: { tags: {}, properties: {}, ...members, action: await actionOf(node, run) } },
  }
}

/** A moment as the SDK prints one that is not quoted: with a blank. */
const moment: Rule = (node) => {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.\d+)?$/.exec(node.text()) ?? []
  return day === undefined ? node.text() : `${day} ${time}`
}

const moments: Shape = { type: unsent, start_time: moment, end_time: moment, time_zone: text }
const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']

async function triggerOf(node: YamlNode, run: Run): Promise<Record<string, unknown>> {
  if (node.need('type').oneOf(['cron', 'recurrence']) === 'cron') {
    node.need('expression')
    return { triggerType: 'Cron', timeZone: 'UTC', ...(await translate(node, { ...moments, expression: text }, run)) }
  }
  node.need('frequency')
  // Monitor files write a single number where schedules write a list.
  const pattern: Rule = (entry, context) =>
    translate(
      entry,
      {
        hours: oneOrMore(integer),
        minutes: oneOrMore(integer),
        week_days: oneOrMore(choice(days)),
        month_days: oneOrMore(integer),
      },
      context,
    )
  const shape: Shape = {
    ...moments,
    frequency: choice(['minute', 'hour', 'day', 'week', 'month']),
    interval: integer,
    schedule: pattern,
  }
  return {
    triggerType: 'Recurrence',
    interval: 1,
    timeZone: 'UTC',
    schedule: { hours: [], minutes: [] },
    ...(await translate(node, shape, run)),
  }
}

async function actionOf(node: YamlNode, run: Run): Promise<unknown> {
  const monitor = node.get('create_monitor')
  if (monitor !== undefined) return monitorAction(node, monitor, run)
  const imported = node.get('import_data')
  if (imported !== undefined) return importAction(imported, run)
  const job = node.get('create_job')
  if (job === undefined) throw node.fail("a schedule needs 'create_job', 'create_monitor' or 'import_data'.", 'key')
  return { actionType: 'CreateJob', jobDefinition: await jobDefinition(job, run) }
}

async function monitorAction(schedule: YamlNode, monitor: YamlNode, run: Run): Promise<unknown> {
  const trigger = await triggerOf(schedule.need('trigger'), run)
  const { assets } = run
  try {
    const deployment = collectingDeployment(monitor.value, assets.workspaceId)
    const collected = deployment === undefined ? undefined : await assets.collectedData(deployment)
    return monitorActionFromYaml(monitor.value, { workspaceId: assets.workspaceId, trigger, collected })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const path = (error.target ?? '').split('.').filter((part) => part !== '' && part !== 'create_monitor')
    throw new YamlNode(monitor.file, [...monitor.path, ...path], null).fail(error.message)
  }
}

/** Data that a schedule fetches from a database or a file system; stored, not run. */
async function importAction(node: YamlNode, run: Run): Promise<unknown> {
  const definition = node.isMapping() ? node : await included(node, run)
  const shape: Shape = {
    name: as('assetName', text),
    type: as('dataType', text),
    path: as('dataUri', text),
    version: as('assetVersion', text),
    description: text,
    tags: texts,
    properties: texts,
    datastore: unsent,
    source: (source, context) =>
      translate(
        source,
        {
          type: as('sourceType', text),
          connection: text,
          query: text,
          path: text,
          stored_procedure: text,
          stored_procedure_params: (found) => found.value,
        },
        context,
      ),
  }
  const members = await translate(definition, shape, run)
  return {
    actionType: 'ImportData',
    dataImportDefinition: { isAnonymous: false, isArchived: false, tags: {}, properties: {}, dataType: 'uri_folder', ...members },
  }
}

/** A job file, a reference to a job, or a job written in place; members beside `job` win over the file's. */
async function jobDefinition(node: YamlNode, run: Run): Promise<unknown> {
  if (!node.isMapping()) return fromText(node, run)
  const job = node.get('job')
  if (job === undefined) return jobProperties(node, run)
  if (!job.isMapping() && /^azureml:/i.test(job.text())) return fromText(job, run)
  const file = job.isMapping() ? job : await included(job, run)
  const { job: _job, ...changes } = node.mapping()
  const changed = Object.fromEntries(
    Object.entries(changes).map(([key, value]) => {
      const original = file.mapping()[key]
      return [key, plain(original) && plain(value) ? { ...original, ...value } : value]
    }),
  )
  return jobProperties(new YamlNode(file.file, file.path, { ...file.mapping(), ...changed }), run)
}

/** A job that ran before; the server reads it when the schedule fires. The kind is what the SDK says without having looked. */
function jobByReference(reference: string): Record<string, unknown> {
  const sourceJobId = reference.replace(/^azureml:/i, '').replace(/^.*\/jobs\//i, '')
  return { jobType: 'Pipeline', experimentName: 'Default', sourceJobId }
}

async function fromText(node: YamlNode, run: Run): Promise<Record<string, unknown>> {
  const reference = node.text()
  if (/^azureml:/i.test(reference)) return jobByReference(reference)
  return jobProperties(await included(node, run), run)
}
