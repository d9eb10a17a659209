import type { JobQueue } from '@fulcrum/contract'
import { formatOf, print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { UsageError } from '../cli-errors.ts'
import { openSession } from '../session.ts'

interface QueueOptions extends GlobalOptions {
  readonly compute?: string
  readonly top?: string
}

/** What runs and what waits, in the order of the turns; as data the whole answer, for people a table. */
export async function showQueue(options: QueueOptions): Promise<void> {
  const { client, workspace } = await openSession(options)
  const query = new URLSearchParams()
  if (options.compute !== undefined) query.set('compute', options.compute)
  if (options.top !== undefined) query.set('top', options.top)
  const path = `${await workspace()}/queue${query.size === 0 ? '' : `?${query}`}`
  const queue = await client.get<JobQueue>(path)
  if (formatOf(options.output, process.stdout.isTTY) !== 'table' || options.query !== undefined) return print(queue, options)
  process.stderr.write(`${headline(queue)}\n`)
  await print(rowsOf(queue), { ...options, output: 'table' })
}

function headline({ host, counts }: JobQueue): string {
  const gpus = host.gpus.limit === 0 ? '' : `, ${host.gpus.used} of ${host.gpus.limit} GPUs`
  const held = `${host.slots.used} of ${host.slots.limit} job slots, ${host.cores.used} of ${host.cores.limit} cores reserved${gpus}`
  return `${counts.running} running, ${counts.waiting} waiting. This host: ${held}.`
}

function rowsOf({ running, waiting }: JobQueue) {
  const common = (entry: JobQueue['running'][number] | JobQueue['waiting'][number]) => ({
    job: entry.parentJobName === undefined ? entry.jobName : `${entry.parentJobName}/${entry.stepName}`,
    compute: entry.computeName,
    experiment: entry.experimentName,
    by: entry.submitter,
    priority: ['', 'low', 'medium', 'high'][entry.priority] ?? String(entry.priority),
  })
  return [
    ...running.map((entry) => ({ place: entry.status, ...common(entry), since: entry.startedAt, why: entry.devices.join(',') })),
    ...waiting.map((entry) => ({
      place: `#${entry.position}`,
      ...common(entry),
      since: entry.readyAt,
      why: entry.reason.message,
    })),
  ]
}

const location = 'providers/Microsoft.MachineLearningServices/locations/local'

interface QuotaUsage {
  readonly id: string
  readonly name: { readonly value: string; readonly localizedValue: string }
  readonly currentValue: number
  readonly limit: number
}

export async function listQuotas(options: GlobalOptions): Promise<void> {
  const { client, subscriptionId } = await openSession(options)
  const { value } = await client.get<{ value: QuotaUsage[] }>(`/subscriptions/${subscriptionId}/${location}/usages`)
  await print(
    value.map((entry) => ({ quota: entry.name.localizedValue, used: entry.currentValue, limit: entry.limit })),
    options,
  )
}

/** @throws UsageError the limit is no number, or more than this host has */
export async function setQuota(name: string, limit: string, options: QueueOptions): Promise<void> {
  if (limit !== 'none' && !/^\d+$/.test(limit)) throw new UsageError(`'${limit}' is no limit; give a whole number, or none.`)
  const { client, subscriptionId, workspace } = await openSession(options)
  const scope = `${await workspace()}${options.compute === undefined ? '' : `/computes/${options.compute}`}`
  const entry = { id: `${scope}/quotas/${name}`, limit: limit === 'none' ? null : Number(limit), unit: 'Count' }
  const answer = await client.post<{ value: { status: string }[] }>(`/subscriptions/${subscriptionId}/${location}/updateQuotas`, {
    value: [entry],
  })
  const status = answer.value[0]?.status
  if (status !== 'Success') throw new UsageError(`The quota was not set: ${status ?? 'no answer'}.`)
  await print(answer.value, options)
}
