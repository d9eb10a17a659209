import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestServer, until, type TestServer } from '@fulcrum/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { createProgram } from '../src/program.ts'

/** Batch endpoints as they are typed, against a server that listens. */

let server: TestServer
let workspace = ''
let directory = ''
let printed = ''

beforeAll(async () => {
  server = await startTestServer({ listen: true })
  directory = await mkdtemp(join(tmpdir(), 'fulcrum-batch-cli-'))
  const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg`
  workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/alpha`
  for (const id of [group, workspace]) expect((await server.admin.put(id, { location: 'local' })).status).toBeLessThan(300)
  await server.admin.put(`${workspace}/environments/plain/versions/1`, {
    properties: { condaFile: 'name: plain\ndependencies:\n  - python\n' },
  })
  const files = {
    'endpoint.yml': 'name: lengths\ndescription: Lengths of files\n',
    'deployment.yml':
      'name: first\nendpoint_name: lengths\nmodel: {path: ./model.txt, type: custom_model}\nenvironment: azureml:plain:1\ncompute: azureml:local\ncode_configuration: {code: ./code, scoring_script: run.py}\nmini_batch_size: 1\n',
    'model.txt': 'nothing to learn',
    'code/run.py':
      'import os\ndef run(files):\n    return ["%s %d" % (os.path.basename(f), os.path.getsize(f)) for f in files]\n',
    'data/a.txt': 'aaa',
    'data/b.txt': 'bb',
  }
  for (const folder of ['code', 'data']) await mkdir(join(directory, folder))
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
  const admin = await server.ctx.db.kysely
    .selectFrom('principals')
    .select('id')
    .where('name', '=', 'admin')
    .executeTakeFirstOrThrow()
  vi.stubEnv('FULCRUM_URL', server.url)
  vi.stubEnv('FULCRUM_TOKEN', await server.tokenOf(admin.id))
  vi.stubEnv('FULCRUM_HOME', server.ctx.config.dataDirectory)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await server.close()
  await rm(directory, { recursive: true, force: true })
})
beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text)
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
})
afterEach(() => vi.restoreAllMocks())

async function run<Result>(...parameters: string[]): Promise<Result> {
  printed = ''
  const place = ['-g', 'rg', '-w', 'alpha', '-o', 'json']
  await createProgram()
    .exitOverride()
    .parseAsync(['node', 'fulcrum', ...parameters, ...place])
  return (printed === '' ? undefined : JSON.parse(printed)) as Result
}

interface Named {
  readonly name: string
  readonly properties: { readonly status?: string; readonly defaults?: { readonly deploymentName?: string | null } }
}

it('creates, invokes a folder of this machine, lists the job and deletes', async () => {
  await run('batch-endpoint', 'create', '-f', join(directory, 'endpoint.yml'))
  await run('batch-deployment', 'create', '-f', join(directory, 'deployment.yml'))
  const endpoint = await run<Named>('batch-endpoint', 'default', 'lengths', 'first')
  expect(endpoint.properties.defaults?.deploymentName).toBe('first')
  expect((await run<Named[]>('batch-deployment', 'list', '-e', 'lengths')).map(({ name }) => name)).toEqual(['first'])

  const job = await run<Named>('batch-endpoint', 'invoke', 'lengths', '--input', join(directory, 'data'))
  const rows = await until(
    'the job to end',
    async () => {
      const found = (await server.admin.get(`${workspace}/jobs/${job.name}`)).json<{
        properties: { status: string; outputs: Record<string, { uri: string }> }
      }>().properties
      return found.status === 'Completed' ? found.outputs['score']?.uri : found.status === 'Failed' ? 'failed' : undefined
    },
    120_000,
  )
  expect(rows).toMatch(/\/score\/$/)
  const jobs = await run<Named[]>('batch-deployment', 'jobs', 'first', '-e', 'lengths')
  expect(jobs.map((entry) => [entry.name, entry.properties.status])).toEqual([[job.name, 'Completed']])

  await expect(run('batch-endpoint', 'invoke', 'lengths', '--input', './not-here')).rejects.toThrow(
    "no file or folder './not-here'",
  )
  await run('batch-deployment', 'delete', 'first', '-e', 'lengths')
  await run('batch-endpoint', 'delete', 'lengths')
  expect(await run<Named[]>('batch-endpoint', 'list')).toEqual([])
})
