import { readFileSync } from 'node:fs'
import { AzureMachineLearningWorkspaces } from '@azure/arm-machinelearning'
import { until } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServingFixture, type ServingFixture } from '../../src/domains/endpoints/serving.fixture.ts'

/** `@azure/arm-machinelearning`, unmodified, over TLS, with tokens of the identity endpoint. */
describe("Azure's JavaScript client", () => {
  let serving: ServingFixture
  let client: AzureMachineLearningWorkspaces
  const scope = ['rg', 'dev'] as const
  beforeAll(async () => {
    serving = await startServingFixture({ tls: true, listen: true })
    const { server } = serving
    const admin = await server.ctx.db.kysely
      .selectFrom('principals')
      .select('id')
      .where('name', '=', 'admin')
      .executeTakeFirstOrThrow()
    const header = await server.tokenOf(admin.id)
    const getToken = async (scopes: string | string[]) => {
      const resource = String(Array.isArray(scopes) ? scopes[0] : scopes).replace(/\/\.default$/, '')
      const answer = await fetch(`${server.url}/msi/token?api-version=2019-08-01&resource=${encodeURIComponent(resource)}`, {
        headers: { 'x-identity-header': header },
      })
      const { access_token: token, expires_on: expiresOn } = (await answer.json()) as { access_token: string; expires_on: string }
      return { token, expiresOnTimestamp: Number(expiresOn) * 1000 }
    }
    client = new AzureMachineLearningWorkspaces({ getToken }, server.ctx.config.subscriptionId, {
      endpoint: server.httpsUrl,
      tlsOptions: { ca: readFileSync(server.authorityPath) },
    })
  })
  afterAll(() => serving?.[Symbol.asyncDispose]())

  const collect = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
    const found: Item[] = []
    for await (const item of items) found.push(item)
    return found
  }
  const namesOf = async (items: AsyncIterable<{ name?: string }>) => (await collect(items)).map(({ name }) => name).toSorted()

  it('reads, creates, changes, diagnoses and deletes workspaces', async () => {
    const workspace = await client.workspaces.get(...scope)
    expect(workspace.discoveryUrl).toBe(`${serving.server.httpsUrl}/discovery`)
    const made = await client.workspaces.beginCreateOrUpdateAndWait('rg', 'second', { location: 'local', friendlyName: 'Second' })
    expect(made).toMatchObject({ name: 'second', friendlyName: 'Second', provisioningState: 'Succeeded', tags: {} })
    const changed = await client.workspaces.beginUpdateAndWait('rg', 'second', { tags: { purpose: 'demo' } })
    expect(changed.tags).toEqual({ purpose: 'demo' })
    expect(await namesOf(client.workspaces.listBySubscription())).toEqual(['dev', 'second'])
    expect(await namesOf(client.workspaces.listByResourceGroup('rg'))).toEqual(['dev', 'second'])
    expect((await client.workspaces.listKeys(...scope)).userStorageKey).toMatch(/=$/)
    expect((await client.workspaces.listStorageAccountKeys(...scope)).userStorageKey).toMatch(/=$/)
    expect((await client.workspaces.listNotebookAccessToken(...scope)).tokenType).toBe('Bearer')
    expect((await client.workspaces.beginDiagnoseAndWait(...scope)).value?.storageAccountResults).toEqual([])
    await client.workspaces.beginResyncKeysAndWait(...scope)
    expect(await client.workspaces.listOutboundNetworkDependenciesEndpoints(...scope)).toMatchObject({ value: [] })
    expect(await collect(client.workspaceFeatures.list(...scope))).toEqual([])
    expect(await collect(client.privateEndpointConnections.list(...scope))).toEqual([])
    await client.workspaces.beginDeleteAndWait('rg', 'second')
    await expect(client.workspaces.get('rg', 'second')).rejects.toMatchObject({ statusCode: 404, code: 'ResourceNotFound' })
  })

  it('manages computes of every type that it knows', async () => {
    const cluster = await client.computeOperations.beginCreateOrUpdateAndWait(...scope, 'cpu', {
      location: 'local',
      properties: {
        computeType: 'AmlCompute',
        properties: { vmSize: 'local', scaleSettings: { minNodeCount: 0, maxNodeCount: 2 } },
      },
    })
    expect(cluster.properties).toMatchObject({ computeType: 'AmlCompute', provisioningState: 'Succeeded' })
    const updated = await client.computeOperations.beginUpdateAndWait(...scope, 'cpu', {
      properties: { scaleSettings: { maxNodeCount: 3 } },
    })
    expect(updated.properties).toMatchObject({ properties: { vmSize: 'local', scaleSettings: { maxNodeCount: 3 } } })
    const nodes = () => collect(client.computeOperations.listNodes(...scope, 'cpu'))
    expect(await nodes()).toEqual([])
    await client.computeOperations.beginUpdateAndWait(...scope, 'cpu', {
      properties: { scaleSettings: { minNodeCount: 1, maxNodeCount: 3 } },
    })
    await until('the smallest number of nodes', async () => (await nodes()).length === 1)
    expect(await nodes()).toMatchObject([{ nodeId: 'cpu-0', nodeState: 'idle' }])
    await client.computeOperations.beginCreateOrUpdateAndWait(...scope, 'notebook', {
      location: 'local',
      properties: { computeType: 'ComputeInstance', properties: { vmSize: 'local' } },
    })
    await client.computeOperations.beginStopAndWait(...scope, 'notebook')
    const stopped = await client.computeOperations.get(...scope, 'notebook')
    expect(stopped.properties).toMatchObject({ properties: { state: 'Stopped' } })
    await client.computeOperations.beginStartAndWait(...scope, 'notebook')
    await client.computeOperations.beginRestartAndWait(...scope, 'notebook')
    await client.computeOperations.beginCreateOrUpdateAndWait(...scope, 'machine', {
      location: 'local',
      properties: {
        computeType: 'VirtualMachine',
        resourceId: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/m',
        properties: { address: '10.0.0.5', sshPort: 22, administratorAccount: { username: 'ana', password: 'a-secret' } },
      },
    })
    const machine = await client.computeOperations.get(...scope, 'machine')
    expect(JSON.stringify(machine)).not.toContain('a-secret')
    expect(machine.properties).toMatchObject({ properties: { administratorAccount: { username: 'ana' } } })
    expect(await client.computeOperations.listKeys(...scope, 'machine')).toMatchObject({
      computeType: 'VirtualMachine',
      administratorAccount: { password: 'a-secret' },
    })
    for (const [computeType, name] of [
      ['Kubernetes', 'cluster'],
      ['SynapseSpark', 'spark'],
    ] as const) {
      await client.computeOperations.beginCreateOrUpdateAndWait(...scope, name, {
        location: 'local',
        properties: { computeType, resourceId: `/subscriptions/s/${name}`, properties: {} },
      })
      expect((await client.computeOperations.get(...scope, name)).properties).toMatchObject({ computeType })
      await client.computeOperations.beginDeleteAndWait(...scope, name, 'Detach')
    }
    expect((await client.virtualMachineSizes.list('local')).value?.[0]?.name).toBe('local')
    expect((await collect(client.usages.list('local'))).length).toBeGreaterThan(0)
    expect((await collect(client.quotas.list('local'))).length).toBeGreaterThan(0)
  })

  it('keeps connections, and their secrets out of sight', async () => {
    const made = await client.workspaceConnections.create(...scope, 'git', {
      properties: { authType: 'PAT', category: 'PythonFeed', target: 'https://feed.example', credentials: { pat: 'hidden-pat' } },
    })
    expect(made.properties).toMatchObject({ authType: 'PAT', target: 'https://feed.example' })
    expect(JSON.stringify([made, await client.workspaceConnections.get(...scope, 'git')])).not.toContain('hidden-pat')
    expect(await namesOf(client.workspaceConnections.list(...scope, { category: 'PythonFeed' }))).toEqual(['git'])
    expect(await namesOf(client.workspaceConnections.list(...scope, { target: 'https://other.example' }))).toEqual([])
    await client.workspaceConnections.delete(...scope, 'git')
  })

  it('registers environments and datastores', async () => {
    const environment = await client.environmentVersions.createOrUpdate(...scope, 'plain', '1', {
      properties: { condaFile: 'name: plain\ndependencies:\n- python\n' },
    })
    expect(environment.properties).toMatchObject({ isArchived: false, tags: {} })
    expect(await namesOf(client.environmentVersions.list(...scope, 'plain'))).toEqual(['1'])
    expect((await client.environmentContainers.get(...scope, 'plain')).properties.nextVersion).toBe('2')
    await client.datastores.createOrUpdate(...scope, 'lake', {
      properties: { datastoreType: 'AzureBlob', containerName: 'lake', credentials: { credentialsType: 'None' } },
    })
    expect(await namesOf(client.datastores.list(...scope, { isDefault: true }))).toEqual(['workspaceblobstore'])
    expect(await client.datastores.listSecrets(...scope, 'workspaceblobstore')).toMatchObject({ secretsType: 'Sas' })
    const store = await client.datastores.get(...scope, 'workspaceblobstore')
    expect(store.properties).toMatchObject({ accountName: expect.stringMatching(/^localhost:\d+\/store\//) })
    await client.datastores.delete(...scope, 'lake')
  })

  it('submits, reads, cancels and archives jobs', async () => {
    await client.jobs.createOrUpdate(...scope, 'patient', {
      properties: {
        jobType: 'Command',
        command: 'sleep 600',
        environmentId: 'azureml:plain:1',
        experimentName: 'js',
        tags: { from: 'js' },
      },
    })
    const read = await client.jobs.get(...scope, 'patient')
    expect(read.properties).toMatchObject({ jobType: 'Command', experimentName: 'js', tags: { from: 'js' } })
    await client.jobs.beginCancelAndWait(...scope, 'patient')
    expect(['CancelRequested', 'Canceled']).toContain((await client.jobs.get(...scope, 'patient')).properties.status)
    expect(await namesOf(client.jobs.list(...scope, { tag: 'from' }))).toEqual(['patient'])
    expect(await namesOf(client.jobs.list(...scope, { jobType: 'Pipeline' }))).toEqual([])
  })

  it('runs online endpoints and deployments, and reads keys and logs', async () => {
    const endpoint = await client.onlineEndpoints.beginCreateOrUpdateAndWait(...scope, 'scores', {
      location: 'local',
      identity: { type: 'SystemAssigned' },
      properties: { authMode: 'Key' },
    })
    expect(endpoint.properties.provisioningState).toBe('Succeeded')
    const deployment = await client.onlineDeployments.beginCreateOrUpdateAndWait(...scope, 'scores', 'blue', {
      location: 'local',
      sku: { name: 'Default', capacity: 1 },
      properties: {
        endpointComputeType: 'Managed',
        codeConfiguration: { codeId: `${serving.workspace}/codes/score/versions/1`, scoringScript: 'score.py' },
        environmentVariables: { DEPLOYMENT: 'blue' },
      },
    })
    expect(deployment.properties).toMatchObject({ endpointComputeType: 'Managed', provisioningState: 'Succeeded' })
    expect((await client.onlineDeployments.getLogs(...scope, 'scores', 'blue', { tail: 20 })).content).toContain('init of blue')
    expect((await collect(client.onlineDeployments.listSkus(...scope, 'scores', 'blue')))[0]?.capacity?.default).toBe(1)
    const { primaryKey } = await client.onlineEndpoints.listKeys(...scope, 'scores')
    await client.onlineEndpoints.beginCreateOrUpdateAndWait(...scope, 'scores', {
      location: 'local',
      properties: { ...endpoint.properties, authMode: 'Key', traffic: { blue: 100 } },
    })
    const scored = await serving.score(`${serving.workspace}/onlineEndpoints/scores`, primaryKey ?? '', { value: 7 })
    expect(JSON.parse(scored.text)).toMatchObject({ deployment: 'blue', echo: 7 })
    await client.onlineEndpoints.beginRegenerateKeysAndWait(...scope, 'scores', { keyType: 'Primary' })
    expect((await client.onlineEndpoints.listKeys(...scope, 'scores')).primaryKey).not.toBe(primaryKey)
    await client.onlineEndpoints.beginDeleteAndWait(...scope, 'scores')
    expect(await namesOf(client.onlineEndpoints.list(...scope))).toEqual([])
  })

  it('schedules jobs, and lists those that are on or off', async () => {
    const schedule = await client.schedules.beginCreateOrUpdateAndWait(...scope, 'nightly', {
      properties: {
        trigger: { triggerType: 'Cron', expression: '0 3 * * *', timeZone: 'UTC' },
        action: {
          actionType: 'CreateJob',
          jobDefinition: { jobType: 'Command', command: 'true', environmentId: 'azureml:plain:1' },
        },
      },
    })
    expect(schedule.properties).toMatchObject({ isEnabled: true, action: { actionType: 'CreateJob' } })
    await client.schedules.beginCreateOrUpdateAndWait(...scope, 'nightly', {
      properties: { ...schedule.properties, isEnabled: false },
    })
    expect(await namesOf(client.schedules.list(...scope, { listViewType: 'EnabledOnly' }))).toEqual([])
    expect(await namesOf(client.schedules.list(...scope, { listViewType: 'DisabledOnly' }))).toEqual(['nightly'])
    await client.schedules.beginDeleteAndWait(...scope, 'nightly')
    expect(await namesOf(client.schedules.list(...scope, { listViewType: 'All' }))).toEqual([])
  })
})
