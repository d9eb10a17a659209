import { spawn } from 'node:child_process'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

/** What a run of a program said, and how it ended. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The `az` of this checkout as users run it: bundled, started as a process, with settings of its own. */
export interface Shim extends AsyncDisposable {
  readonly directory: string
  /** Runs `az …`. */
  az(...parameters: string[]): Promise<Ended>
  /** Runs `az …` and gives what it printed, without the last line end; fails when it fails. */
  text(...parameters: string[]): Promise<string>
  /** Runs a bash script with this `az` on its PATH, in a folder. */
  bash(script: string, folder: string): Promise<Ended>
}

export interface ShimConnection {
  readonly url: string
  readonly token: string
  readonly subscriptionId: string
  readonly tenantId: string
}

export async function buildShim(connection: ShimConnection): Promise<Shim> {
  const directory = await mkdtemp(join(tmpdir(), 'fulcrum-az-'))
  await build({
    entryPoints: [resolve(import.meta.dirname, '../../src/az/main.ts')],
    outdir: join(directory, 'dist'),
    bundle: true,
    splitting: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outExtension: { '.js': '.mjs' },
    // Some of the npm packages inside are CommonJS.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
    logLevel: 'warning',
  })
  const program = join(directory, 'dist', 'main.mjs')
  await mkdir(join(directory, 'bin'))
  await writeFile(join(directory, 'bin', 'az'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, { mode: 0o755 })
  await writeFile(join(directory, 'connection.json'), JSON.stringify({ ...connection, apiUrl: connection.url }))
  const env = {
    PATH: `${join(directory, 'bin')}:${process.env['PATH'] ?? ''}`,
    HOME: directory,
    FULCRUM_HOME: directory,
  }
  const az = (...parameters: string[]): Promise<Ended> => run(process.execPath, [program, ...parameters], { env, cwd: directory })
  return {
    directory,
    az,
    async text(...parameters) {
      const ended = await az(...parameters)
      if (ended.code !== 0) throw new Error(`az ${parameters.join(' ')} exited with ${ended.code}: ${ended.stderr}`)
      return ended.stdout.replace(/\n$/, '')
    },
    bash: (script, folder) => run('bash', [script], { env, cwd: folder }),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}

function run(program: string, parameters: readonly string[], options: { env: NodeJS.ProcessEnv; cwd: string }): Promise<Ended> {
  return new Promise((settle, fail) => {
    const child = spawn(program, parameters, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
    child.once('error', fail)
    child.once('close', (code) => settle({ code: code ?? -1, ...said }))
  })
}
