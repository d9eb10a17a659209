import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, until, type TestServer } from '../../../../testkit/src/index.ts'

let server: TestServer
let workspace: string
beforeAll(async () => {
  const port = await freePort()
  server = await startTestServer({ listen: true, config: { http: { host: '127.0.0.1', port } } })
  const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg-identity`
  workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/identity`
  await server.admin.put(group, { location: 'local' })
  await server.admin.put(workspace, { location: 'local', properties: {} })
})
afterAll(() => server.close())

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}

async function run(name: string, script: string) {
  await server.admin.put(`${workspace}/jobs/${name}`, {
    properties: {
      jobType: 'Command',
      experimentName: 'identity',
      command: 'python3 -c "$SCRIPT"',
      environmentVariables: { SCRIPT: script },
    },
  })
  return until(`end of ${name}`, async () => {
    const { properties } = (await server.admin.get(`${workspace}/jobs/${name}`)).json<{ properties: Record<string, unknown> }>()
    return ['Completed', 'Failed', 'Canceled'].includes(String(properties['status'])) ? properties : undefined
  })
}

const prelude = `
import json, os, urllib.request, urllib.error
def call(method, url, body=None):
    request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode(),
        headers={'authorization': 'Bearer ' + os.environ['MLFLOW_TRACKING_TOKEN'], 'content-type': 'application/json'})
    return json.load(urllib.request.urlopen(request))
mlflow = os.environ['MLFLOW_TRACKING_URI'] + '/api/2.0/mlflow/'
`

it("logs to the job's own run with the job's own credential, which ends with the job", async () => {
  const script = `${prelude}
call('POST', mlflow + 'runs/log-metric', {'run_id': os.environ['MLFLOW_RUN_ID'], 'key': 'accuracy', 'value': 0.75, 'timestamp': 1, 'step': 0})
run = call('GET', mlflow + 'runs/get?run_id=' + os.environ['MLFLOW_RUN_ID'])['run']
assert run['info']['experiment_id'] == os.environ['MLFLOW_EXPERIMENT_ID'], run
# The process may be quicker than the engine's first look at it.
assert run['info']['status'] in ('SCHEDULED', 'RUNNING'), run
os.makedirs('outputs', exist_ok=True)
open('outputs/token.txt', 'w').write(os.environ['MLFLOW_TRACKING_TOKEN'])
`
  const job = await run('logger', script)
  expect(job, JSON.stringify(job['error'])).toMatchObject({ status: 'Completed' })
  const token = (
    await server.ctx.db.kysely.selectFrom('credentials').select(['id', 'revoked_at']).where('kind', '=', 'job').execute()
  )[0]
  expect(token?.revoked_at).toBeInstanceOf(Date)
  const reply = await server.admin.get(`/mlflow/v1.0${workspace}/api/2.0/mlflow/runs/get?run_id=logger`)
  expect(reply.json()).toMatchObject({
    run: {
      info: { status: 'FINISHED' },
      data: { metrics: expect.arrayContaining([expect.objectContaining({ key: 'accuracy', value: 0.75 })]) },
    },
  })
})

it('may not hand out roles, although its submitter may', async () => {
  const script = `${prelude}
url = os.environ['FULCRUM_URL'] + '${workspace}/providers/Microsoft.Authorization/roleAssignments/' + '11111111-1111-1111-1111-111111111111'
try:
    call('PUT', url, {'properties': {'roleDefinitionId': 'x', 'principalId': 'y'}})
    raise SystemExit('was allowed')
except urllib.error.HTTPError as error:
    assert error.code in (403, 404), (error.code, error.read())
`
  const job = await run('climber', script)
  expect(job, JSON.stringify(job['error'])).toMatchObject({ status: 'Completed' })
  // The same request with the submitter's own token gets past authorization: only its body is wrong.
  const own = await server.admin.put(
    `${workspace}/providers/Microsoft.Authorization/roleAssignments/11111111-1111-1111-1111-111111111111`,
    {
      properties: { roleDefinitionId: 'x', principalId: 'y' },
    },
  )
  expect(own.status).toBe(400)
})
