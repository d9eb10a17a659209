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
  return until(`end of ${name}`, async () => {
    const status = await statusOf(name)
    return ['Completed', 'Failed', 'Canceled'].includes(String(status['status'])) ? status : undefined
  }, timeoutMs)
}

it('runs a command and publishes its output', async () => {
  await submit('hello', { command: 'echo hello ${{inputs.who}} | tee ${{outputs.greeting}}/text.txt', inputs: { who: { jobInputType: 'literal', value: 'world' } }, outputs: { greeting: { jobOutputType: 'uri_folder' } } })
  const status = await ended('hello')
  expect(status).toMatchObject({ status: 'Completed', outputs: { greeting: { uri: 'azureml://datastores/workspaceblobstore/paths/azureml/hello/greeting/' } } })
})

it('fails with the last lines of the log', async () => {
  await submit('broken', { command: 'echo before; echo the reason >&2; exit 3' })
  const status = await ended('broken')
  expect(status).toMatchObject({ status: 'Failed', error: { code: 'UserError', exitCode: 3 } })
  expect(JSON.stringify(status['error'])).toContain('the reason')
})

it('cancels the whole tree, a process in a session of its own included', async () => {
  await submit('endless', { command: 'setsid sleep 987654 & echo started; wait; sleep 987654' })
  await until('running', async () => (await statusOf('endless'))['status'] === 'Running')
  await cancelJob(platform.ctx, platform.actor, `${platform.workspaceId}/jobs/endless`)
  expect((await ended('endless'))['status']).toBe('Canceled')
})
