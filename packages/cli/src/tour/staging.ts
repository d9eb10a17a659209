import { join } from 'node:path'
import { uploadFiles } from '@fulcrum/sdk'
import { createRemoteAssets } from '../remote-assets.ts'
import { loadJob } from '../yaml/load-resource.ts'
import { ensureDeployment, ensureEndpoint } from './deployments.ts'
import { registryModel, releaseId, type Guide } from './guide.ts'
import { openScorer } from './scoring.ts'
import { firstMonths, ensureData, memoryFile, readMonth } from './steps/3-data.ts'
import { sampleFlights } from './flights.ts'
import { find, runJob } from './wait.ts'

export async function deployInTest(guide: Guide, version: string, deployment: string): Promise<void> {
  const robot = await guide.as('ci-cd')
  const { test } = guide.places
  guide.say(`deploying version ${version} in test`)
  await ensureEndpoint(guide, robot, test)
  await ensureDeployment(guide, robot, { workspaceId: test, name: deployment, version, collects: false })
}

const referenceRows = 2000

/** What the model says about the months it was made from: the reference of the prediction-drift signal, kept in the predictions lake. */
export async function recordReferencePredictions(guide: Guide): Promise<void> {
  const { test, prod } = guide.places
  if ((await find(guide.admin, `${prod}/data/flights-training-outputs/versions/1`)) !== undefined) return
  guide.say('recording what the model says about January to March')
  const robot = await guide.as('ci-cd')
  const scorer = await openScorer(guide, robot, test, 'blue')
  const rows = []
  for (const month of firstMonths)
    rows.push(...sampleFlights(await readMonth(guide, month), Math.ceil(referenceRows / firstMonths.length)))
  const lines = ['probability_on_time,probability_late']
  for (let start = 0; start < rows.length; start += 200) {
    const answers = await scorer.score(rows.slice(start, start + 200), `reference-${start}`)
    for (const [onTime, late] of answers) lines.push(`${onTime},${late}`)
  }
  const file = memoryFile('predictions.csv', new TextEncoder().encode(`${lines.join('\n')}\n`))
  await uploadFiles(robot, {
    workspaceId: prod,
    datastore: 'predictions',
    prefix: 'flight-delay/reference/1',
    files: [file],
    authorization: 'token',
  })
  await ensureData(
    guide,
    prod,
    'flights-training-outputs',
    '1',
    'azureml://datastores/predictions/paths/flight-delay/reference/1/',
  )
}

/** Runs staging.yml against the deployment in test; its evidence goes to the release that the job's tag names. */
export async function runStagingSuite(
  guide: Guide,
  suite: { version: string; deployment: string; months: string; champion?: string },
): Promise<void> {
  const robot = await guide.as('ci-cd')
  const { test, places } = { test: guide.places.test, places: guide.places }
  const changes = [
    `inputs.months="${suite.months}"`,
    `inputs.model.path=${registryModel(places, suite.version)}`,
    `inputs.deployment=${suite.deployment}`,
  ]
  await runJob(guide, robot, {
    workspaceId: test,
    purpose: `staging-${suite.version}`,
    tags: { 'fulcrum.release': releaseId(places, suite.version) },
    async properties() {
      const properties = await loadJob(join(guide.example, 'staging.yml'), createRemoteAssets(robot, test), { set: changes })
      const inputs = properties['inputs'] as Record<string, unknown>
      // Without a value, the optional part of the command that names it falls away.
      const champion =
        suite.champion === undefined ? null : { jobInputType: 'mlflow_model', uri: registryModel(places, suite.champion) }
      return { ...properties, inputs: { ...inputs, champion }, tags: { 'fulcrum.release': releaseId(places, suite.version) } }
    },
  })
}
