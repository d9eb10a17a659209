import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startTestServer, until, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProcess } from '../../kernel/safe/index.ts'
import { collectEnvironments } from './collect-environments.ts'
import { ensureEnvironment } from './index.ts'

/** A wheel is a zip archive with these files; Python's own zipfile writes it, so that no tool and no network is needed. */
const wheelScript = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + '/greeter_for_tests-1.2-py3-none-any.whl', 'w') as wheel:
    for name, text in {
        'greeter_for_tests.py': 'VALUE = 42\\n',
        'greeter_for_tests-1.2.dist-info/METADATA': 'Metadata-Version: 2.1\\nName: greeter-for-tests\\nVersion: 1.2\\n',
        'greeter_for_tests-1.2.dist-info/WHEEL': 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n',
        'greeter_for_tests-1.2.dist-info/RECORD': '',
    }.items():
        wheel.writestr(name, text)
`
const conda = (...requirements: string[]) =>
  `name: e\ndependencies:\n  - python\n  - pip\n  - pip:\n${requirements.map((line) => `      - ${line}\n`).join('')}`
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin' }

describe('environments', () => {
  let server: TestServer
  let workspace = ''
  const wheels: string[] = []

  beforeAll(async () => {
    server = await startTestServer({ config: { wheelDirectories: wheels } })
    const directory = join(server.ctx.config.dataDirectory, 'wheels')
    await mkdir(directory)
    wheels.push(directory)
    const made = await runProcess({
      executable: '/usr/bin/env',
      arguments: ['python3', '-c', wheelScript, directory],
      environment,
      workingDirectory: directory,
      timeoutMs: 30_000,
    })
    expect(made.stderr).toBe('')
    const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg`
    await server.admin.put(group, { location: 'local' })
    workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/alpha`
    expect((await server.admin.put(workspace, { location: 'local' })).status).toBe(200)
    for (const [name, condaFile] of [
      ['train', conda('greeter-for-tests==1.2')],
      ['same', conda('greeter-for-tests==1.2')],
      ['broken', conda('there-is-no-such-thing==9')],
    ]) {
      expect((await server.admin.put(`${workspace}/environments/${name}/versions/1`, { properties: { condaFile } })).status).toBe(
        201,
      )
    }
  })
  afterAll(() => server.close())

  it('builds once for many callers, also under another name, and the environment works', async () => {
    const progress: string[] = []
    const references = ['azureml:train:1', 'azureml:train@latest', `${workspace}/environments/same/versions/1`, 'azureml:same:1']
    const built = await Promise.all(
      references.map((reference) =>
        ensureEnvironment(server.ctx, { workspaceId: workspace, reference }, (line) => progress.push(line)),
      ),
    )
    expect(new Set(built.map((one) => one.directory)).size).toBe(1)
    const [first] = built
    expect(first?.packages).toContainEqual({ name: 'greeter-for-tests', version: '1.2' })
    expect(progress.join('\n')).toContain('installing')
    const said = await runProcess({
      executable: first?.python ?? '',
      arguments: ['-c', 'import greeter_for_tests; print(greeter_for_tests.VALUE)'],
      environment,
      workingDirectory: '/',
      timeoutMs: 30_000,
    })
    expect(said.stdout).toBe('42\n')
    const events = await server.ctx.db.kysely
      .selectFrom('events')
      .select(['subject', 'data'])
      .where('type', '=', 'environments.built')
      .execute()
    expect(events).toHaveLength(1)
    expect(events[0]?.data).toMatchObject({ seconds: expect.any(Number), tool: expect.any(String), cached: false })
    expect(await ensureEnvironment(server.ctx, { workspaceId: workspace, reference: 'azureml:train:1' })).toMatchObject({
      cached: true,
      lockHash: first?.lockHash,
    })
  }, 120_000)

  it('names the requirement that cannot be had, and says so over the API too', async () => {
    const path = `${workspace}/environments/broken/versions/1/build`
    expect((await server.admin.get(path)).json()).toMatchObject({ state: 'NotBuilt', packages: [] })
    const started = await server.admin.post(path, {})
    expect(started.status).toBe(202)
    const status = new URL(String(started.headers['azure-asyncoperation']))
    const ended = await until(
      'the build to end',
      async () => {
        const operation = (await server.admin.get(status.pathname)).json<{ status: string; error?: { message: string } }>()
        return operation.status === 'InProgress' ? undefined : operation
      },
      60_000,
    )
    expect(ended).toMatchObject({
      status: 'Failed',
      error: { code: 'EnvironmentBuildFailed', message: expect.stringContaining('there-is-no-such-thing') },
    })
    expect((await server.admin.get(path)).json()).toMatchObject({
      state: 'Failed',
      error: expect.stringContaining('there-is-no-such-thing'),
    })
    const log = (await server.admin.get(`${path}Log`)).json<{ content: string; nextOffset: number }>()
    expect(log.content).toContain('resolving 2 requirements')
    expect((await server.admin.get(`${path}Log?offset=${log.nextOffset}`)).json()).toMatchObject({ content: '' })
  }, 90_000)

  it('runs a job in an environment from a requirements file, records its packages, and collects what nobody uses', async () => {
    const path = `${workspace}/environments/from-file/versions/1`
    const refused = await server.admin.put(path, { properties: { pipRequirements: 'greeter-for-tests\n-e .' } })
    expect(refused.json()).toMatchObject({
      properties: { conditions: [{ status: 'False', message: expect.stringContaining('Line 2') }] },
    })
    await server.admin.put(`${workspace}/environments/from-file/versions/2`, {
      // As the conda file of 'train' comes down to: one environment, built by the first test.
      properties: { pipRequirements: 'greeter-for-tests==1.2\nsetuptools<81\n' },
    })
    const job = `${workspace}/jobs/in-file`
    const command = 'python -c "import greeter_for_tests as g; print(g.VALUE)"; sleep 600'
    const made = await server.admin.put(job, {
      properties: { jobType: 'Command', command, environmentId: 'azureml:from-file:2' },
    })
    expect([made.status, made.json()]).toMatchObject([201, {}])
    const running = await until(
      'the job to run',
      async () => {
        const { properties } = (await server.admin.get(job)).json<{ properties: { status: string } }>()
        return ['Running', 'Failed'].includes(properties.status) ? properties : undefined
      },
      300_000,
    )
    expect(running.status).toBe('Running')
    const [step] = (await server.admin.get(`${job}/execution`)).json<{ value: { environment: { lockHash: string } }[] }>().value
    expect(step?.environment).toMatchObject({ packages: expect.arrayContaining([{ name: 'greeter-for-tests', version: '1.2' }]) })
    const collect = async () =>
      (await collectEnvironments(server.ctx, { limitBytes: 0, dryRun: false, minimumIdleSeconds: -1 })).removed.map(
        (one) => one.lockHash,
      )
    expect(await collect()).not.toContain(step?.environment.lockHash)
    await server.admin.post(`${job}/cancel`, {})
    await until(
      'the end of the job',
      async () => {
        const { properties } = (await server.admin.get(job)).json<{ properties: { status: string } }>()
        return properties.status === 'Canceled' || undefined
      },
      300_000,
    )
    expect(await collect()).toContain(step?.environment.lockHash)
    // What it was run with stays known, and the next caller builds it again from its lock.
    expect((await server.admin.get(`${job}/execution`)).json()).toMatchObject({ value: [{ environment: step?.environment }] })
    const again = await ensureEnvironment(server.ctx, { workspaceId: workspace, reference: 'azureml:from-file:2' })
    expect(again).toMatchObject({ lockHash: step?.environment.lockHash, cached: false })
  }, 900_000)

  it('counts versions and keeps a version as it was made', async () => {
    expect((await server.admin.get(`${workspace}/environments/train`)).json()).toMatchObject({
      properties: { latestVersion: '1', nextVersion: '2' },
    })
    expect(
      (await server.admin.put(`${workspace}/environments/train/versions/1`, { properties: { condaFile: conda('numpy') } }))
        .status,
    ).toBe(409)
    expect((await server.admin.put(`${workspace}/environments/empty/versions/1`, { properties: {} })).status).toBe(400)
    await expect(ensureEnvironment(server.ctx, { workspaceId: workspace, reference: 'azureml:trian:1' })).rejects.toThrow(
      "Did you mean 'train'?",
    )
    await expect(
      ensureEnvironment(server.ctx, { workspaceId: `${workspace}x`, reference: `${workspace}/environments/train/versions/1` }),
    ).rejects.toThrow('was not found')
  })

  it('shows with a version how what is built differs, and refuses that in strict mode', async () => {
    const { admin } = server
    const properties = { image: 'python', condaFile: conda('greeter-for-tests==9.9').replace('- python', '- python=3.7') }
    const path = `${workspace}/environments/old/versions/1`
    const codes = (body: { properties: { drift: { code: string }[] } }) => body.properties.drift.map(({ code }) => code)
    const made = await admin.put(path, { properties })
    expect(codes(made.json())).toEqual(['ImageIgnored', 'PythonReplaced'])
    expect((await admin.get(path)).json()).toMatchObject({ properties: { conditions: [{ type: 'Buildable', reason: 'Drift' }] } })
    const mappings = `/subscriptions/${server.ctx.config.subscriptionId}/providers/Fulcrum.Environments`
    const mapping = { properties: { match: 'greeter-for-tests==9.*', requirements: ['greeter-for-tests==1.2'] } }
    const stranger = server.api(await server.tokenOf(await server.createUser('stranger')))
    expect((await stranger.put(`${mappings}/mappings/greeter`, mapping)).status).toBe(404)
    expect((await admin.put(`${mappings}/mappings/greeter`, mapping)).status).toBe(201)
    const tested = await admin.post(`${mappings}/testMapping`, { condaFile: properties.condaFile })
    expect(tested.json()).toMatchObject({
      requirements: ['greeter-for-tests==1.2', 'setuptools<81'],
      drift: [{ code: 'PythonReplaced', asked: '3.7' }, { code: 'PackageMapped' }],
    })
    const lines: string[] = []
    const built = await ensureEnvironment(server.ctx, { workspaceId: workspace, reference: 'azureml:old:1' }, (line) =>
      lines.push(line),
    )
    expect(built.packages).toContainEqual({ name: 'greeter-for-tests', version: '1.2' })
    expect(lines.join('\n')).toContain('environment differs: Python 3.7 is not installed here')
    // The mapping came after the version; what was built is what is shown.
    expect(codes((await admin.get(path)).json())).toEqual(['ImageIgnored', 'PythonReplaced', 'PackageMapped'])
    await admin.patch(workspace, { tags: { 'fulcrum.strictEnvironments': 'true' } })
    await expect(ensureEnvironment(server.ctx, { workspaceId: workspace, reference: 'azureml:old:1' })).rejects.toThrow(
      /differences are refused: The image 'python' is not used.*Python 3.7 is not installed here/,
    )
    expect((await admin.post(`${path}/build`, {})).json()).toMatchObject({
      error: { code: 'NotSupported', details: [{ code: 'ImageIgnored' }, { code: 'PythonReplaced' }, { code: 'PackageMapped' }] },
    })
    const job = { properties: { jobType: 'Command', command: 'true', environmentId: 'azureml:old:1' } }
    expect((await admin.put(`${workspace}/jobs/strict`, job)).json()).toMatchObject({ error: { code: 'NotSupported' } })
    await admin.patch(workspace, { tags: {} })
  }, 90_000)

  it('takes a curated environment for what the mapping says, and names the mapping that is missing', async () => {
    const id = `/subscriptions/${server.ctx.config.subscriptionId}/providers/Fulcrum.Environments/mappings/own-sklearn`
    const reference = 'azureml://registries/azureml/environments/sklearn-1.5/labels/latest'
    await server.admin.put(id, { properties: { match: reference, requirements: ['greeter-for-tests'] } })
    for (const spelling of [reference, 'azureml:AzureML-sklearn-1.5@latest']) {
      const built = await ensureEnvironment(server.ctx, { workspaceId: workspace, reference: spelling })
      expect(built.packages).toContainEqual({ name: 'greeter-for-tests', version: '1.2' })
    }
    await expect(
      ensureEnvironment(server.ctx, {
        workspaceId: workspace,
        reference: 'azureml://registries/azureml/environments/sklaern/labels/latest',
      }),
    ).rejects.toThrow(/nothing stands for it.*fulcrum env-map add curated:sklaern/)
    const submitted = await server.admin.put(`${workspace}/jobs/uses-curated`, {
      properties: { jobType: 'Command', command: 'true', environmentId: reference },
    })
    expect([submitted.status, submitted.json()]).toMatchObject([201, { properties: { environmentId: reference } }])
  }, 90_000)

  it('shows curated environments in a workspace, newest version and by number, and runs jobs with what was read', async () => {
    const container = `${workspace}/environments/AzureML-sklearn-1.5`
    const mappings = `/subscriptions/${server.ctx.config.subscriptionId}/providers/Fulcrum.Environments/mappings`
    await server.admin.put(`${mappings}/own-sklearn`, {
      properties: { match: 'curated:sklearn-1.5', requirements: ['greeter-for-tests'] },
    })
    expect((await server.admin.get(container)).json()).toMatchObject({ id: container, properties: { latestVersion: '1' } })
    const listed = (await server.admin.get(`${container}/versions?$top=1&$orderBy=createdtime desc`)).json<{
      value: { id: string }[]
    }>()
    expect(listed.value).toMatchObject([{ id: `${container}/versions/1`, name: '1', properties: { environmentType: 'Curated' } }])
    const read = await server.admin.get(`${container}/versions/12`)
    expect([read.status, read.json()]).toMatchObject([
      200,
      {
        id: `${container}/versions/12`,
        properties: { image: expect.stringContaining('sklearn-1.5'), drift: [{ code: 'EnvironmentMapped' }] },
      },
    ])
    const job = { properties: { jobType: 'Command', command: 'true', environmentId: listed.value[0]?.id } }
    expect((await server.admin.put(`${workspace}/jobs/read-curated`, job)).status).toBe(201)
    expect(
      (await ensureEnvironment(server.ctx, { workspaceId: workspace, reference: `${container}/versions/12` })).python,
    ).toContain('python')

    const unknown = `${workspace}/environments/AzureML-nothing-like-it`
    expect((await server.admin.get(`${unknown}/versions`)).json()).toMatchObject({ value: [] })
    const elsewhere = container.replace('alpha', 'absent')
    for (const missing of [unknown, `${unknown}/versions/1`, elsewhere, `${elsewhere}/versions`, `${elsewhere}/versions/1`]) {
      expect((await server.admin.get(missing)).status, missing).toBe(404)
    }
    const stranger = server.api(await server.tokenOf(await server.createUser('curious')))
    for (const path of ['', '/versions', '/versions/1']) expect((await stranger.get(`${container}${path}`)).status).toBe(404)
    await until('the end of the job', async () => {
      const { status } = (await server.admin.get(`${workspace}/jobs/read-curated`)).json<{ properties: { status: string } }>()
        .properties
      return ['Completed', 'Failed'].includes(status) ? status : undefined
    })
    // An asset of one's own comes first.
    await server.admin.put(`${container}/versions/3`, { properties: { condaFile: 'dependencies: [python]' } })
    expect((await server.admin.get(`${container}/versions`)).json()).toMatchObject({ value: [{ name: '3' }] })
    await server.admin.delete(container)
  }, 90_000)
})
