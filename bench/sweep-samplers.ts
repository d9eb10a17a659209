import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { samplePoint } from '../packages/server/src/domains/jobs/sweep/sample.ts'
import { valueAt } from '../packages/server/src/domains/jobs/sweep/search-space.ts'
import type { Distribution, SweepSettings, TrialView } from '../packages/server/src/domains/jobs/sweep/types.ts'

/**
 * Quality of the Bayesian sampler against Optuna's TPE (its newest release, default settings): the median over seeds of the best value
 * after 50 trials, as distance from the known minimum (for the tuning task: from the best that either found). Both sides ask the same
 * objective functions. `npm run bench:sweep [-- task …]`; Optuna is installed beside the repository's caches on first use.
 */
const trials = 50
const root = resolve(import.meta.dirname, '..')

interface Task {
  readonly name: string
  readonly parameters: readonly Distribution[]
  readonly minimum?: number
  readonly seeds: number
}

const uniform = (min: number, max: number): Distribution => ({ kind: 'uniform', min, max, log: false })
const tasks: readonly Task[] = [
  { name: 'Branin', parameters: [uniform(-5, 10), uniform(0, 15)], minimum: 0.397887, seeds: 20 },
  { name: 'Hartmann-6', parameters: Array.from({ length: 6 }, () => uniform(0, 1)), minimum: -3.32237, seeds: 20 },
  {
    name: 'digits',
    parameters: [uniform(-3, 4), uniform(-7, 1), { kind: 'choice', values: [8, 16, 24, 32, 48] }],
    seeds: 7,
  },
]

const peer = startPeer()
const { optuna } = await peer.ask<{ optuna: string }>({})
process.stdout.write(`best of ${trials} trials, median over seeds (quartiles); Optuna ${optuna}, TPE with default settings\n`)
const wanted = process.argv.slice(2)
for (const task of tasks.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  const ours: number[] = []
  const random: number[] = []
  const theirs: number[] = []
  for (let seed = 0; seed < task.seeds; seed += 1) {
    ours.push(await bestOfSweep(task, seed, 'bayesian'))
    random.push(await bestOfSweep(task, seed, 'random'))
    theirs.push(Math.min(...(await peer.ask<number[]>({ study: task.name, seed, trials }))))
  }
  const minimum = task.minimum ?? Math.min(...ours, ...theirs, ...random)
  const text = (bests: readonly number[]) => [0.5, 0.25, 0.75].map((q) => (quantile(bests, q) - minimum).toPrecision(3)).join(' ')
  process.stdout.write(
    `${task.name.padEnd(11)} Fulcrum bayesian ${text(ours)} | Optuna TPE ${text(theirs)} | Fulcrum random ${text(random)}\n`,
  )
}
peer.close()

/** A sweep of one trial after the other, as the engine makes it: each point is a function of the seed and the trials before it. */
async function bestOfSweep({ name, parameters }: Task, seed: number, kind: 'bayesian' | 'random'): Promise<number> {
  const settings: SweepSettings = {
    parameters: parameters.map((distribution, index) => ({ name: `x${index}`, distribution })),
    sampling: { kind, sobol: false },
    objective: { goal: 'minimize', metric: 'value' },
    maxTotalTrials: trials,
    maxConcurrentTrials: 1,
    timeoutMs: 1e9,
  }
  const views: TrialView[] = []
  for (let number = 0; number < trials; number += 1) {
    const point = samplePoint(settings, `bench ${seed}`, number, views)
    const values = parameters.map((distribution, index) => valueAt(distribution, point[index] ?? 0))
    const objective = await peer.ask<number>({ evaluate: name, values })
    views.push({ number, point, status: 'Completed', objective })
  }
  return Math.min(...views.map((view) => view.objective ?? Infinity))
}

function startPeer() {
  const child = spawn(peerPython(), [join(import.meta.dirname, 'sweep/peer.py')], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async ask<Answer>(request: object): Promise<Answer> {
      child.stdin.write(`${JSON.stringify(request)}\n`)
      const { value, done } = await lines.next()
      if (done === true) throw new Error('The peer ended before it answered.')
      return JSON.parse(value) as Answer
    },
    close: () => child.stdin.end(),
  }
}

function peerPython(): string {
  const environment = join(root, '.cache/bench/optuna')
  const python = join(environment, 'bin/python')
  if (existsSync(python)) return python
  for (const [command, ...words] of [
    ['python3', '-m', 'venv', environment],
    [python, '-m', 'pip', 'install', '--quiet', 'optuna', 'scikit-learn'],
  ]) {
    const { status } = spawnSync(command ?? '', words, { stdio: 'inherit' })
    if (status !== 0) throw new Error(`${command} ${words.join(' ')} ended with ${status}`)
  }
  return python
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.round(q * (sorted.length - 1))] ?? Number.NaN
}
