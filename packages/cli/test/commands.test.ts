import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createProgram } from '../src/program.ts'

/** Commands as they are typed, against a server that listens. */

/** Three thousand million texts in ten lines. */
const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
  .concat(Array.from({ length: 9 }, (_, index) => `a${index + 1}: &a${index + 1} [${`*a${index}, `.repeat(9)}x]`))
  .join('\n')

describe('commands', () => {
  let server: TestServer
  let workspace = ''
  let printed = ''

  beforeAll(async () => {
    server = await startTestServer({ listen: true })
    const subscription = `/subscriptions/${server.ctx.config.subscriptionId}`
    const group = `${subscription}/resourceGroups/rg`
    workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/alpha`
    const identity = `${subscription}/providers/Fulcrum.Identity`
    for (const [path, body] of [
      [group, { location: 'local' }],
      [workspace, { location: 'local' }],
      [`${identity}/users/ana`, { properties: {} }],
      [`${identity}/users/ben`, { properties: {} }],
      [`${identity}/groups/data-scientists`, { properties: {} }],
      [`${workspace}/environments/plain/versions/1`, { properties: { condaFile: 'name: plain\ndependencies:\n  - python\n' } }],
    ] as const)
      expect((await server.admin.put(path, body)).status).toBeLessThan(300)
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
  })
  beforeEach(() => {
    printed = ''
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text)
      return true
    })
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  })
  afterEach(() => vi.restoreAllMocks())

  /** Runs a command line. @returns what it printed, as JSON */
  async function run<Result>(...parameters: string[]): Promise<Result> {
    printed = ''
    await createProgram()
      .exitOverride()
      .parseAsync(['node', 'fulcrum', ...parameters, '-o', 'json'])
    return (printed === '' ? undefined : JSON.parse(printed)) as Result
  }
  const at = ['-g', 'rg', '-w', 'alpha']
  const reader = ['--assignee', 'ana', '--role', 'Reader', ...at]
  interface Assignment {
    readonly id: string
    readonly principalName: string
    readonly roleDefinitionName: string
    readonly scope: string
  }

  test('a role is given, listed, explained and taken away', async () => {
    const created = await run<Assignment>('role', 'assignment', 'create', ...reader, '--description', 'looks around')
    expect(created).toMatchObject({ principalName: 'ana', roleDefinitionName: 'Reader', scope: workspace })
    expect((await run<Assignment>('role', 'assignment', 'create', ...reader)).id).toBe(created.id)
    expect(await run<Assignment[]>('role', 'assignment', 'list', '--assignee', 'ana', ...at)).toMatchObject([{ id: created.id }])
    expect(await run<Assignment[]>('role', 'assignment', 'list', '--assignee', 'ana')).toEqual([])
    expect(await run<Assignment[]>('role', 'assignment', 'list', '--assignee', 'ana', '--all')).toHaveLength(1)
    const read = ['--assignee', 'ana', '--action', 'Microsoft.MachineLearningServices/workspaces/read', ...at]
    expect(await run('access', 'explain', ...read)).toMatchObject({ allow: true })
    const who = await run<{ principalName: string }[]>('access', 'who-can', ...read.slice(2))
    expect(who.map((row) => row.principalName)).toContain('ana')
    await run('role', 'assignment', 'delete', ...reader)
    await expect(run('access', 'explain', ...read)).rejects.toThrow("'ana' may not perform")
    await expect(run('role', 'assignment', 'delete', ...reader)).rejects.toThrow('holds no such role')
  })

  test('a role or a name that is not there is a mistake with a hint', async () => {
    await expect(run('role', 'assignment', 'create', '--assignee', 'ana', '--role', 'Raeder')).rejects.toThrow("'Reader'")
    await expect(run('role', 'assignment', 'create', '--assignee', 'nobody', '--role', 'Reader')).rejects.toThrow("'nobody'")
    await expect(run('role', 'assignment', 'list', '--scope', 'alpha')).rejects.toThrow('no ARM id')
  })

  test('members of a group are added, listed and removed', async () => {
    await run('group', 'member', 'add', 'data-scientists', 'ana', 'ben')
    const names = async () =>
      (await run<{ name: string }[]>('group', 'member', 'list', 'data-scientists')).map((member) => member.name)
    expect((await names()).toSorted()).toEqual(['ana', 'ben'])
    await run('group', 'member', 'remove', 'data-scientists', 'ben')
    expect(await names()).toEqual(['ana'])
  })

  test('an environment is built, and its log can be watched', async () => {
    await createProgram().parseAsync(['node', 'fulcrum', 'environment', 'build', 'plain', '--stream', ...at])
    expect(printed).not.toBe('')
    const again = await run<{ state: string; lockHash: string }>('environment', 'build', 'plain', '-v', '1', ...at)
    expect(again).toMatchObject({ state: 'Succeeded', lockHash: expect.stringMatching(/\w{12}/) })
    await expect(run('environment', 'build', 'missing', ...at)).rejects.toThrow()
  })

  test('what stands for an environment is tried, added, replaced, listed and removed', async () => {
    interface Plan {
      readonly requirements: readonly string[]
      readonly drift: readonly { readonly code: string }[]
    }
    const folder = join(server.ctx.config.dataDirectory, 'env-map-test')
    await mkdir(folder, { recursive: true })
    const conda = join(folder, 'conda.yml')
    await writeFile(conda, 'name: e\ndependencies:\n  - python=3.11\n  - pip:\n      - an-old-package==1.0.0\n')
    const before = await run<Plan>('env-map', 'test', '--conda-file', conda)
    expect(before).toMatchObject({ requirements: ['an-old-package==1.0.0', 'setuptools<81'], drift: [] })

    const match = 'package:an-old-package==1.0.*'
    const added = await run<{ name: string }>('env-map', 'add', match, '--requirement', 'a-new-package>=2', 'another')
    expect(added).toMatchObject({ properties: { match, requirements: ['a-new-package>=2', 'another'] } })
    const after = await run<Plan>('env-map', 'test', '--conda-file', conda)
    expect(after.requirements).toEqual(['a-new-package>=2', 'another', 'setuptools<81'])
    expect(after.drift).toHaveLength(1)
    await run('env-map', 'add', match, '--name', added.name, '--requirement', 'a-new-package>=3')
    expect(await run('env-map', 'list')).toEqual([{ name: added.name, match, python: '', requirements: 'a-new-package>=3' }])

    await run('env-map', 'remove', added.name)
    expect(await run('env-map', 'list')).toEqual([])
    expect(await run<Plan>('env-map', 'test', '--conda-file', conda)).toEqual(before)
    await expect(run('env-map', 'add', match, '--python', 'snake')).rejects.toThrow('A Python version has the form 3.11.')
    await expect(run('env-map', 'test', '--conda-file', join(folder, 'missing.yml'))).rejects.toThrow('missing.yml')
  })

  test('public data is mirrored from a folder and from a file, listed and forgotten', async () => {
    const folder = join(server.ctx.config.dataDirectory, 'mirror-test')
    await mkdir(join(folder, 'deep'), { recursive: true })
    await writeFile(join(folder, 'iris.csv'), 'a,b\n1,2\n')
    await writeFile(join(folder, 'deep', 'x.txt'), 'x')
    const prefix = 'https://data.example/datasets'
    const added = await run<{ name: string; properties: { digest: string } }>('mirror', 'add', prefix, folder)
    expect(added.properties).toMatchObject({ prefix, fileCount: 2, sizeBytes: 9 })
    await run('mirror', 'add', 'wasbs://c@account.blob.core.windows.net/one.csv', join(folder, 'iris.csv'), '--name', 'one')
    const listed = await run<{ name: string }[]>('mirror', 'list')
    expect(listed.toSorted((left, right) => (left.name < right.name ? -1 : 1))).toMatchObject([
      { name: added.name, prefix, files: 2, bytes: 9, digest: added.properties.digest },
      { name: 'one', files: 1, bytes: 8 },
    ])
    // The same prefix again is the same mirror, with what the folder holds now.
    await writeFile(join(folder, 'iris.csv'), 'a,b\n')
    const again = await run<{ name: string; properties: { digest: string } }>('mirror', 'add', prefix, folder)
    expect(again).toMatchObject({ name: added.name, properties: { sizeBytes: 5 } })
    expect(again.properties.digest).not.toBe(added.properties.digest)
    for (const { name } of listed) await run('mirror', 'remove', name)
    expect(await run('mirror', 'list')).toEqual([])
    await expect(run('mirror', 'add', 'data.example', folder)).rejects.toThrow('prefix')
    await expect(run('mirror', 'add', prefix, join(folder, 'missing'))).rejects.toThrow('missing')
  })

  test.each([
    ['ten megabytes', `command: ${'x'.repeat(10 * 1024 * 1024)}`, /larger than 1048576 characters/],
    ['aliases of aliases', bomb, /job\.yml:1:1 /],
    ['a thousand levels', `command: ls\ninputs: ${'{a: '.repeat(1_000)}1${'}'.repeat(1_000)}`, /nested deeper than 64 levels/],
    ['a conda file of a thousand levels', 'command: ls\nenvironment: {image: i, conda_file: conda.yml}', /nested deeper than/],
    ['code outside of everything', 'command: ls\nenvironment: azureml:plain:1\ncode: ../../../nowhere', /nowhere/],
    ['a list for a text', 'command: [ls]\nenvironment: azureml:plain:1', /job\.yml:1:10 'command' must be text/],
    ['something binary', 'command: \u0000\u0001', /job\.yml:1:/],
  ])('a job file with %s is refused, and nothing is stored', async (_name, text, message) => {
    const folder = join(server.ctx.config.dataDirectory, 'malformed')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'job.yml'), text)
    await writeFile(join(folder, 'conda.yml'), `dependencies: ${'['.repeat(1_000)}${']'.repeat(1_000)}`)
    const rows = () => server.ctx.db.kysely.selectFrom('resources').select('id').execute()
    const before = await rows()
    await expect(run('job', 'create', '-f', join(folder, 'job.yml'), ...at)).rejects.toThrow(message)
    expect(await rows()).toEqual(before)
  })
})
