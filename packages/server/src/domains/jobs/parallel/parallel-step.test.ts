import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../../../../testkit/src/until.ts'
import { materialiseUri, publishDirectory } from '../../storage/index.ts'
import { submitJob } from '../submit.ts'
import { startJobPlatform, type JobPlatform } from '../test-platform.ts'

let platform: JobPlatform
let scratch: string
beforeAll(async () => {
  platform = await startJobPlatform()
  scratch = await mkdtemp(join(tmpdir(), 'fulcrum-parallel-'))
})
afterAll(async () => {
  await platform[Symbol.asyncDispose]()
  await rm(scratch, { recursive: true, force: true })
})

/** Stores files in the workspace and gives their address. */
async function publish(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = join(scratch, name)
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), text)
  }
  const uri = `azureml://datastores/workspaceblobstore/paths/${name}/`
  await publishDirectory(platform.ctx, { workspaceId: platform.workspaceId, directory, uri })
  return uri
}

async function run(name: string, properties: Record<string, unknown>) {
  const { ctx, actor, workspaceId } = platform
  await submitJob(ctx, actor, { workspaceId, name, body: { properties: { jobType: 'Pipeline', ...properties } } })
  return until(
    `end of ${name}`,
    async () => {
      const job = await ctx.resources.find(`${workspaceId}/jobs/${name}`)
      return ['Completed', 'Failed', 'Canceled'].includes(String(job?.status['status'])) ? job : undefined
    },
    40_000,
  )
}

async function textOf(uri: string, file: string): Promise<string> {
  const target = await mkdtemp(join(scratch, 'out-'))
  const found = await materialiseUri(platform.ctx, {
    workspaceId: platform.workspaceId,
    uri,
    targetDirectory: target,
    writable: true,
  })
  return readFile(found.kind === 'file' ? found.path : join(found.path, file), 'utf8')
}

const script = `
import os, sys
from azureml_user.parallel_run import EntryScript
def init():
    EntryScript().logger.info('ready')
def run(mini_batch):
    return ['%s %s' % (os.path.basename(path), sys.argv[1:]) for path in mini_batch]
`

function scoring(code: string, data: string, members: Record<string, unknown> = {}) {
  return {
    outputs: { rows: { jobOutputType: 'uri_folder' } },
    jobs: {
      score: {
        type: 'parallel',
        inputs: {
          data: { job_input_type: 'uri_folder', uri: data, mode: 'Direct' },
          word: { job_input_type: 'literal', value: 'tree' },
        },
        outputs: { rows: { type: 'literal', value: '${{parent.outputs.rows}}' } },
        input_data: '${{inputs.data}}',
        mini_batch_size: '2',
        max_concurrency_per_instance: 2,
        retry_settings: { max_retries: 0, timeout: 30 },
        task: {
          type: 'run_function',
          code,
          entry_script: 'entry.py',
          program_arguments: '--word ${{inputs.word}} $[[--none ${{inputs.none}}]]',
          append_row_to: '${{outputs.rows}}',
        },
        ...members,
      },
    },
  }
}

const fiveFiles = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [`${name}.txt`, name]))

it('runs the mini-batches of a parallel step, and appends their rows in order', async () => {
  const code = await publish('code', { 'entry.py': script })
  const data = await publish('data', fiveFiles)
  const job = await run('parallel-1', scoring(code, data))
  expect(job.status).toMatchObject({ status: 'Completed' })
  const outputs = job.status['outputs'] as Record<string, { uri: string }>
  const rows = await textOf(outputs['rows']?.uri ?? '', 'parallel_run_step.txt')
  expect(rows).toBe(['a', 'b', 'c', 'd', 'e'].map((name) => `${name}.txt ['--word', 'tree']\n`).join(''))
})

it('ends a parallel step whose items failed beyond the threshold with the failing mini-batch and its traceback', async () => {
  const code = await publish('bad-code', {
    'entry.py': "def run(mini_batch):\n    raise KeyError('petal of ' + mini_batch[0][-5:])\n",
  })
  const data = await publish('data', fiveFiles)
  const job = await run('parallel-2', scoring(code, data, { error_threshold: 1 }))
  expect(job.status).toMatchObject({ status: 'Failed' })
  const child = await platform.ctx.db.kysely
    .selectFrom('steps')
    .innerJoin('jobs', 'jobs.id', 'steps.job_id')
    .select('steps.error')
    .where('jobs.resource_id', '=', `${platform.workspaceId}/jobs/parallel-2`.toLowerCase())
    .executeTakeFirstOrThrow()
  const lines = child.error?.lastLogLines?.join('\n') ?? ''
  expect(lines).toContain('items failed, 1 are allowed. Mini-batch')
  expect(lines).toContain("KeyError: 'petal of")
  expect(lines).toContain('entry.py", line 2, in run')
})

it('refuses a parallel step that cannot be right, with the nearest right name', async () => {
  const { ctx, actor, workspaceId } = platform
  const submit = (members: Record<string, unknown>) =>
    submitJob(ctx, actor, {
      workspaceId,
      name: 'refused',
      body: {
        properties: { jobType: 'Pipeline', ...scoring('azureml://datastores/workspaceblobstore/paths/code/', 'x', members) },
      },
    })
  await expect(submit({ input_data: '${{inputs.dat}}' })).rejects.toThrow('Did you mean ${{inputs.data}}?')
  await expect(submit({ input_data: undefined })).rejects.toThrow('needs input_data')
  await expect(submit({ retry_settings: { timeout: 1e6 } })).rejects.toThrow('at most 259200')
  await expect(submit({ partition_keys: 'Store' })).rejects.toThrow('must be a list of column names')
})

it("takes the SDK's mini_batch_size of 0 for none", async () => {
  const { ctx, actor, workspaceId } = platform
  const properties = scoring('azureml://datastores/workspaceblobstore/paths/code/', 'x', { mini_batch_size: 0 })
  await submitJob(ctx, actor, { workspaceId, name: 'no-size', body: { properties: { jobType: 'Pipeline', ...properties } } })
  const steps = await ctx.db.kysely.selectFrom('steps').select('spec').where('name', '=', 'score').orderBy('id', 'desc').execute()
  expect(steps[0]?.spec.parallel).toMatchObject({ inputData: ['data'] })
  expect(steps[0]?.spec.parallel).not.toHaveProperty('miniBatchSize')
})
