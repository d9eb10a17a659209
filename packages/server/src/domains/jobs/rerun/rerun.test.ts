import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../../../../testkit/src/until.ts'
import { putBlob } from '../../storage/index.ts'
import { submitJob } from '../submit.ts'
import { startJobPlatform, type JobPlatform } from '../test-platform.ts'
import { rerunJob } from './rerun-job.ts'

let platform: JobPlatform
beforeAll(async () => {
  platform = await startJobPlatform()
})
afterAll(() => platform[Symbol.asyncDispose]())

async function ended(name: string) {
  const { ctx, workspaceId } = platform
  const job = await until(
    `end of ${name}`,
    async () => {
      const found = await ctx.resources.find(`${workspaceId}/jobs/${name}`)
      return ['Completed', 'Failed', 'Canceled'].includes(String(found?.status['status'])) ? found : undefined
    },
    240_000,
  )
  const rows = await ctx.db.kysely
    .selectFrom('steps')
    .innerJoin('jobs', 'jobs.id', 'steps.job_id')
    .select(['steps.name', 'steps.outcome', 'steps.error'])
    .where('jobs.resource_id', '=', `${workspaceId}/jobs/${name}`.toLowerCase())
    .execute()
  return {
    status: job.status['status'],
    outcomes: Object.fromEntries(rows.map((row) => [row.name, row.outcome])),
    why: JSON.stringify(rows.map((row) => row.error)),
  }
}

async function submit(name: string, properties: Record<string, unknown>) {
  const { ctx, actor, workspaceId } = platform
  await submitJob(ctx, actor, { workspaceId, name, body: { properties: { jobType: 'Pipeline', ...properties } } })
}

const command = (text: string, inputs: Record<string, unknown> = {}, outputs: Record<string, unknown> = {}) => ({
  type: 'command',
  command: text,
  inputs,
  outputs,
})

it('takes over what completed, despite force flags, and runs the rest again', async () => {
  const jobs = {
    first: command('echo one > ${{outputs.out}}/x; echo true > ${{outputs.go}}', {}, { out: {}, go: { type: 'boolean' } }),
    choose: {
      type: 'if_else',
      condition: '${{parent.jobs.first.outputs.go}}',
      true_block: '${{parent.jobs.yes}}',
      false_block: '${{parent.jobs.no}}',
    },
    yes: command('echo yes'),
    no: command('echo no'),
    flaky: command('grep one ${{inputs.data}}/x && cat ${{inputs.later}}', {
      data: '${{parent.jobs.first.outputs.out}}',
      later: { job_input_type: 'uri_file', uri: 'azureml://datastores/workspaceblobstore/paths/later.txt' },
    }),
    after: command('echo after > ${{outputs.out}}/x', { data: '${{parent.jobs.flaky.outputs.out}}' }, { out: {} }),
  }
  const properties = {
    settings: { force_rerun: true, continue_on_step_failure: true },
    jobs: { ...jobs, flaky: { ...jobs.flaky, outputs: { out: {} } } },
  }
  await submit('fails', properties)
  const before = await ended('fails')
  expect(before.outcomes, before.why).toMatchObject({
    first: 'Completed',
    flaky: 'Failed',
    after: 'Skipped',
    yes: 'Completed',
    no: 'Skipped',
  })
  const { ctx, actor, workspaceId } = platform
  await putBlob(ctx, { workspaceId, name: 'later.txt', source: Buffer.from('here') })
  await rerunJob(ctx, actor, `${workspaceId}/jobs/fails`, { name: 'again', fromFailed: true })
  const again = await ended('again')
  expect(again.outcomes, again.why).toEqual({
    first: 'Reused',
    choose: 'Reused',
    yes: 'Reused',
    no: 'Skipped',
    flaky: 'Completed',
    after: 'Completed',
  })
  expect(again.status).toBe('Completed')
  await rerunJob(ctx, actor, `${workspaceId}/jobs/again`, { name: 'whole' })
  expect((await ended('whole')).outcomes).toMatchObject({ first: 'Completed', flaky: 'Completed', no: 'Skipped' })
  await expect(rerunJob(ctx, actor, `${workspaceId}/jobs/again`, { name: 'whole' })).rejects.toThrow(/needs a name of its own/)
})

it('runs on_init before everything and on_finalize after it, also when a step failed', async () => {
  const settings = { on_init: 'begin', on_finalize: 'last', force_rerun: true }
  const jobs = (middle: string) => ({
    last: command('echo last'),
    work: command(middle),
    more: command('echo more'),
    begin: command('echo begin'),
  })
  await submit('phases', { settings, jobs: jobs('echo work') })
  const done = await ended('phases')
  expect(done.outcomes, done.why).toEqual({ begin: 'Completed', work: 'Completed', more: 'Completed', last: 'Completed' })
  const events = await platform.ctx.db.kysely
    .selectFrom('job_events')
    .innerJoin('steps', 'steps.id', 'job_events.step_id')
    .innerJoin('jobs', 'jobs.id', 'steps.job_id')
    .select('steps.name')
    .where('jobs.resource_id', 'like', '%/jobs/phases')
    .where('job_events.to_state', '=', 'Completed')
    .orderBy('job_events.sequence')
    .execute()
  expect(events[0]?.name).toBe('begin')
  expect(events.at(-1)?.name).toBe('last')
  await submit('phases-fail', { settings, jobs: jobs('exit 3') })
  const failed = await ended('phases-fail')
  expect(failed.outcomes, failed.why).toMatchObject({ begin: 'Completed', work: 'Failed', last: 'Completed' })
  expect(failed.status).toBe('Failed')
  await expect(submit('phases-typo', { settings: { on_init: 'begn' }, jobs: jobs('true') })).rejects.toThrow(
    /Did you mean 'begin'/,
  )
})
