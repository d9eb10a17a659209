import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { startBuiltPlatform, type BuiltPlatform } from '@fulcrum/testkit'

/**
 * What a client waits for: the submission of a small command job (PUT, as `ml_client.jobs.create_or_update` sends it last), and
 * `az ml job list` of 1,000 jobs as a process, beside a Node process that does nothing. `npm run build`, then `npm run bench`.
 */
const jobs = 1_000
const runs = 9

await using platform = await startBuiltPlatform()
const workspace = await prepare(platform)
const submissionsMs: number[] = []
for (let number = 0; number < jobs; number += 1) {
  const since = performance.now()
  await platform.call('PUT', `${workspace}/jobs/bench-${number}`, job(number))
  submissionsMs.push(performance.now() - since)
}
const az = [
  join(resolve(import.meta.dirname, '..'), 'dist/cli/az.js'),
  'ml',
  'job',
  'list',
  '--all-results',
  '-g',
  'rg-bench',
  '-w',
  'mlw-bench',
]
const listMs = seriesOf(() => timed([...az, '-o', 'json'], jobs))
const namesMs = seriesOf(() => timed([...az, '--query', '[].name', '-o', 'tsv'], jobs))
const nodeMs = seriesOf(() => timed(['-e', '0']))
print('PUT of a command job, one after the other', submissionsMs)
print(`az ml job list, ${jobs} jobs as JSON`, listMs)
print(`az ml job list, ${jobs} names as tsv`, namesMs)
print('node -e 0', nodeMs)
await platform.call('POST', `${workspace}/jobs/bench-0/cancel`)
process.stdout.write(`az ml job list / node: ${(quantile(listMs, 0.5) / quantile(nodeMs, 0.5)).toFixed(1)}\n`)

/** A workspace whose cluster has one node, which the first job keeps, so that nothing but the submission is measured. */
async function prepare({ call, subscriptionId }: BuiltPlatform): Promise<string> {
  const subscription = `/subscriptions/${subscriptionId}`
  await call('PUT', `${subscription}/resourcegroups/rg-bench`, { location: 'local' })
  const id = `${subscription}/resourceGroups/rg-bench/providers/Microsoft.MachineLearningServices/workspaces/mlw-bench`
  await call('PUT', id, { location: 'local', properties: {} })
  const scaleSettings = { minNodeCount: 0, maxNodeCount: 1, nodeIdleTimeBeforeScaleDown: 'PT2M' }
  const properties = { computeType: 'AmlCompute', properties: { vmSize: 'small', scaleSettings } }
  await call('PUT', `${id}/computes/full`, { location: 'local', properties })
  await call('PUT', `${id}/environments/bench/versions/1`, { properties: { image: 'python:3.11' } })
  return id
}

function job(number: number) {
  return {
    properties: {
      jobType: 'Command',
      displayName: `bench ${number}`,
      experimentName: 'bench',
      computeId: `${workspace}/computes/full`,
      environmentId: `${workspace}/environments/bench/versions/1`,
      command: number === 0 ? 'sleep 600' : 'python x.py --n ${{inputs.n}}',
      inputs: { n: { jobInputType: 'literal', value: String(number) } },
      outputs: { o: { jobOutputType: 'uri_folder', mode: 'Upload' } },
      environmentVariables: { A: '1' },
    },
  }
}

function seriesOf(measure: () => number): number[] {
  return Array.from({ length: runs }, measure)
}

/** Milliseconds of a Node process, from its start to its end. @throws Error when it fails or prints less than `lines` lines */
function timed(parameters: readonly string[], lines = 0): number {
  const since = performance.now()
  const done = spawnSync(process.execPath, parameters, { env: platform.env, maxBuffer: 1 << 28, encoding: 'utf8' })
  const elapsedMs = performance.now() - since
  if (done.status !== 0 || done.stdout.split('\n').length < lines) throw new Error(`${parameters.join(' ')}: ${done.stderr}`)
  return elapsedMs
}

function quantile(values: readonly number[], part: number): number {
  return values.toSorted((left, right) => left - right)[Math.floor(part * (values.length - 1))] ?? Number.NaN
}

function print(what: string, valuesMs: readonly number[]): void {
  const [p50, p95] = [quantile(valuesMs, 0.5), quantile(valuesMs, 0.95)]
  process.stdout.write(`${what}: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms (n = ${valuesMs.length})\n`)
}
