import { AppError, monitorActionFromYaml } from '@fulcrum/contract'
import type { WireResource } from './assets.ts'
import { jobProperties } from './jobs.ts'
import { localPath } from './references.ts'
import { compact } from './values.ts'
import type { WorkspaceAssets } from './workspace-assets.ts'
import { readYamlFile, YamlNode } from './yaml-file.ts'

const scheduleKeys = [
  '$schema',
  'name',
  'display_name',
  'description',
  'tags',
  'properties',
  'is_enabled',
  'trigger',
  'create_job',
  'create_monitor',
]
const triggerKeys = ['type', 'expression', 'frequency', 'interval', 'schedule', 'start_time', 'end_time', 'time_zone']

/** A schedule that creates jobs or runs a monitor. */
export async function schedule(node: YamlNode, assets: WorkspaceAssets, name?: string): Promise<WireResource> {
  node.only(scheduleKeys)
  return {
    id: `${assets.workspaceId}/schedules/${name ?? node.need('name').text()}`,
    body: {
      properties: compact({
        displayName: node.get('display_name')?.text(),
        description: node.get('description')?.text(),
        tags: node.get('tags')?.texts(),
        isEnabled: node.get('is_enabled')?.boolean() ?? true,
        trigger: triggerOf(node.need('trigger')),
        action: await actionOf(node, assets),
      }),
    },
  }
}

function triggerOf(node: YamlNode): Record<string, unknown> {
  node.only(triggerKeys)
  const shared = {
    startTime: node.get('start_time')?.text(),
    endTime: node.get('end_time')?.text(),
    timeZone: node.get('time_zone')?.text() ?? 'UTC',
  }
  if (node.need('type').oneOf(['cron', 'recurrence']) === 'cron')
    return compact({ triggerType: 'Cron', expression: node.need('expression').text(), ...shared })
  const pattern = node.get('schedule')?.only(['hours', 'minutes', 'week_days', 'month_days'])
  // Monitor files write a single number where schedules write a list.
  const list = (key: string) => {
    const found = pattern?.get(key)
    return found === undefined ? undefined : Array.isArray(found.value) ? found.value : [found.value]
  }
  return compact({
    triggerType: 'Recurrence',
    frequency: node.need('frequency').oneOf(['minute', 'hour', 'day', 'week', 'month']),
    interval: node.get('interval')?.number() ?? 1,
    schedule:
      pattern === undefined
        ? undefined
        : compact({ hours: list('hours'), minutes: list('minutes'), weekDays: list('week_days'), monthDays: list('month_days') }),
    ...shared,
  })
}

async function actionOf(node: YamlNode, assets: WorkspaceAssets): Promise<unknown> {
  const monitor = node.get('create_monitor')
  if (monitor !== undefined) return monitorAction(monitor)
  const job = node.get('create_job')
  if (job === undefined) throw node.fail("a schedule needs 'create_job' or 'create_monitor'.", 'key')
  return { actionType: 'CreateJob', jobDefinition: await jobDefinition(job, assets) }
}

function monitorAction(monitor: YamlNode): unknown {
  try {
    return monitorActionFromYaml(monitor.value)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const path = (error.target ?? '').split('.').filter((part) => part !== '' && part !== 'create_monitor')
    throw new YamlNode(monitor.file, [...monitor.path, ...path], null).fail(error.message)
  }
}

/** A job file, a reference to a job, or a job written in place; `inputs` and the like beside `job` win over the file's. */
async function jobDefinition(node: YamlNode, assets: WorkspaceAssets): Promise<unknown> {
  if (!node.isMapping()) return fromText(node, assets)
  const job = node.get('job')
  if (job === undefined) return jobProperties(node, assets)
  const definition = await (job.isMapping() ? jobProperties(job, assets) : fromText(job, assets))
  return {
    ...definition,
    ...compact({ experimentName: node.get('experiment_name')?.text(), displayName: node.get('display_name')?.text() }),
  }
}

async function fromText(node: YamlNode, assets: WorkspaceAssets): Promise<Record<string, unknown>> {
  const reference = node.text()
  if (/^azureml:/i.test(reference)) return { sourceJobName: reference.replace(/^azureml:/i, '') }
  return jobProperties(new YamlNode(await readYamlFile(localPath(node))), assets)
}
