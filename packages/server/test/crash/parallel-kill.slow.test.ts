import { startTestServer, until, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openBlob, putBlob } from '../../src/domains/storage/index.ts'

/** A parallel step whose wrapper is killed with everything below it: the next attempt goes on where the first was. */

const fileCount = 40
const script = `
import os, time
def run(mini_batch):
    name = os.path.basename(mini_batch[0])
    with open(os.path.join(os.environ['AZUREML_BI_OUTPUT_PATH'], 'calls.txt'), 'a') as stream:
        stream.write(name + '\\n')
    time.sleep(0.1)
    return [name]
`

let server: TestServer
let workspace: string
beforeAll(async () => {
  server = await startTestServer()
  const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg`
  workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/dev`
  for (const id of [group, workspace]) await server.admin.put(id, { location: 'local' })
  await putBlob(server.ctx, { workspaceId: workspace, name: 'code/entry.py', source: Buffer.from(script) })
  for (const name of names()) await putBlob(server.ctx, { workspaceId: workspace, name: `in/${name}`, source: Buffer.from(name) })
})
afterAll(() => server.close())

function names(): string[] {
  return Array.from({ length: fileCount }, (_unused, index) => `${String(index).padStart(2, '0')}.txt`)
}

async function linesOf(name: string): Promise<string[]> {
  const { stream } = await openBlob(server.ctx, { workspaceId: workspace, name: `azureml/cut-off/rows/${name}` })
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString().trimEnd().split('\n')
}

interface Progress {
  readonly completed?: number
}

it('does not run recorded mini-batches again', async () => {
  const blobs = 'azureml://datastores/workspaceblobstore/paths'
  const submitted = await server.admin.put(`${workspace}/jobs/cut-off`, {
    properties: {
      jobType: 'Pipeline',
      outputs: { rows: { jobOutputType: 'uri_folder' } },
      jobs: {
        score: {
          type: 'parallel',
          inputs: { data: { job_input_type: 'uri_folder', uri: `${blobs}/in/` } },
          outputs: { rows: { type: 'literal', value: '${{parent.outputs.rows}}' } },
          input_data: '${{inputs.data}}',
          mini_batch_size: 1,
          max_concurrency_per_instance: 2,
          task: { type: 'run_function', code: `${blobs}/code/`, entry_script: 'entry.py', append_row_to: '${{outputs.rows}}' },
        },
      },
    },
  })
  expect(submitted.status, submitted.text).toBe(201)
  const before = await until(
    'some mini-batches',
    async () => {
      const { value } = (await server.admin.get(`${workspace}/jobs/cut-off/miniBatches`)).json<{ value: Progress[] }>()
      const completed = value[0]?.completed ?? 0
      return completed >= 5 ? completed : undefined
    },
    60_000,
  )
  const { process: wrapper } = await server.ctx.db.kysely.selectFrom('attempts').select('process').executeTakeFirstOrThrow()
  expect(wrapper?.pid).toBeGreaterThan(1)
  process.kill(wrapper?.pid ?? 0, 'SIGKILL')

  const job = await until(
    'the end of the job',
    async () => {
      const found = (await server.admin.get(`${workspace}/jobs/cut-off`)).json<{ properties: { status: string } }>()
      return ['Completed', 'Failed', 'Canceled'].includes(found.properties.status) ? found : undefined
    },
    120_000,
  )
  expect(job.properties.status).toBe('Completed')
  const attempts = await server.ctx.db.kysely.selectFrom('attempts').select('attempt').execute()
  expect(attempts).toHaveLength(2)
  expect(await linesOf('parallel_run_step.txt')).toEqual(names())
  // Those that two workers were at when they were killed ran again, and no other.
  const calls = await linesOf('calls.txt')
  expect(calls.length).toBeLessThanOrEqual(fileCount + 2)
  expect(calls.length).toBeGreaterThanOrEqual(fileCount)
  expect(before).toBeLessThan(fileCount)
}, 240_000)
