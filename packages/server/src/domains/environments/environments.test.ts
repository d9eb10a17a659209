import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isAppError } from '@fulcrum/contract'
import { startTestServer, until, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProcess } from '../../kernel/safe/index.ts'
import { definitionHash, readDefinition } from './definition.ts'
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
    expect(log.content).toContain('resolving 1 requirements')
    expect((await server.admin.get(`${path}Log?offset=${log.nextOffset}`)).json()).toMatchObject({ content: '' })
  }, 90_000)

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
})

describe('an environment definition', () => {
  const codeAndMessage = (properties: Record<string, unknown>) => {
    try {
      return readDefinition(properties, 'e')
    } catch (error) {
      return isAppError(error) ? `${error.code}: ${error.message}` : error
    }
  }

  it('reads python and pip from a conda file', () => {
    expect(
      readDefinition({ condaFile: 'dependencies:\n- python=3.11.4\n- pip>=23\n- pip:\n  - a==1\n  - b[x]>2\n' }, 'e'),
    ).toEqual({ pythonVersion: '3.11', pipRequirements: ['a==1', 'b[x]>2'] })
    expect(readDefinition({ condaFile: 'dependencies:\n- conda-forge::python\n', image: 'anything' }, 'e')).toEqual({
      pipRequirements: [],
    })
  })

  it('names the entry that is not supported, with its line', () => {
    expect(codeAndMessage({ condaFile: 'dependencies:\n- python\n- cudatoolkit=11\n' })).toMatch(
      /^InvalidYaml: condaFile of 'e':3:3 .*'cudatoolkit=11' is not supported.*pip/,
    )
    expect(codeAndMessage({ condaFile: 'dependencies:\n- pip:\n  - --index-url https://example.com\n' })).toMatch(
      /InvalidYaml.*:3:.*--index-url/,
    )
    expect(codeAndMessage({ condaFile: 'dependencies:\n- pip:\n  - ../../etc\n' })).toMatch(/local path/)
    expect(codeAndMessage({ condaFile: '[1]' })).toMatch(/^InvalidYaml/)
    expect(codeAndMessage({ build: { contextUri: 'x' } })).toMatch(/^NotSupported.*condaFile/)
  })

  it('understands curated images and says what to do about others', () => {
    expect(readDefinition({ image: 'mcr.microsoft.com/azureml/curated/sklearn-1.5:12' }, 'e').pipRequirements).toContain(
      'scikit-learn',
    )
    expect(readDefinition({ image: 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04' }, 'e')).toEqual({ pipRequirements: [] })
    expect(readDefinition({ image: 'python:3.11-slim' }, 'e')).toEqual({ pythonVersion: '3.11', pipRequirements: [] })
    expect(codeAndMessage({ image: 'example.com:5000/team/own:1' })).toMatch(/^NotSupported.*condaFile/)
  })

  it('is one build however its requirements are ordered', () => {
    expect(definitionHash({ pipRequirements: ['a', 'b'] }, [])).toBe(definitionHash({ pipRequirements: ['b', 'a', 'a'] }, []))
    expect(definitionHash({ pipRequirements: ['a'] }, [])).not.toBe(
      definitionHash({ pipRequirements: ['a'], pythonVersion: '3.11' }, []),
    )
  })
})
