import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildShim, type Shim } from './shim.ts'

let server: TestServer
let shim: Shim
let workspace = ''

beforeAll(async () => {
  server = await startTestServer({ listen: true, engine: false })
  const { ctx, admin } = server
  const group = `/subscriptions/${ctx.config.subscriptionId}/resourceGroups/rg`
  await admin.put(group, { location: 'local' })
  workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/dev`
  await admin.put(workspace, { location: 'local' })
  const principal = await ctx.db.kysely
    .selectFrom('principals')
    .select('id')
    .where('name', '=', 'admin')
    .executeTakeFirstOrThrow()
  shim = await buildShim({
    url: server.url,
    token: await server.tokenOf(principal.id),
    subscriptionId: ctx.config.subscriptionId,
    tenantId: ctx.config.tenantId,
  })
})
afterAll(async () => {
  await shim?.[Symbol.asyncDispose]()
  await server?.close()
})

describe('defaults', () => {
  test('group and workspace come from flags, then the environment, then az configure', async () => {
    await shim.text('configure', '--defaults', 'group=rg', 'workspace=dev', 'location=local')
    expect(await shim.text('configure', '-l', '--query', "[?name=='group'].value", '-o', 'tsv')).toBe('rg')
    expect(await shim.text('config', 'get', 'defaults.workspace', '--query', 'value', '-o', 'tsv')).toBe('dev')
    expect(await shim.text('config', 'get', '--query', "defaults[?name == 'group'].value", '-o', 'tsv')).toBe('rg')
    expect(await shim.text('ml', 'workspace', 'show', '--query', 'name', '-o', 'tsv')).toBe('dev')
    const missing = await shim.az('ml', 'job', 'show', '-n', 'x', '-w', 'elsewhere')
    expect(missing).toMatchObject({ code: 3, stdout: '' })
    expect(missing.stderr).toMatch(/^ERROR: \(ResourceNotFound\) /)
  })

  test('config set and unset change one setting', async () => {
    await shim.text('config', 'set', 'core.output=table', 'defaults.location=local')
    expect(await shim.text('group', 'list', '--query', '[].{Name:name}')).toBe('Name\n------\nrg')
    await shim.text('config', 'unset', 'core.output')
    expect(await shim.az('config', 'get', 'core.output')).toMatchObject({ code: 1 })
  })
})

describe('account', () => {
  test('show, list, set and a token for other programs', async () => {
    const shown: unknown = JSON.parse(await shim.text('account', 'show'))
    expect(shown).toMatchObject({ id: server.ctx.config.subscriptionId, isDefault: true, user: { name: 'admin', type: 'user' } })
    await shim.text('account', 'set', '--subscription', server.ctx.config.subscriptionId)
    expect(await shim.az('account', 'set', '-s', 'nobody')).toMatchObject({ code: 1 })
    const token = await shim.text(
      'account',
      'get-access-token',
      '--resource',
      'https://ml.azure.com',
      '--query',
      'accessToken',
      '-o',
      'tsv',
    )
    const [, payload = ''] = token.split('.')
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ aud: 'https://ml.azure.com' })
  })

  test('a service principal signs in with its secret, and az logout ends it', async () => {
    const subscription = `/subscriptions/${server.ctx.config.subscriptionId}`
    const principal = `${subscription}/providers/Fulcrum.Identity/servicePrincipals/ci`
    await server.admin.put(principal, { properties: { displayName: 'ci' } })
    const { token: secret } = (await server.admin.post(`${principal}/credentials`, { name: 'az', expiresInDays: 1 })).json<{
      token: string
    }>()
    const signIn = (password: string) =>
      shim.az('login', '--service-principal', '-u', 'ci', '-p', password, '--tenant', 't', '--query', '[].user.type', '-o', 'tsv')
    expect(await signIn(`${secret}x`)).toMatchObject({ code: 1, stdout: '' })
    expect(await signIn(secret)).toMatchObject({ code: 0, stdout: 'servicePrincipal\n' })
    await shim.text('logout')
    expect(await shim.az('account', 'show')).toMatchObject({
      code: 1,
      stderr: "ERROR: Please run 'az login' to setup account.\n",
    })
    expect(await shim.text('login', '--query', '[0].user.name', '-o', 'tsv')).toBe('admin')
  })
})

describe('answers about itself', () => {
  test('ml is built in: add changes nothing, others do not exist', async () => {
    expect(await shim.az('extension', 'add', '-n', 'ml', '-y')).toMatchObject({ code: 0, stdout: '' })
    expect(await shim.text('extension', 'list', '--query', '[].name', '-o', 'tsv')).toBe('ml')
    expect(await shim.az('extension', 'remove', '-n', 'azure-cli-ml')).toMatchObject({ code: 1 })
    expect((await shim.az('extension', 'add', '-n', 'ml', '--only-show-errors')).stderr).toBe('')
  })

  test('help names verbs and flags; a misspelling names the nearest', async () => {
    expect(await shim.text('ml', 'job', '--help')).toContain('connect-ssh')
    expect(await shim.text('ml', 'job', 'create', '-h')).toMatch(/--file -f \[Required\]/)
    const wrong = await shim.az('ml', 'job', 'lst')
    expect(wrong).toMatchObject({ code: 2, stdout: '' })
    expect(wrong.stderr).toMatch(/^ERROR: 'lst' is misspelled or not recognized by the system.\nDid you mean 'list' \?\n/)
    expect(await shim.az('ml', 'job')).toMatchObject({ code: 2 })
    expect(await shim.az('ml', 'job', 'show')).toMatchObject({
      code: 2,
      stderr: 'ERROR: the following arguments are required: --name/-n\n',
    })
  })

  test('what is not offered is said, with what to do instead', async () => {
    const local = await shim.az('ml', 'online-endpoint', 'create', '-n', 'here', '--local')
    expect(local.code).toBe(1)
    expect(local.stderr).toMatch(/^ERROR: \(NotSupported\) Local endpoints/)
    expect(await shim.az('ml', 'job', 'connect-ssh', '-n', 'x')).toMatchObject({ code: 1 })
  })
})

describe('assets', () => {
  test('data: create, versions, labels, archive, update, formats', async () => {
    await writeFile(join(shim.directory, 'table.csv'), 'a,b\n1,2\n')
    await writeFile(join(shim.directory, 'data.yml'), 'name: table\ntype: uri_file\npath: table.csv\ndescription: first\n')
    const created: unknown = JSON.parse(await shim.text('ml', 'data', 'create', '-f', 'data.yml'))
    expect(created).toMatchObject({
      name: 'table',
      version: '1',
      type: 'uri_file',
      resourceGroup: 'rg',
      creation_context: { created_by: 'admin' },
    })
    expect(
      await shim.text(
        'ml',
        'data',
        'create',
        '--f',
        'data.yml',
        '--set',
        'description=second',
        'tags.k=v',
        '--query',
        'version',
        '-o',
        'tsv',
      ),
    ).toBe('2')
    expect(await shim.text('ml', 'data', 'list', '-n', 'table', '--query', '[].version', '-o', 'tsv')).toBe('2\n1')
    expect(
      await shim.text('ml', 'data', 'show', '-n', 'table', '--label', 'latest', '--query', '[description, tags.k]', '-o', 'json'),
    ).toBe('[\n  "second",\n  "v"\n]')
    await shim.text('ml', 'data', 'update', '-n', 'table', '--version', '1', '--set', 'description=changed', 'tags.x=y')
    expect(
      await shim.text('ml', 'data', 'show', '-n', 'table', '-v', '1', '--query', '{d:description, t:tags.x}', '-o', 'tsv'),
    ).toBe('changed\ty')
    await shim.text('ml', 'data', 'archive', '-n', 'table', '--version', '2')
    expect(await shim.text('ml', 'data', 'list', '-n', 'table', '--query', 'length(@)')).toBe('1')
    expect(await shim.text('ml', 'data', 'list', '-n', 'table', '--include-archived', '--query', 'length(@)')).toBe('2')
    await shim.text('ml', 'data', 'restore', '-n', 'table', '--version', '2')
    expect(await shim.az('ml', 'data', 'show', '-n', 'table')).toMatchObject({
      code: 1,
      stderr: 'ERROR: Must provide either version or label.\n',
    })
  })

  test('a model: create by flags, download what went up', async () => {
    await writeFile(join(shim.directory, 'weights.bin'), 'weights')
    const version = await shim.text(
      'ml',
      'model',
      'create',
      '-n',
      'net',
      '--path',
      'weights.bin',
      '--type',
      'custom_model',
      '--query',
      'version',
      '-o',
      'tsv',
    )
    await shim.text('ml', 'model', 'download', '-n', 'net', '--version', version, '-p', join(shim.directory, 'got'))
    expect(await readFile(join(shim.directory, 'got', 'net', 'weights.bin'), 'utf8')).toBe('weights')
    await shim.text('ml', 'model', 'update', '-n', 'net', '-v', version, '--stage', 'Production')
    expect(await shim.text('ml', 'model', 'list', '-n', 'net', '--query', '[].stage', '-o', 'tsv')).toBe('Production')
  })

  test('a mistake in a file is one line with its place', async () => {
    await writeFile(join(shim.directory, 'wrong.yml'), 'name: x\ntype: uri_file\npth: table.csv\n')
    const wrong = await shim.az('ml', 'data', 'create', '-f', 'wrong.yml')
    expect(wrong.code).toBe(1)
    expect(wrong.stderr).toMatch(/^ERROR: .*wrong\.yml:3:1 .*'pth'.*path/)
  })
})

test('a thousand jobs are listed, all of them, in far less than the original needs to start', async () => {
  const { admin } = server
  const environment = `${workspace}/environments/plain/versions/1`
  await admin.put(environment, { properties: { condaFile: 'name: plain\ndependencies:\n- python\n' } })
  const submit = async (index: number): Promise<void> => {
    const properties = {
      jobType: 'Command',
      command: 'true',
      environmentId: environment,
      computeId: `${workspace}/computes/local`,
    }
    const answer = await admin.put(`${workspace}/jobs/job-${index}`, { properties })
    if (answer.status !== 201) throw new Error(answer.text)
  }
  for (let index = 0; index < 1000; index += 20) await Promise.all(Array.from({ length: 20 }, (_, step) => submit(index + step)))
  const startedAt = performance.now()
  const names = (await shim.text('ml', 'job', 'list', '--all-results', '--query', '[].name', '-o', 'tsv')).split('\n')
  const elapsedMs = performance.now() - startedAt
  expect(new Set(names).size).toBe(1000)
  expect(await shim.text('ml', 'job', 'list', '--query', 'length(@)')).toBe('50')
  expect(await shim.text('ml', 'job', 'list', '-r', '3', '--query', '[].type', '-o', 'tsv')).toBe('command\ncommand\ncommand')
  // A second is the target on a quiet host; this one may be busy.
  expect(elapsedMs).toBeLessThan(5_000)
})
