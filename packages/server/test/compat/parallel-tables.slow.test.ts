import { putBlob } from '../../src/domains/storage/index.ts'
import { startTestServer, until, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBlob } from '../../src/domains/storage/index.ts'

/** Parallel steps over tables, with the pandas of the step's own environment. */

const condaFile = 'name: tables\ndependencies:\n  - python\n  - pip\n  - pip:\n      - pandas==2.3.3\n'
const blobs = 'azureml://datastores/workspaceblobstore/paths'

const script = `
import pandas
def run(frame, context):
    assert isinstance(frame, pandas.DataFrame), type(frame)
    keys = '/'.join(str(value) for value in context.partition_key_value.values())
    return ['%s %s %d %s' % (keys, ','.join(frame.columns), len(frame), frame['Quantity'].sum())]
def shutdown():
    print('farewell')
`

const rowScript = `
def run(frame):
    return frame[['Brand', 'Quantity']]
`

const delimited = {
  read_delimited: { delimiter: ',', encoding: 'ascii', header: 'all_files_same_headers', include_path_column: true },
}
const partitioned = {
  type: 'mltable',
  paths: [{ pattern: './**/*.csv' }],
  transformations: [
    delimited,
    { extract_columns_from_partition_format: { partition_format: '{Store}/{Brand}/{file_name}.{extension}' } },
    { drop_columns: ['Path', 'file_name', 'extension'] },
  ],
}

describe('parallel steps over tables', () => {
  let server: TestServer
  let workspace: string
  beforeAll(async () => {
    server = await startTestServer()
    const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg`
    workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/dev`
    for (const id of [group, workspace]) await server.admin.put(id, { location: 'local' })
    await server.admin.put(`${workspace}/environments/tables/versions/1`, { properties: { condaFile } })
    const rows = Array.from({ length: 400 }, (_unused, index) => `${index % 2 === 0 ? 'dominicks' : 'tropicana'},${index}`)
    const files: Record<string, string> = {
      'code/entry.py': script,
      'code/rows.py': rowScript,
      'parts/MLTable': JSON.stringify(partitioned),
      'whole/MLTable': JSON.stringify({ paths: [{ file: './sales.csv' }], transformations: [{ read_delimited: {} }] }),
      'whole/sales.csv': `Brand,Quantity\n${rows.join('\n')}\n`,
    }
    for (const [store, brand, quantity] of [
      ['1000', 'dominicks', 5],
      ['1000', 'tropicana', 7],
      ['1001', 'dominicks', 11],
    ])
      files[`parts/${store}/${brand}/partitioned_data.csv`] = `WeekStarting,Quantity\n1990-06-14,${quantity}\n1990-06-21,1\n`
    for (const [name, text] of Object.entries(files))
      await putBlob(server.ctx, { workspaceId: workspace, name, source: Buffer.from(text) })
  }, 300_000)
  afterAll(() => server.close())

  async function run(name: string, table: string, members: Record<string, unknown>): Promise<string[]> {
    const { entry_script: entryScript = 'entry.py', ...settings } = members
    const answer = await server.admin.put(`${workspace}/jobs/${name}`, {
      properties: {
        jobType: 'Pipeline',
        outputs: { rows: { jobOutputType: 'uri_folder' } },
        jobs: {
          each: {
            type: 'parallel',
            inputs: { data: { job_input_type: 'mltable', uri: `${blobs}/${table}/`, mode: 'Direct' } },
            outputs: { rows: { type: 'literal', value: '${{parent.outputs.rows}}' } },
            input_data: '${{inputs.data}}',
            max_concurrency_per_instance: 2,
            retry_settings: { max_retries: 0, timeout: 60 },
            task: {
              type: 'run_function',
              code: `${blobs}/code/`,
              entry_script: entryScript,
              environment: 'azureml:tables:1',
              append_row_to: '${{outputs.rows}}',
            },
            ...settings,
          },
        },
      },
    })
    expect(answer.status, answer.text).toBe(201)
    const job = await until(
      `end of ${name}`,
      async () => {
        const found = (await server.admin.get(`${workspace}/jobs/${name}`)).json<{ properties: { status: string } }>()
        return ['Completed', 'Failed', 'Canceled'].includes(found.properties.status) ? found : undefined
      },
      300_000,
    )
    const progress = await server.admin.get(`${workspace}/jobs/${name}/miniBatches`)
    expect(job.properties.status, progress.text).toBe('Completed')
    const { stream } = await openBlob(server.ctx, { workspaceId: workspace, name: `azureml/${name}/rows/parallel_run_step.txt` })
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks).toString().trimEnd().split('\n')
  }

  it('gives each combination of keys that lie in paths', async () => {
    expect(await run('by-path', 'parts', { partition_keys: '["Store", "Brand"]' })).toEqual([
      '1000/dominicks WeekStarting,Quantity,Store,Brand 2 6',
      '1000/tropicana WeekStarting,Quantity,Store,Brand 2 8',
      '1001/dominicks WeekStarting,Quantity,Store,Brand 2 12',
    ])
  }, 600_000)

  it('gives each value of a key that lies in the rows', async () => {
    expect(await run('by-value', 'whole', { partition_keys: ['Brand'] })).toEqual([
      'dominicks Brand,Quantity 200 39800',
      'tropicana Brand,Quantity 200 40000',
    ])
  }, 600_000)

  it('cuts a file at line ends by size, and appends every row once in order', async () => {
    const rows = await run('by-size', 'whole', { mini_batch_size: '1kb', entry_script: 'rows.py' })
    expect(rows).toEqual(
      Array.from({ length: 400 }, (_unused, index) => `${index % 2 === 0 ? 'dominicks' : 'tropicana'} ${index}`),
    )
    const [progress] = (await server.admin.get(`${workspace}/jobs/by-size/miniBatches`)).json<{ value: { total: number }[] }>()
      .value
    expect(progress?.total).toBeGreaterThan(4)
  }, 600_000)
})
