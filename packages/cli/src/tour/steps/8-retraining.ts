import { join } from 'node:path'
import { uploadFiles } from '@fulcrum/sdk'
import { OutcomeError } from '../../cli-errors.ts'
import { createRemoteAssets } from '../../remote-assets.ts'
import { loadResource } from '../../yaml/load-resource.ts'
import { ensureDeployment } from '../deployments.ts'
import { sampleFlights } from '../flights.ts'
import type { Guide } from '../guide.ts'
import { decideGate, promoteToRegistry } from '../release.ts'
import { runRollout } from '../rollout.ts'
import { openScorer, TrafficGenerator } from '../scoring.ts'
import { deployInTest, runStagingSuite } from '../staging.ts'
import { awaitJob, find, waitFor } from '../wait.ts'
import { ensureData, firstMonths, laterMonths, memoryFile, publishMonths, readMonth } from './3-data.ts'
import { productionRequests } from './7-production.ts'

/** Step 8: truth arrives, the monitor finds drift, the event retrains the model, and it goes the same way into production. */
export async function watchAndRetrain(guide: Guide): Promise<string> {
  const { prod, dev } = guide.places
  await publishMonths(guide, '2', [...firstMonths, ...laterMonths])
  await publishTruth(guide)
  await subscribe(guide)
  await createMonitor(guide)
  await runMonitor(guide)
  const job = await retrainingJob(guide)
  guide.note(`the event started ${job} in dev`)
  await awaitJob(guide, await guide.as('ana'), `${dev}/jobs/${job}`)
  await release(guide)
  return guide.studioOf(prod, '/monitors/flight-delay-monitor')
}

/** What became of the flights that were asked about, by the id under which each row was collected. */
async function publishTruth(guide: Guide): Promise<void> {
  const { prod } = guide.places
  if ((await find(guide.admin, `${prod}/data/flights-truth/versions/1`)) !== undefined) return
  guide.say('the truth about the flights arrives')
  const lines = ['flight_id,late']
  for (const request of await productionRequests(guide)) {
    for (const [index, flight] of request.flights.entries()) lines.push(`${request.correlationId}_${index},${flight.late}`)
  }
  const file = memoryFile('truth.csv', new TextEncoder().encode(`${lines.join('\n')}\n`))
  const robot = await guide.as('ci-cd')
  await uploadFiles(robot, {
    workspaceId: prod,
    datastore: 'inbox',
    prefix: 'flights-truth/1',
    files: [file],
    authorization: 'token',
  })
  await ensureData(guide, prod, 'flights-truth', '1', 'azureml://datastores/inbox/paths/flights-truth/1/')
}

const subscriptionPath = (guide: Guide): string =>
  `${guide.places.prod.slice(0, guide.places.prod.indexOf('/providers/'))}/providers/Microsoft.EventGrid/eventSubscriptions/retrain-flight-delay`

/** A broken threshold repeats the training job in dev, with the months that have arrived since. July is kept for the staging suite. */
async function subscribe(guide: Guide): Promise<void> {
  const { dev, prod } = guide.places
  await guide.admin.put(subscriptionPath(guide), {
    properties: {
      filter: { includedEventTypes: ['monitoring.monitorBreached'], subjectBeginsWith: prod },
      destination: {
        endpointType: 'Fulcrum.Job',
        properties: {
          workspaceId: dev,
          jobDefinition: {
            sourceJobName: guide.store.state.facts['trainingJob'] ?? guide.store.state.jobs['flight-delay-training'],
            inputs: {
              flights: { jobInputType: 'uri_folder', uri: `${dev}/data/flights-by-month/versions/2` },
              months: { jobInputType: 'literal', value: '1,2,3,4,5,6' },
            },
          },
          maximumRunsPerDay: 4,
          cooldown: 'PT1H',
        },
      },
    },
  })
}

async function createMonitor(guide: Guide): Promise<void> {
  const { prod } = guide.places
  const robot = await guide.as('ci-cd')
  const { id, body } = await loadResource('schedule', join(guide.example, 'monitor.yml'), createRemoteAssets(robot, prod))
  await robot.put(id, body)
}

