import type { Lineage } from '@fulcrum/contract'
import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createWorkspaceFixture, type WorkspaceFixture } from '../../../test/workspace-fixture.ts'
import { systemActor } from '../../kernel/auth/index.ts'
import { insertResource } from '../../kernel/resources/store.ts'

let server: TestServer
let workspace: WorkspaceFixture
beforeAll(async () => {
  server = await startTestServer()
  workspace = await createWorkspaceFixture(server)
})
afterAll(() => server.close())

/** A job that has ended, as a row: what runs it is not what is tested here. */
async function job(name: string, properties: Record<string, unknown>): Promise<string> {
  const id = `${workspace.id}/jobs/${name}`
  await insertResource(server.ctx.db.kysely, {
    id,
    type: 'Microsoft.MachineLearningServices/workspaces/jobs',
    body: { properties },
    status: { status: 'Completed' },
    actor: systemActor,
    now: server.ctx.clock.now(),
  })
  return id
}

it('follows a version from the step that made it to the data of the pipeline, under the names that people gave', async () => {
  const data = `${workspace.id}/data/rows/versions/3`
  const pipeline = await job('pipeline-1', {
    jobType: 'Pipeline',
    displayName: 'Nightly training',
    inputs: {
      rows: { jobInputType: 'uri_folder', uri: data },
      elsewhere: { jobInputType: 'uri_file', uri: 'azureml://datastores/workspaceblobstore/paths/a.csv' },
      trees: { jobInputType: 'literal', value: '60' },
    },
  })
  const step = await job('4e5a480c-cc8f-5517-8281-38de90886f0b', {
    jobType: 'Command',
    displayName: 'train',
    parentJobName: 'pipeline-1',
    inputs: { rows: { jobInputType: 'literal', value: '${{parent.jobs.prepare.outputs.rows}}' } },
  })
  const version = `${workspace.id}/models/churn/versions/1`
  const made = await workspace.api.put(version, {
    properties: { modelUri: 'azureml://datastores/workspaceblobstore/paths/model/', jobName: step.split('/').at(-1) },
  })
  expect(made.status, made.text).toBeLessThan(300)
  const { nodes, edges } = (await workspace.api.get(`${version}/lineage`)).json<Lineage>()
  expect(edges).toEqual(
    expect.arrayContaining([
      { from: step, to: version, relation: 'produced' },
      { from: pipeline, to: step, relation: 'step' },
      { from: data, to: pipeline, relation: 'input' },
    ]),
  )
  expect(nodes.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'model churn:1',
    'job train',
    'pipeline Nightly training',
    'data rows:3',
    'data elsewhere',
  ])
})

it('shows what is known when the job is gone', async () => {
  const version = `${workspace.id}/models/orphan/versions/1`
  await workspace.api.put(version, { properties: { modelUri: 'azureml://datastores/workspaceblobstore/paths/model/' } })
  expect((await workspace.api.get(`${version}/lineage`)).json<Lineage>()).toEqual({
    nodes: [{ id: version, kind: 'model', name: 'orphan:1' }],
    edges: [],
  })
})
