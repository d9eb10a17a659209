import { issueCredential, roleIds } from '@fulcrum/server'
import { startTestServer, until, type TestApi, type TestServer } from '@fulcrum/testkit'

/** A running instance with two people, gates, a job and a release, made through the API as a user would. */
export interface World extends AsyncDisposable {
  readonly server: TestServer
  readonly url: string
  readonly subscription: string
  /** ARM id of the dev workspace; its page in the studio is {@link workspacePath}. */
  readonly workspace: string
  readonly workspacePath: string
  /** Makes models. */
  readonly ana: Person
  /** Decides at gates. */
  readonly lena: Person
  /** ARM id of the release of the seeded model version. */
  readonly release: string
}

export interface Person {
  readonly id: string
  readonly name: string
  readonly api: TestApi
}

/** @throws Error naming the request that did not succeed */
export async function startWorld(): Promise<World> {
  const server = await startTestServer({ listen: true, studio: true })
  const subscription = `/subscriptions/${server.ctx.config.subscriptionId}`
  const put = async (path: string, body: unknown, api = server.admin) => {
    const answer = await api.put(`${path}?api-version=2025-12-01`, body)
    if (answer.status >= 300) throw new Error(`PUT ${path} answered ${answer.status}: ${answer.text}`)
    return answer.json<{ id: string; properties: Record<string, unknown> }>()
  }
  const groups = { dev: 'rg-dev', test: 'rg-test', prod: 'rg-prod', shrd: 'rg-shrd' }
  for (const [environment, name] of Object.entries(groups)) {
    await put(`${subscription}/resourceGroups/${name}`, { location: 'local', tags: { 'fulcrum.environment': environment } })
  }
  const provider = 'providers/Microsoft.MachineLearningServices'
  for (const environment of ['dev', 'test', 'prod']) {
    const path = `${subscription}/resourceGroups/rg-${environment}/${provider}/workspaces/churn-${environment}`
    await put(path, {
      location: 'local',
      identity: { type: 'SystemAssigned' },
      properties: { friendlyName: `Churn (${environment})` },
    })
  }
  const registry = `${subscription}/resourceGroups/rg-shrd/${provider}/registries/shared`
  await put(registry, { location: 'local', properties: { regionDetails: [{ location: 'local' }] } })
  const workspace = `${subscription}/resourceGroups/rg-dev/${provider}/workspaces/churn-dev`
  const ana = await person(server, 'ana', [
    [roleIds.dataScientist, subscription],
    [roleIds.reader, subscription],
  ])
  const lena = await person(server, 'lena', [
    [roleIds.releaseApprover, subscription],
    [roleIds.reader, subscription],
  ])
  await seedGates(subscription, put)
  const leads = await put(`${subscription}/providers/Fulcrum.Identity/groups/leads`, {
    properties: { displayName: 'Project leads' },
  })
  await put(`${subscription}/providers/Fulcrum.Identity/groups/leads/members/lena`, {})
  await openGate(subscription, String(leads.properties['principalId']), put)
  const release = await seedModel({ server, subscription, workspace, ana }, put)
  return {
    server,
    url: server.url,
    subscription,
    workspace,
    workspacePath: '/w/rg-dev/churn-dev',
    ana,
    lena,
    release,
    [Symbol.asyncDispose]: () => server.close(),
  }
}

type Put = (path: string, body: unknown, api?: TestApi) => Promise<{ id: string; properties: Record<string, unknown> }>

async function person(server: TestServer, name: string, roles: readonly (readonly [string, string])[]): Promise<Person> {
  const id = await server.createUser(name)
  for (const [role, scope] of roles) await server.grant(id, role, scope)
  return { id, name, api: server.api(await server.tokenOf(id)) }
}

const gatePath = (subscription: string, name: string) =>
  `${subscription}/resourceGroups/rg-shrd/providers/Fulcrum.Delivery/gates/${name}`

async function seedGates(subscription: string, put: Put): Promise<void> {
  await put(gatePath(subscription, 'release'), {
    properties: {
      displayName: 'Release',
      order: 2,
      environment: 'prod',
      approverGroupIds: ['nobody'],
      requiredEvidence: ['load-test'],
    },
  })
}

async function openGate(subscription: string, leadsId: string, put: Put): Promise<void> {
  await put(gatePath(subscription, 'integration'), {
    properties: {
      displayName: 'Integration',
      order: 1,
      environment: 'test',
      approverGroupIds: [leadsId],
      requiredEvidence: ['metrics'],
    },
  })
}

interface ModelSeed {
  readonly server: TestServer
  readonly subscription: string
  readonly workspace: string
  readonly ana: Person
}

/** Ana's job writes a model, she registers it, and the release that follows gets its evidence. */
async function seedModel({ subscription, workspace, ana, server }: ModelSeed, put: Put): Promise<string> {
  await put(
    `${workspace}/jobs/train-1`,
    {
      properties: {
        jobType: 'Command',
        displayName: 'Train churn',
        experimentName: 'churn',
        command: `echo training; cp "$0" /dev/null 2>/dev/null; cat > \${{outputs.model}}/MLmodel <<'YAML'
flavors: {python_function: {loader_module: mlflow.sklearn}}
signature: {inputs: '[{"name": "tenure", "type": "long"}, {"name": "plan", "type": "string"}]', outputs: '[{"type": "double"}]'}
YAML`,
        outputs: { model: { jobOutputType: 'uri_folder' } },
      },
    },
    ana.api,
  )
  await ended(ana.api, `${workspace}/jobs/train-1`)
  const model = await put(
    `${workspace}/models/churn/versions/1`,
    {
      properties: {
        modelType: 'mlflow_model',
        modelUri: 'azureml://jobs/train-1/outputs/model/paths/',
        jobName: 'train-1',
        description: 'Says who leaves',
      },
    },
    ana.api,
  )
  const release = `${subscription}/resourceGroups/rg-shrd/providers/Fulcrum.Delivery/releases/churn-1`
  await until('the proposed release', async () => (await server.admin.get(`${release}?api-version=2025-12-01`)).status === 200)
  await put(`${release}/evidence/metrics-1`, {
    properties: {
      gate: 'integration',
      kind: 'metrics',
      verdict: 'pass',
      summary: 'AUC 0.81 on May',
      digest: String(model.properties['digest']),
      checks: [
        { name: 'auc', passed: true, value: 0.81, threshold: 0.7 },
        { name: 'accuracy', passed: true, value: 0.77, threshold: 0.7 },
      ],
    },
  })
  return release
}

/** Waits until a job has ended. @throws Error when it failed */
export async function ended(api: TestApi, job: string): Promise<void> {
  const status = await until(
    `the end of ${job}`,
    async () => {
      const { properties } = (await api.get(`${job}?api-version=2025-12-01`)).json<{ properties: Record<string, unknown> }>()
      return ['Completed', 'Failed', 'Canceled'].includes(String(properties['status'])) && properties
    },
    60_000,
  )
  if (status['status'] !== 'Completed')
    throw new Error(`${job} ended ${String(status['status'])}: ${JSON.stringify(status['error'])}`)
}

/** A link that signs a person in once. */
export async function signInLink(world: World, who: { readonly id: string }): Promise<string> {
  const { ctx } = world.server
  const { token } = await issueCredential(ctx.db.kysely, ctx, {
    kind: 'set',
    principalId: who.id,
    name: 'sign-in link',
    lifetimeMs: 600_000,
    singleUse: true,
  })
  return `${world.url}/login#token=${token}`
}
