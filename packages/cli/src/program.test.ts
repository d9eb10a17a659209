import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '@fulcrum/contract'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { OutcomeError, UsageError } from './cli-errors.ts'
import { parseShare } from './commands/endpoint.ts'
import { readConnection, readProfile, writeProfile } from './connection.ts'
import { readEnvironment } from './environment.ts'
import { renderTable, renderTsv } from './output/table.ts'
import { applyQuery, formatOf, render } from './print.ts'
import { createProgram } from './program.ts'
import { exitCodeOf, exitCodes } from './report-error.ts'
import { YamlError } from './yaml/yaml-error.ts'

describe('arguments', () => {
  const commandNamed = (...path: string[]): Command => {
    let command: Command | undefined = createProgram()
    for (const name of path) command = command?.commands.find((candidate) => candidate.name() === name)
    if (command === undefined) throw new Error(`There is no command ${path.join(' ')}.`)
    return command
  }
  /** The options an action would be given, without running it. */
  const optionsOf = async (path: string[], args: string[]): Promise<Record<string, unknown>> => {
    const program = createProgram().exitOverride()
    let command: Command | undefined = program
    for (const name of path) command = command?.commands.find((candidate) => candidate.name() === name)
    let seen: Record<string, unknown> = {}
    command?.action((...given: unknown[]) => {
      seen = (given.at(-1) as Command).optsWithGlobals()
    })
    await program.parseAsync(['node', 'fulcrum', ...path, ...args])
    return seen
  }

  test('every noun of the first release has its verbs', () => {
    const nouns = [
      'workspace',
      'data',
      'environment',
      'model',
      'endpoint',
      'deployment',
      'schedule',
      'compute',
      'datastore',
      'registry',
      'gate',
      'user',
      'group',
    ]
    for (const noun of nouns)
      for (const verb of ['list', 'show', 'create', 'delete']) expect(commandNamed(noun, verb).name()).toBe(verb)
    for (const verb of ['list', 'show', 'create', 'stream', 'logs', 'cancel']) expect(commandNamed('job', verb).name()).toBe(verb)
    for (const verb of ['approve', 'reject', 'inbox']) expect(commandNamed('release', verb).name()).toBe(verb)
    for (const verb of ['trigger', 'fires', 'upcoming']) expect(commandNamed('schedule', verb).name()).toBe(verb)
  })

  test('global options may stand before and after the verb', async () => {
    const after = await optionsOf(['model', 'list'], ['-o', 'json', '-g', 'rg', '-w', 'ws', '--query', '[0]'])
    expect(after).toMatchObject({ output: 'json', resourceGroup: 'rg', workspaceName: 'ws', query: '[0]' })
  })

  test('--set takes several values', async () => {
    const options = await optionsOf(['job', 'create'], ['-f', 'job.yml', '--set', 'a.b=1', 'c=2', '--stream'])
    expect(options).toMatchObject({ file: 'job.yml', set: ['a.b=1', 'c=2'], stream: true })
  })

  test('--no-tour switches the tour off', async () => {
    expect(await optionsOf(['up'], [])).toMatchObject({ tour: true })
    expect(await optionsOf(['up'], ['--no-tour'])).toMatchObject({ tour: false })
  })

  test('shares of traffic', () => {
    expect(parseShare('blue=90')).toEqual(['blue', 90])
    expect(() => parseShare('blue:90')).toThrow(UsageError)
    expect(() => parseShare('blue=101')).toThrow(UsageError)
  })
})

