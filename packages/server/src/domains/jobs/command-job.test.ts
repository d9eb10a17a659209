import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../../../testkit/src/until.ts'
import { cancelJob } from './cancel.ts'
import { submitJob } from './submit.ts'
import { startJobPlatform, type JobPlatform } from './test-platform.ts'

let platform: JobPlatform
beforeAll(async () => {
  platform = await startJobPlatform()
})
afterAll(() => platform[Symbol.asyncDispose]())

function submit(name: string, properties: Record<string, unknown>) {
  const { ctx, actor, workspaceId } = platform
  return submitJob(ctx, actor, { workspaceId, name, body: { properties: { jobType: 'Command', ...properties } } })
}

function statusOf(name: string) {
  return platform.ctx.resources.find(`${platform.workspaceId}/jobs/${name}`).then((job) => job?.status ?? {})
}

function ended(name: string, timeoutMs = 30_000) {
  return until(
    `end of ${name}`,
    async () => {
      const status = await statusOf(name)
      return ['Completed', 'Failed', 'Canceled'].includes(String(status['status'])) ? status : undefined
    },
    timeoutMs,
  )
}

it('runs a command and publishes its output', async () => {
  await submit('hello', {
    command: 'echo hello ${{inputs.who}} | tee ${{outputs.greeting}}/text.txt',
    inputs: { who: { jobInputType: 'literal', value: 'world' } },
    outputs: { greeting: { jobOutputType: 'uri_folder' } },
  })
  const status = await ended('hello')
  expect(status).toMatchObject({
    status: 'Completed',
    outputs: { greeting: { uri: 'azureml://datastores/workspaceblobstore/paths/azureml/hello/greeting/' } },
  })
})

it('fails with the last lines of the log', async () => {
  await submit('broken', { command: 'echo before; echo the reason >&2; exit 3' })
  const status = await ended('broken')
  expect(status).toMatchObject({ status: 'Failed', error: { code: 'UserError', exitCode: 3 } })
  expect(JSON.stringify(status['error'])).toContain('the reason')
})

/** Processes of this host that sleep for `seconds`. */
async function processesWith(seconds: string): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter((line) => line === `sleep\0${seconds}\0`).length
}

it('cancels the whole tree, a process in a session of its own included', async () => {
  await submit('endless', { command: 'setsid sleep 987654 & sleep 987654' })
  await until('running', async () => (await statusOf('endless'))['status'] === 'Running')
  await until('both sleeping', async () => (await processesWith('987654')) >= 2)
  await cancelJob(platform.ctx, platform.actor, `${platform.workspaceId}/jobs/endless`)
  expect((await ended('endless'))['status']).toBe('Canceled')
  await until('no process left', async () => (await processesWith('987654')) === 0)
})

it('cancels a job at its time limit', async () => {
  await submit('slow', { command: 'sleep 987655', limits: { jobLimitsType: 'Command', timeout: 'PT0.5S' } })
  expect(await ended('slow')).toMatchObject({ status: 'Canceled', error: { code: 'TimedOut' } })
})

it('fails at once on what it cannot run, naming what works', async () => {
  await submit('spark', { jobType: 'Spark', entry: { sparkJobEntryType: 'SparkJobPythonEntry', file: 'main.py' } })
  expect(await ended('spark')).toMatchObject({
    status: 'Failed',
    error: { code: 'NotSupported', message: expect.stringContaining('Command, pipeline, sweep and AutoML') },
  })
})

it('finds a running job again after a restart and takes its result', async () => {
  await submit('survivor', {
    command: 'for i in 1 2 3 4 5 6 7 8; do echo line $i; sleep 0.2; done; echo survived > ${{outputs.out}}/f',
    outputs: { out: {} },
  })
  await until('running', async () => (await statusOf('survivor'))['status'] === 'Running')
  await platform.restartEngine()
  expect((await ended('survivor'))['status']).toBe('Completed')
  const attempts = await platform.ctx.db.kysely
    .selectFrom('steps')
    .select('attempt')
    .where('resource_id', 'like', '%/jobs/survivor')
    .execute()
  expect(attempts).toEqual([{ attempt: 1 }])
})

it('tries again when the wrapper vanishes', async () => {
  const { kysely } = platform.ctx.db
  await submit('orphaned', { command: 'sleep 1' })
  const process = await until('process', async () => {
    const row = await kysely
      .selectFrom('attempts')
      .innerJoin('steps', 'steps.id', 'attempts.step_id')
      .select(['attempts.process', 'steps.state'])
      .where('steps.resource_id', 'like', '%/jobs/orphaned')
      .executeTakeFirst()
    return row?.state === 'Active' && row.process !== null ? row.process : undefined
  })
  globalThis.process.kill(process.pid, 'SIGKILL')
  await until('second attempt', async () => {
    const row = await kysely
      .selectFrom('steps')
      .select(['infrastructure_failures', 'state'])
      .where('resource_id', 'like', '%/jobs/orphaned')
      .executeTakeFirst()
    return row?.infrastructure_failures === 1 && row.state === 'Ready'
  })
  await kysely
    .updateTable('steps')
    .set({ not_before: new Date(0) })
    .where('resource_id', 'like', '%/jobs/orphaned')
    .execute()
  expect((await ended('orphaned'))['status']).toBe('Completed')
})

it('starts a program that fails again as often as its limits say, and keeps the end of each attempt', async () => {
  // The token of an attempt ends with its number.
  const fromThird = '[ "${FULCRUM_ATTEMPT_TOKEN##*-}" -ge 3 ] || exit 7'
  await submit('third-time', {
    command: fromThird,
    limits: { jobLimitsType: 'Command', maxRetries: 2 },
  })
  await submit('twice', { command: fromThird, limits: { jobLimitsType: 'Command', maxRetries: 1 } })
  expect((await ended('third-time'))['status']).toBe('Completed')
  expect(await ended('twice')).toMatchObject({ status: 'Failed', error: { code: 'UserError', exitCode: 7 } })
  const attemptsOf = async (name: string) =>
    (
      await platform.ctx.db.kysely
        .selectFrom('attempts')
        .innerJoin('steps', 'steps.id', 'attempts.step_id')
        .select(['attempts.exit', 'steps.infrastructure_failures'])
        .where('steps.resource_id', 'like', `%/jobs/${name}`)
        .orderBy('attempts.attempt')
        .execute()
    ).map((row) => [row.exit?.exitCode, row.infrastructure_failures])
  expect(await attemptsOf('third-time')).toEqual([
    [7, 0],
    [7, 0],
    [0, 0],
  ])
  expect(await attemptsOf('twice')).toHaveLength(2)
  await expect(submit('too-often', { command: 'true', limits: { maxRetries: -1 } })).rejects.toThrow(/maxRetries is '-1'/)
})

it('refuses another spec under the same name and takes the same one again', async () => {
  await submit('once', { command: 'true' })
  await submit('once', { command: 'true', displayName: 'Once' })
  await expect(submit('once', { command: 'false' })).rejects.toMatchObject({ code: 'Conflict', target: 'properties.command' })
  expect((await ended('once'))['status']).toBe('Completed')
})