interface MonitorRun {
  readonly name: string
  readonly properties: {
    readonly status: string
    readonly verdict: string | null
    readonly error: string | null
    readonly signals: readonly { readonly name: string; readonly state: string; readonly breachedFeatures: readonly string[] }[]
  }
}

async function runMonitor(guide: Guide): Promise<void> {
  const { prod } = guide.places
  const { facts } = guide.store.state
  if (facts['monitorRun'] !== undefined) return
  const robot = await guide.as('ci-cd')
  guide.say('running the monitor')
  const started = await robot.request<MonitorRun>('POST', `${prod}/schedules/flight-delay-monitor/runMonitor`, { body: {} })
  const run = await waitFor(guide, 'The run of the monitor', { timeoutMs: 180_000 }, async () => {
    const found = await robot.get<MonitorRun>(`${prod}/monitorRuns/${started.body.name}`)
    return ['Completed', 'Failed'].includes(found.properties.status) ? found : undefined
  })
  if (run.properties.status === 'Failed') throw new OutcomeError(`The monitor's run failed: ${run.properties.error}`)
  if (run.properties.verdict !== 'breach') throw new OutcomeError(`The monitor found no breach (${run.properties.verdict}).`)
  const found = run.properties.signals.map(
    (signal) =>
      `${signal.name} ${signal.state}${signal.breachedFeatures.length === 0 ? '' : ` (${signal.breachedFeatures.join(', ')})`}`,
  )
  guide.note(`the monitor found: ${found.join('; ')}`)
  facts['monitorRun'] = run.name
  await guide.store.save()
}

/** Name of the job that the event started. */
async function retrainingJob(guide: Guide): Promise<string> {
  const { facts } = guide.store.state
  const known = facts['retrainingJob']
  if (known !== undefined) return known
  guide.say('waiting for the event to start the retraining')
  const job = await waitFor(guide, 'The retraining job', { timeoutMs: 60_000 }, async () => {
    const { value } = await guide.admin.get<{ value: { state: string; reason: string | null; jobId: string | null }[] }>(
      `${subscriptionPath(guide)}/deliveries`,
    )
    const failed = value.find((delivery) => delivery.state === 'Failed')
    if (failed !== undefined) throw new OutcomeError(`The event could not start the retraining: ${failed.reason}`)
    return value.find((delivery) => delivery.state === 'Delivered' && delivery.jobId !== null)?.jobId ?? undefined
  })
  const name = job.slice(job.lastIndexOf('/') + 1)
  facts['retrainingJob'] = name
  await guide.store.save()
  return name
}

/** Version 2 on the way of version 1: gates, staging, and then a rollout beside the version that answers now. */
async function release(guide: Guide): Promise<void> {
  const { prod } = guide.places
  const robot = await guide.as('ci-cd')
  await decideGate(guide, { version: '2', gate: 'gate-1', approver: 'lena', comment: 'Knows spring and summer now.' })
  await promoteToRegistry(guide, '2')
  await deployInTest(guide, '2', 'green')
  await runStagingSuite(guide, { version: '2', deployment: 'green', months: '7', champion: '1' })
  await decideGate(guide, { version: '2', gate: 'gate-2', approver: 'theo', comment: 'No worse than the champion on July.' })
  guide.say('deploying green')
  await ensureDeployment(guide, robot, { workspaceId: prod, name: 'green', version: '2', collects: true })
  const flights = sampleFlights(await readMonth(guide, laterMonths.at(-1) ?? 7), 2000)
  const traffic = new TrafficGenerator(guide, await openScorer(guide, robot, prod), flights, 'rollout')
  try {
    await runRollout(guide, robot, { version: '2', deployment: 'green' })
  } finally {
    await traffic.stop()
  }
  guide.note(`${traffic.sent} flights asked about during the rollout, ${traffic.failed} requests failed`)
}
