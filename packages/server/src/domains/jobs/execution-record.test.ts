import { readFile } from 'node:fs/promises'
import { startTestServer, until, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hostPythons } from '../environments/index.ts'
import { materialiseUri, putBlob } from '../storage/index.ts'
import { selectFiles } from './evaluate-table.ts'

/** How inputs and outputs reach a program in each mode, and what is recorded about it. */

const table = 'type: mltable\npaths:\n  - pattern: ./parts/*.csv\n  - file: ./extra.csv\n'
const refuse = (problem: string): Error => new Error(problem)

describe('an MLTable that is evaluated', () => {
  const files = ['MLTable', 'parts/a.csv', 'parts/b.csv', 'parts/deep/c.csv', 'parts/readme.txt', 'extra.csv'].map((path) => ({
    path,
    digest: path,
    sizeBytes: 1,
  }))
  const select = (...paths: object[]) => selectFiles(files, { paths }, refuse).map((file) => file.path)

  it('selects files, folders and patterns, each file once', () => {
    expect(select({ pattern: './parts/*.csv' }, { file: 'extra.csv' })).toEqual(['parts/a.csv', 'parts/b.csv', 'extra.csv'])
    expect(select({ pattern: 'parts/**/*.csv' })).toEqual(['parts/a.csv', 'parts/b.csv', 'parts/deep/c.csv'])
    expect(select({ folder: './parts' }, { file: './parts/a.csv' })).toHaveLength(4)
    expect(select({ folder: './' })).toHaveLength(5)
  })

  it('says what it cannot select', () => {
    expect(() => select()).toThrow("has no 'paths'")
    expect(() => select({ file: 'gone.csv' })).toThrow("selects 'gone.csv', which is not there")
    expect(() => select({ file: '../other' })).toThrow('only paths below its own folder')
    expect(() => select({ folder: 'azureml://datastores/d/paths/x' })).toThrow('only paths below its own folder')
    expect(() => select({ glob: '*' })).toThrow('file, folder and pattern')
  })
})

