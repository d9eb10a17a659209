import { rm } from 'node:fs/promises'
import { startTestServer } from '@fulcrum/testkit'
import { ensureEnvironment } from '../packages/server/src/domains/environments/index.ts'

/**
 * What a job waits for before it starts: the reuse of an environment of scikit-learn and MLflow that is there, and its rebuild when
 * only the installer's cache is warm (with the lock, and from the requirements on). `npm run bench:environments`; needs PyPI.
 */
const rounds = 20
const rebuilds = 3

const server = await startTestServer()
try {
  const { ctx, admin } = server
  const group = `/subscriptions/${ctx.config.subscriptionId}/resourceGroups/rg`
  await admin.put(group, { location: 'local' })
  const workspaceId = `${group}/providers/Microsoft.MachineLearningServices/workspaces/bench`
  await admin.put(workspaceId, { location: 'local' })
  await admin.put(`${workspaceId}/environments/train/versions/1`, { properties: { pipRequirements: 'scikit-learn\nmlflow\n' } })
  const ensure = () => ensureEnvironment(ctx, { workspaceId, reference: 'azureml:train:1' })
  const first = await ensure()
  const reuseMs: number[] = []
  for (let round = 0; round < rounds; round += 1) reuseMs.push(await timed(ensure))
  const lockedMs: number[] = []
  const resolvedMs: number[] = []
  for (let round = 0; round < rebuilds; round += 1) {
    await rm(first.directory, { recursive: true })
    lockedMs.push(await timed(ensure))
    await rm(first.directory, { recursive: true })
    await rm(`${ctx.config.dataDirectory}/environments/.locks`, { recursive: true })
    resolvedMs.push(await timed(ensure))
  }
  print(`reuse, ${first.packages.length} packages`, reuseMs)
  print('rebuild from the lock', lockedMs)
  print('resolve again and rebuild', resolvedMs)
} finally {
  await server.close()
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now()
  await work()
  return performance.now() - since
}

function print(what: string, values: readonly number[]): void {
  const sorted = [...values].sort((left, right) => left - right)
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(0)
  process.stdout.write(`${what}: p50 ${at(0.5)} ms, max ${at(1)} ms (${values.length})\n`)
}
