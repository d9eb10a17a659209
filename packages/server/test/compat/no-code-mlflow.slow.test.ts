import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServingFixture, type ServingFixture } from '../../src/domains/endpoints/serving.fixture.ts'
import { ensureEnvironment } from '../../src/domains/environments/index.ts'
import { listBlobs, openBlob, putBlob } from '../../src/domains/storage/index.ts'
import { listTree, runProcess } from '../../src/kernel/safe/index.ts'

const requirements = ['numpy==2.2.6', 'pandas==2.3.3', 'scikit-learn==1.7.2', 'mlflow-skinny==3.17.2']
const condaFile = `name: delays\ndependencies:\n  - python\n  - pip\n  - pip:\n${requirements.map((line) => `      - ${line}\n`).join('')}`

/** A model whose answer is known: minutes = 2 × wind + 1. */
const training = `
import sys, numpy, pandas, mlflow.sklearn
from sklearn.linear_model import LinearRegression
from mlflow.models import infer_signature
frame = pandas.DataFrame({'wind': numpy.arange(20.0), 'hour': numpy.arange(20) % 5 * 1.0})
model = LinearRegression().fit(frame, 2 * frame['wind'] + 1)
mlflow.sklearn.save_model(model, sys.argv[1], signature=infer_signature(frame, model.predict(frame)), input_example=frame.head(2),
                          pip_requirements=sys.argv[2].split(','), serialization_format='cloudpickle')
`

describe('a no-code MLflow deployment', () => {
  let serving: ServingFixture
  let directory: string
  let endpoint: string
  let key: string
  beforeAll(async () => {
    serving = await startServingFixture()
    directory = await mkdtemp(join(tmpdir(), 'fulcrum-mlflow-'))
    const { ctx, admin } = serving.server
    await admin.put(`${serving.workspace}/environments/delays/versions/1`, { properties: { condaFile } })
    const { python } = await ensureEnvironment(ctx, { workspaceId: serving.workspace, reference: 'azureml:delays:1' })
    const model = join(directory, 'model')
    const run = await runProcess({
      executable: python,
      arguments: ['-c', training, model, requirements.join(',')],
      environment: { PATH: '/usr/bin:/bin', HOME: directory },
      workingDirectory: directory,
      timeoutMs: 120_000,
    })
    expect(run.exitCode, run.stderr).toBe(0)
    for await (const entry of listTree(model)) {
      if (entry.kind === 'file')
        await putBlob(ctx, {
          workspaceId: serving.workspace,
          name: `models/delays/${entry.path}`,
          source: await readFile(join(model, entry.path)),
        })
    }
    const registered = await admin.put(`${serving.workspace}/models/delays/versions/1`, {
      properties: { modelType: 'mlflow_model', modelUri: 'azureml://datastores/workspaceblobstore/paths/models/delays' },
    })
    expect(registered.status, registered.text).toBeLessThan(300)
    endpoint = await serving.createEndpoint('delays')
    key = await serving.primaryKey(endpoint)
  })
  afterAll(async () => {
    await serving[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  const noCode = { codeConfiguration: null, model: 'azureml:delays:1' }

  it('answers /score with the predictions of its model, in the given environment', async () => {
    const collections = { model_inputs: { dataCollectionMode: 'Enabled' }, model_outputs: { dataCollectionMode: 'Enabled' } }
    const state = await serving.deploy(endpoint, 'blue', {
      properties: { ...noCode, environmentId: 'azureml:delays:1', dataCollector: { collections } },
    })
    const deployment = await serving.server.admin.get(`${endpoint}/deployments/blue`)
    expect(state, deployment.text).toBe('Succeeded')
    await serving.setTraffic(endpoint, { blue: 100 })
    const body = {
      input_data: {
        columns: ['hour', 'wind'],
        data: [
          [1, 3],
          [2, 10],
        ],
      },
    }
    const answer = await serving.score(endpoint, key, body, { 'x-ms-client-request-id': 'flight-1' })
    expect(answer.status, answer.text).toBe(200)
    const predictions = JSON.parse(answer.text) as number[]
    expect(predictions[0]).toBeCloseTo(7, 6)
    expect(predictions[1]).toBeCloseTo(21, 6)
  })

  it('names the missing column of a bad request', async () => {
    const answer = await serving.score(endpoint, key, { input_data: { columns: ['wind'], data: [[1]] } })
    expect(answer.status).toBe(424)
    expect(answer.headers['ms-azureml-model-error-statuscode']).toBe('400')
    expect(answer.text).toContain('hour')
  })

  it('collects one line of inputs and one of outputs per request, under the correlation id of the client', async () => {
    const { ctx } = serving.server
    const blobs = await until('both files', async () => {
      const page = await listBlobs(ctx, { workspaceId: serving.workspace, prefix: 'modelDataCollector/delays/blue/' })
      return page.blobs.length >= 2 ? page.blobs : undefined
    })
    const lines: Record<string, unknown>[] = []
    for (const blob of blobs) {
      const { stream } = await openBlob(ctx, { workspaceId: serving.workspace, name: blob.name })
      for (const line of (await stream.toArray()).map(String).join('').trim().split('\n'))
        lines.push(JSON.parse(line) as Record<string, unknown>)
    }
    const of = (type: string) =>
      lines.filter((line) => line['type'] === `azureml.inference.${type}` && line['correlationid'] === 'flight-1')
    expect(of('inputs')).toEqual([
      expect.objectContaining({
        data: [
          { wind: 3, hour: 1 },
          { wind: 10, hour: 2 },
        ],
        modelversion: '1',
      }),
    ])
    expect(of('outputs')).toHaveLength(1)
    expect(of('outputs')[0]?.['data']).toHaveLength(2)
  })

  it('describes its columns', async () => {
    const document = await serving.server.admin.get(`${endpoint}/openapi`)
    expect(document.text).toContain('"wind"')
    expect(document.text).toContain('"x-columns"')
  })

  it('runs in an environment made from the conda file of the model when none is named', async () => {
    const state = await serving.deploy(endpoint, 'green', { properties: noCode })
    const deployment = await serving.server.admin.get(`${endpoint}/deployments/green`)
    expect(state, deployment.text).toBe('Succeeded')
    const answer = await serving.score(
      endpoint,
      key,
      { input_data: { columns: ['wind', 'hour'], data: [[4, 0]] } },
      { 'azureml-model-deployment': 'green' },
    )
    expect((JSON.parse(answer.text) as number[])[0]).toBeCloseTo(9, 6)
  })
})
