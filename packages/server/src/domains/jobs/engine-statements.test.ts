import pg from 'pg'
import { expect, it } from 'vitest'
import { until } from '@fulcrum/testkit'
import type { StepProcesses } from './engine-types.ts'
import { submitJob } from './submit.ts'
import { startJobPlatform } from './test-platform.ts'

const endedAtOnce: StepProcesses = {
  // As the wrapper does.
  start: async ({ directory, step }) => directory.make(...Object.keys(step.spec.outputs).map((name) => `outputs/${name}`)),
  observe: async (attempt, onActive) => {
    onActive()
    const at = new Date(0).toISOString()
    return { token: attempt.token, exitCode: 0, signal: null, reason: 'completed', message: null, startedAt: at, endedAt: at }
  },
  reap: async () => undefined,
}

/** Counts what one kind of client sends, whoever uses it. */
function countingQueries(): { readonly texts: string[]; stop(): void } {
  const texts: string[] = []
  const { query } = pg.Client.prototype
  pg.Client.prototype.query = function (this: pg.Client, ...parameters: unknown[]) {
    const [first] = parameters
    texts.push(typeof first === 'string' ? first : String((first as { text?: string }).text))
    return Reflect.apply(query, this, parameters) as never
  } as typeof query
  return { texts, stop: () => void (pg.Client.prototype.query = query) }
}

it('asks the database a bounded number of things for each step, and fewer the more steps run at once', async () => {
  await using platform = await startJobPlatform({ processes: endedAtOnce, slots: 50 })
  const { ctx, actor, workspaceId } = platform
  const steps = 100
  const jobs = Object.fromEntries(
    Array.from({ length: steps }, (_, index) => [
      `s${index}`,
      { type: 'command', command: `true ${index}`, outputs: { out: {} } },
    ]),
  )
  await submitJob(ctx, actor, {
    workspaceId,
    name: 'warm',
    body: { properties: { jobType: 'Pipeline', jobs: { one: { command: 'true' } } } },
  })
  await until(
    'the warm-up',
    async () => (await ctx.resources.require(`${workspaceId}/jobs/warm`)).status['status'] === 'Completed',
  )
  const counted = countingQueries()
  try {
    await submitJob(ctx, actor, { workspaceId, name: 'wide', body: { properties: { jobType: 'Pipeline', jobs } } })
    await until(
      'the pipeline',
      async () => (await ctx.resources.require(`${workspaceId}/jobs/wide`)).status['status'] === 'Completed',
    )
  } finally {
    counted.stop()
  }
  const ofSteps = counted.texts.filter((text) => /steps|attempts|job_events|"runs"|credentials/.test(text))
  expect(ofSteps.length).toBeGreaterThan(0)
  // A transaction for each transition of each step would be some sixty.
  expect(ofSteps.length / steps).toBeLessThan(8)
  const rows = await ctx.db.kysely.selectFrom('job_events').select(['to_state']).where('step_id', 'is not', null).execute()
  for (const state of ['Launching', 'Environment', 'Inputs', 'Submitted', 'Active', 'Publishing', 'Completed'])
    expect(rows.filter((row) => row.to_state === state).length, state).toBe(steps + 1)
})