describe('a job', () => {
  let server: TestServer
  let workspace = ''
  const base = 'azureml://datastores/workspaceblobstore/paths'

  beforeAll(async () => {
    server = await startTestServer()
    const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg`
    await server.admin.put(group, { location: 'local' })
    workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/alpha`
    await server.admin.put(workspace, { location: 'local' })
    const put = (name: string, text: string) =>
      putBlob(server.ctx, { workspaceId: workspace, datastore: 'workspaceblobstore', name, source: Buffer.from(text) })
    for (const [name, text] of Object.entries({
      MLTable: table,
      'parts/a.csv': '1',
      'parts/b.csv': '2',
      'parts/no.txt': 'x',
      'extra.csv': '3',
    }))
      await put(`table/${name}`, text)
  }, 120_000)
  afterAll(() => server.close())

  it('gets its inputs as their modes say, cannot write what is mounted, and the record tells what was done', async () => {
    const input = (mode: string, path: string, type = 'uri_folder') => ({ jobInputType: type, uri: `${base}/${path}`, mode })
    const inputs = {
      mounted: input('ReadOnlyMount', 'table/parts'),
      file: input('ReadOnlyMount', 'table/extra.csv', 'uri_file'),
      downloaded: input('Download', 'table/parts'),
      own: input('ReadWriteMount', 'table/parts'),
      address: input('Direct', 'table/extra.csv', 'uri_file'),
      evaluated: input('EvalMount', 'table', 'mltable'),
      evaluatedOwn: input('EvalDownload', 'table', 'mltable'),
    }
    const write = (name: string) =>
      `(echo spoilt > \${{inputs.${name}}}/a.csv) 2>/dev/null && echo "${name}: written" || echo "${name}: refused"`
    const command = [
      write('mounted'),
      'cat ${{inputs.file}}; echo',
      'cat ${{inputs.mounted}}/a.csv; echo',
      write('downloaded'),
      write('own'),
      'echo ${{inputs.address}}',
      'cd ${{inputs.evaluated}} && find . -type f | sort; cd - >/dev/null',
      'test -w ${{inputs.evaluatedOwn}}/extra.csv && echo own',
      'echo kept > ${{outputs.mountedOut}}/f; echo kept > ${{outputs.uploaded}}/f; echo ${{outputs.byItself}}',
    ].join('\n')
    const outputs = {
      mountedOut: { jobOutputType: 'uri_folder', mode: 'ReadWriteMount' },
      uploaded: { jobOutputType: 'uri_folder', mode: 'Upload' },
      byItself: { jobOutputType: 'uri_folder', mode: 'Direct', uri: `${base}/own/place/` },
    }
    const job = `${workspace}/jobs/modes`
    const made = await server.admin.put(job, { properties: { jobType: 'Command', command, inputs, outputs } })
    expect([made.status, made.json()]).toMatchObject([201, {}])
    const status = await until(
      'the end of the job',
      async () => {
        const { properties } = (await server.admin.get(job)).json<{ properties: { status: string } }>()
        return ['Completed', 'Failed', 'Canceled'].includes(properties.status) ? properties : undefined
      },
      120_000,
    )
    const log = (await server.admin.get(`${job}/logs/user_logs/std_log.txt`)).text
    expect(status, log).toMatchObject({ status: 'Completed', outputs: { byItself: { uri: `${base}/own/place/` } } })
    expect(log.split('\n')).toEqual([
      'mounted: refused',
      '3',
      '1',
      'downloaded: written',
      'own: written',
      `${base}/table/extra.csv`,
      './extra.csv',
      './parts/a.csv',
      './parts/b.csv',
      'own',
      `${base}/own/place/`,
      '',
    ])
    const [step] = (await server.admin.get(`${job}/execution`)).json<{ value: Record<string, Record<string, unknown>>[] }>().value
    const readOnly = expect.stringMatching(/^read-only (?:copy|links)$/)
    expect(step?.['inputs']).toMatchObject({
      mounted: { mode: 'ReadOnlyMount', done: readOnly, kind: 'folder', files: 3 },
      file: { done: readOnly, kind: 'file', files: 1, path: expect.stringMatching(/extra\.csv$/) },
      downloaded: { mode: 'Download', done: 'copy' },
      own: { mode: 'ReadWriteMount', done: 'copy' },
      address: { mode: 'Direct', done: 'address' },
      evaluated: { mode: 'EvalMount', evaluated: true, files: 3 },
      evaluatedOwn: { mode: 'EvalDownload', evaluated: true, done: 'copy' },
    })
    expect(step?.['outputs']).toMatchObject({ uploaded: { done: 'published at the end' }, byItself: { done: 'address' } })
    expect(step?.['environment']).toMatchObject({ reference: null, pythonVersion: expect.stringMatching(/^3\.\d+\.\d+/) })
    expect(step?.['isolation']).toMatchObject({ mode: expect.any(String) })
    const packages = step?.['environment']?.['packages'] as { name: string }[]
    expect(packages.length).toBeGreaterThan(0)
    // Nothing of it reached the stored data.
    expect((await readStored('table/parts/a.csv')).trim()).toBe('1')
  }, 240_000)

  it('with R is refused where there is no R', async () => {
    const made = await server.admin.put(`${workspace}/jobs/in-r`, {
      properties: { jobType: 'Command', command: 'echo start && Rscript train.R' },
    })
    if (((await hostPythons(server.ctx)).rscript ?? null) === null)
      expect(made.json()).toMatchObject({ error: { code: 'NotSupported', message: expect.stringContaining('r-base-core') } })
    else expect(made.status).toBe(201)
  })

  async function readStored(name: string): Promise<string> {
    const targetDirectory = `${server.ctx.config.dataDirectory}/look-${server.ctx.ids.base62(6)}`
    const { path } = await materialiseUri(server.ctx, {
      workspaceId: workspace,
      uri: `${base}/${name}`,
      targetDirectory,
      writable: false,
    })
    return readFile(path, 'utf8')
  }
})
