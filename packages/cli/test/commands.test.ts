import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createProgram } from '../src/program.ts'

/** Commands as they are typed, against a server that listens. */

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
})