describe('output', () => {
  const resources = [
    {
      id: '/subscriptions/s/a',
      name: 'a',
      type: 'X/y',
      properties: { status: 'Completed', nested: {} },
      systemData: { createdAt: '2026-01-01', createdBy: 'ana' },
    },
    {
      id: '/subscriptions/s/bb',
      name: 'bb',
      type: 'X/y',
      properties: { status: 'Failed' },
      systemData: { createdAt: '2026-01-02', createdBy: 'ben' },
    },
  ]

  test('a table shows what tells resources apart', () => {
    expect(renderTable(resources)).toBe(
      [
        'Name  Status     CreatedAt   CreatedBy',
        '----  ---------  ----------  ---------',
        'a     Completed  2026-01-01  ana',
        'bb    Failed     2026-01-02  ben',
      ].join('\n'),
    )
    expect(renderTable([])).toBe('Nothing found.')
  })

  test('tsv is what shell scripts read', () => {
    expect(renderTsv('released')).toBe('released')
    expect(
      renderTsv([
        ['a', 1],
        ['b', null],
      ]),
    ).toBe('a\t1\nb\t')
    expect(renderTsv(['a', 'b'])).toBe('a\nb')
  })

  test('json and yaml keep everything', async () => {
    expect(JSON.parse(await render(resources, 'json'))).toEqual(resources)
    expect(await render({ a: [1, 'x'] }, 'yaml')).toBe('a:\n  - 1\n  - x')
  })

  test('--query is JMESPath', async () => {
    expect(await applyQuery(resources, "[?properties.status=='Failed'].name | [0]")).toBe('bb')
    await expect(applyQuery(resources, '[?')).rejects.toThrow(UsageError)
  })

  test('the default is a table on a terminal and json elsewhere; an unknown format is refused', () => {
    expect(formatOf(undefined, true)).toBe('table')
    expect(formatOf(undefined, false)).toBe('json')
    expect(() => formatOf('xml', false)).toThrow('Unknown output format')
  })
})

test('exit codes tell the classes of errors apart', () => {
  expect(exitCodeOf(new UsageError('x'))).toBe(exitCodes.usage)
  expect(exitCodeOf(new YamlError('job.yml:1:1 x'))).toBe(exitCodes.usage)
  expect(exitCodeOf(new OutcomeError('x'))).toBe(exitCodes.failure)
  expect(exitCodeOf(new AppError('ResourceNotFound', 'x'))).toBe(exitCodes.notFound)
  expect(exitCodeOf(new AppError('GateRequired', 'x'))).toBe(exitCodes.forbidden)
  expect(exitCodeOf(new AppError('InvalidAuthenticationToken', 'x'))).toBe(exitCodes.unauthenticated)
  expect(exitCodeOf(new AppError('TooManyRequests', 'x'))).toBe(exitCodes.limit)
  expect(exitCodeOf(new AppError('ServiceUnavailable', 'x'))).toBe(exitCodes.server)
  expect(exitCodeOf(new TypeError('fetch failed'))).toBe(exitCodes.unreachable)
})

describe('the connection', () => {
  let directory = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fulcrum-cli-'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  test('without an instance says how to get one', async () => {
    await expect(readConnection(readEnvironment({ FULCRUM_HOME: directory }))).rejects.toThrow("'fulcrum up'")
  })

  test('a profile is private, and the environment wins over it', async () => {
    const environment = readEnvironment({ FULCRUM_HOME: directory })
    const path = await writeProfile(
      { apiUrl: 'http://127.0.0.1:1', token: 'a', subscriptionId: 's', workspace: 'w' },
      environment,
    )
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readProfile(environment)).toMatchObject({ workspace: 'w' })
    const overridden = await readConnection(
      readEnvironment({ FULCRUM_HOME: directory, FULCRUM_URL: 'http://127.0.0.1:2', FULCRUM_TOKEN: 'b' }),
    )
    expect(overridden).toMatchObject({ apiUrl: 'http://127.0.0.1:2', token: 'b', workspace: 'w' })
  })
})

const bundle = join(import.meta.dirname, '..', '..', '..', 'dist', 'cli', 'fulcrum.js')

describe.skipIf(!existsSync(bundle))('the bundled program', () => {
  test('prints its help without loading schemas, YAML or the SDK', () => {
    // Node alone takes some 40 ms of this; the bound is generous for a busy host, the middle of five runs steadies it.
    const times = Array.from({ length: 5 }, () => {
      const startedAt = performance.now()
      const result = spawnSync(process.execPath, [bundle, '--help'], { encoding: 'utf8' })
      expect(result.status).toBe(0)
      expect(result.stdout).toContain('Usage: fulcrum')
      return performance.now() - startedAt
    }).toSorted((left, right) => left - right)
    expect(times[2]).toBeLessThan(600)
  })

  test('an unknown command names the nearest and fails', () => {
    const result = spawnSync(process.execPath, [bundle, 'modle'], { encoding: 'utf8' })
    expect(result.status).not.toBe(0)
    expect(result.stderr).toContain('Did you mean model?')
  })
})
