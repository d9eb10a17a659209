import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startBuiltPlatform, type BuiltPlatform } from '@fulcrum/testkit'
import { layers, pipeline } from './graphs.ts'
import { quantile, say } from './report.ts'

/** Real processes on the built platform (`npm run build` first), beside Prefect 3 and Dagster from PyPI on the same graph of trivial steps. */
const depth = Number(process.env['DEPTH'] ?? 20)
const width = Number(process.env['WIDTH'] ?? 10)
const workers = 2

export async function realProcesses(): Promise<void> {
  await using platform = await startBuiltPlatform()
  const workspace = await prepare(platform)
  await runPipeline(platform, `${workspace}/jobs/warm`, 2, 2)
  const seconds = await runPipeline(platform, `${workspace}/jobs/dag`, depth, width)
  sayOf('Fulcrum', seconds)
  await firstLines(platform, workspace)
}

/** Installs what is missing below the temporary directory: nothing of it belongs to the repository. */
export async function peers(): Promise<void> {
  for (const [name, requirements] of [
    // Prefect 3.8 does not start with newer versions of what it is built on.
    ['prefect', ['prefect>=3,<4', 'fastapi<0.120', 'starlette<0.49']],
    ['dagster', ['dagster']],
  ] as const) {
    const home = join(tmpdir(), 'fulcrum-bench-peers', name)
    const python = join(home, 'bin/python')
    if (!existsSync(python)) {
      run('python3', ['-m', 'venv', home])
      run(python, ['-m', 'pip', 'install', '--quiet', ...requirements])
    }
    const version = run(python, ['-c', `import ${name}; print(${name}.__version__)`]).trim()
    const script = join(import.meta.dirname, 'peers', `${name}_dag.py`)
    const lines = run(python, [script, String(depth), String(width), String(workers)])
      .trim()
      .split('\n')
    const last = lines.findLast((line) => line.startsWith('{')) ?? '{}'
    sayOf(`${name} ${version}`, (JSON.parse(last) as { seconds: number }).seconds)
  }
}

function sayOf(name: string, seconds: number): void {
  const steps = depth * width
  say(
    `${name}: ${steps} steps (${depth} layers of ${width}, ${workers} at once) in ${seconds.toFixed(1)} s, ${((seconds * 1000) / steps).toFixed(0)} ms each`,
  )
}

async function prepare({ call, subscriptionId }: BuiltPlatform): Promise<string> {
  const group = `/subscriptions/${subscriptionId}/resourceGroups/rg-bench`
  await call('PUT', group, { location: 'local' })
  const id = `${group}/providers/Microsoft.MachineLearningServices/workspaces/bench`
  await call('PUT', id, { location: 'local', properties: {} })
  return id
}

/** @returns seconds from the submission to the end */
async function runPipeline({ call }: BuiltPlatform, job: string, layersOf: number, widthOf: number): Promise<number> {
  const since = performance.now()
  await call('PUT', job, pipeline(layers(job.slice(-4), { depth: layersOf, width: widthOf, needs: Math.min(3, widthOf) })))
  for (;;) {
    const { properties } = (await call('GET', job)) as { properties: { status: string } }
    if (properties.status === 'Completed') return (performance.now() - since) / 1000
    if (properties.status === 'Failed' || properties.status === 'Canceled') throw new Error(`${job} ended ${properties.status}`)
    await delay(50)
  }
}

/** From the submission of a command job until its first line can be read. */
async function firstLines({ apiUrl, token, call }: BuiltPlatform, workspace: string): Promise<void> {
  const waits: number[] = []
  for (let round = 0; round < 10; round += 1) {
    const job = `${workspace}/jobs/first-${round}`
    const since = performance.now()
    await call('PUT', job, { properties: { jobType: 'Command', command: 'echo first; sleep 1' } })
    for (;;) {
      const answer = await fetch(`${apiUrl}${job}/logs/user_logs/std_log.txt`, { headers: { authorization: `Bearer ${token}` } })
      if (answer.ok && (await answer.text()).includes('first')) break
      await delay(10)
    }
    waits.push(performance.now() - since)
    await delay(1_500)
  }
  say(
    `first log line after ${quantile(waits, 0.5).toFixed(0)} ms p50, ${quantile(waits, 0.95).toFixed(0)} ms p95 (n = ${waits.length})`,
  )
}

function run(program: string, parameters: readonly string[]): string {
  const done = spawnSync(program, parameters, { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (done.status !== 0) throw new Error(`${program} ${parameters.join(' ')}: ${done.stderr}`)
  return done.stdout
}
