import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runProcess, signalGroup, spawnProcess } from './safe-spawn.ts'

const folder = mkdtempSync(join(tmpdir(), 'fulcrum-spawn-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const base = { executable: process.execPath, environment: {}, workingDirectory: folder, timeoutMs: 20_000 }
const node = (script: string, more: string[] = []) => runProcess({ ...base, arguments: ['-e', script], userArguments: more })

/** A killed child stays a zombie until the init process of the host collects it. */
function isAlive(processId: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${processId}/status`, 'utf8'))
  } catch {
    return false
  }
}

describe('runProcess', () => {
  it('case 72: passes hostile values as they are, and no shell sees them', async () => {
    const hostile = [
      '--eval=process.exit(9)',
      `; touch ${join(folder, 'canary')}`,
      `$(touch ${join(folder, 'canary')})`,
      '`id`',
      'a\nb',

      '-p',
      '*',
      '',
    ]
    const result = await node('console.log(JSON.stringify(process.argv.slice(1)))', hostile)
    expect(JSON.parse(result.stdout)).toEqual(hostile)
    expect(existsSync(join(folder, 'canary'))).toBe(false)
  })

  it('gives the program only the environment that was listed', async () => {
    const result = await runProcess({
      ...base,
      environment: { ONLY: 'this' },
      arguments: ['-e', 'console.log(JSON.stringify(process.env))'],
    })
    expect(JSON.parse(result.stdout)).toEqual({ ONLY: 'this' })
  })

  it('reports exit code, signal and both streams, cut to their end', async () => {
    expect(await node('console.log("out"); console.error("err"); process.exitCode = 3')).toEqual({
      exitCode: 3,
      signal: undefined,
      timedOut: false,
      stdout: 'out\n',
      stderr: 'err\n',
    })
    expect(await node('process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000)')).toMatchObject({
      exitCode: undefined,
      signal: 'SIGTERM',
    })
    const script = 'process.stdout.write("a".repeat(500000)); process.stdout.write("end")'
    const { stdout } = await runProcess({ ...base, arguments: ['-e', script], maximumOutputBytes: 1000 })
    expect([stdout.length, stdout.slice(-4)]).toEqual([1000, 'aend'])
  })

  const endlessWithChild = `
    const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
    console.log(child.pid); setInterval(() => {}, 1000)`

  it('kills the whole group at the time limit', async () => {
    const result = await runProcess({ ...base, arguments: ['-e', endlessWithChild], timeoutMs: 700 })
    expect([result.timedOut, result.signal]).toEqual([true, 'SIGKILL'])
    expect(isAlive(Number(result.stdout))).toBe(false)
  })

  it('kills the group when aborted, also while it starts, and starts nothing when aborted before', async () => {
    const controller = new AbortController()
    const marker = join(folder, 'started')
    const script = `require('node:fs').writeFileSync(${JSON.stringify(marker)}, ''); setInterval(() => {}, 1000)`
    const running = runProcess({ ...base, arguments: ['-e', script], signal: controller.signal, timeoutMs: 600_000 })
    const refused = expect(running).rejects.toThrow('stopped')
    await expect.poll(() => existsSync(marker), { timeout: 10_000 }).toBe(true)
    controller.abort(new Error('stopped'))
    await refused
    const starting = new AbortController()
    const early = runProcess({ ...base, arguments: ['-e', script], signal: starting.signal, timeoutMs: 600_000 })
    starting.abort(new Error('stopped'))
    await expect(early).rejects.toThrow('stopped')
    const before = runProcess({
      ...base,
      arguments: ['-e', script],
      signal: AbortSignal.abort(new Error('never')),
      timeoutMs: 600_000,
    })
    await expect(before).rejects.toThrow('never')
  })

  it.each([
    ['a program to be searched', { executable: 'node' }],
    ['a relative working directory', { workingDirectory: '.' }],
    ['a NUL in an argument', { userArguments: ['a\0b'] }],
    ['a NUL in a variable', { environment: { A: 'a\0b' } }],
    ['a variable name with =', { environment: { 'A=B': 'c' } }],
  ])('refuses %s', async (_, change) => {
    await expect(runProcess({ ...base, ...change })).rejects.toMatchObject({ code: 'InvalidRequestContent' })
  })

  it('fails when the program does not exist', async () => {
    await expect(runProcess({ ...base, executable: '/does/not/exist' })).rejects.toThrow('ENOENT')
  })
})

describe('spawnProcess', () => {
  it('starts detached programs in a group of their own that can be signalled', async () => {
    const child = await spawnProcess({ ...base, arguments: ['-e', 'setInterval(() => {}, 1000)'], detached: true })
    const exit = once(child, 'exit')
    expect(signalGroup(child.pid!, 0)).toBe(true)
    expect(signalGroup(child.pid!, 'SIGTERM')).toBe(true)
    expect(await exit).toEqual([null, 'SIGTERM'])
    expect(signalGroup(child.pid!, 0)).toBe(false)
    expect(() => signalGroup(1, 'SIGTERM')).toThrow(RangeError)
  })

  it('survives the abort of a running program', async () => {
    const controller = new AbortController()
    const child = await spawnProcess({ ...base, arguments: ['-e', 'setInterval(() => {}, 1000)'], signal: controller.signal })
    const exit = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)))
    controller.abort()
    expect(await exit).toBe('SIGTERM')
  })
})
