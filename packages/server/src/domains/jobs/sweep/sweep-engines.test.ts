import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../../../../testkit/src/index.ts'
import { createDomains } from '../../index.ts'
import { startEngine } from '../../../engine.ts'
import { submitJob } from '../submit.ts'
import { startJobPlatform, type JobPlatform } from '../test-platform.ts'

let platform: JobPlatform
beforeAll(async () => {
  platform = await startJobPlatform()
})
afterAll(() => platform[Symbol.asyncDispose]())

it('makes each trial once with two engines and restarts in between', async () => {
  const { ctx, actor, workspaceId } = platform
  await using second = startEngine(ctx, createDomains(ctx))
  await second.ready
  await submitJob(ctx, actor, {
    workspaceId,
    name: 'shared',
    body: {
      properties: {
        jobType: 'Sweep',
        trial: { command: 'echo ${{search_space.x}} >> ${{outputs.out}}/x; sleep 0.2' },
        searchSpace: { x: ['uniform', [0, 1]] },
        samplingAlgorithm: { samplingAlgorithmType: 'Random' },
        objective: { goal: 'maximize', primaryMetric: 'none' },
        limits: { maxTotalTrials: 12, maxConcurrentTrials: 3 },
        outputs: { out: {} },
      },
    },
  })
  const trials = () =>
    ctx.db.kysely.selectFrom('sweep_trials').select(['number', 'name', 'status', 'point']).orderBy('number').execute()
  for (const count of [3, 6]) {
    await until(`${count} trials`, async () => (await trials()).length >= count)
    await platform.restartEngine()
  }
  const done = await until('end', async () => {
    const job = await ctx.resources.find(`${workspaceId}/jobs/shared`)
    return ['Completed', 'Failed'].includes(String(job?.status['status'])) ? job : undefined
  })
  expect(done.status).toMatchObject({ status: 'Completed', properties: { 'fulcrum.warning': expect.stringContaining("'none'") } })
  const made = await trials()
  expect(made.map((trial) => [trial.number, trial.name, trial.status])).toEqual(
    Array.from({ length: 12 }, (_, number) => [number, `shared_${number}`, 'Completed']),
  )
  expect(new Set(made.map((trial) => JSON.stringify(trial.point))).size).toBe(12)
  const steps = await ctx.db.kysely.selectFrom('steps').select(['attempt']).where('name', '=', 'trial').execute()
  expect(steps.map((step) => step.attempt)).toEqual(Array.from({ length: 12 }, () => 1))
})
