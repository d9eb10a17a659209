import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { until, type BuiltPlatform } from '@fulcrum/testkit'
import { expect } from 'vitest'
import { random } from './pipeline-under-fire.ts'
import { attemptsOf, killNow, rolesOf, type Victim } from './processes.ts'

/**
 * The crash matrix: pipelines on a whole platform while api, engine, gateway, PostgreSQL, wrappers and programs are killed at random
 * moments. One seed is one pipeline. What each program does it also tells a ledger outside the platform, which survives everything.
 */

const workspacePath = (platform: BuiltPlatform): string =>
  `/subscriptions/${platform.subscriptionId}/resourceGroups/rg-crash/providers/Microsoft.MachineLearningServices/workspaces/crash`

/** A step may be tried again three times for faults of the host; `flaky` takes one by itself. */
const attemptKillsPerSeed = 2
const platformKillsPerWave = 4

const filesPerOutput = 10

/**
 * A program that checks its inputs file by file, works for a moment, and writes an output whose bytes are the same each time. A half
 * published input, or one of another step, ends it with an error.
 */
function step(ledger: string, name: string, sources: readonly string[] = [], before = ''): Record<string, unknown> {
  const checks = sources.map(
    (source) =>
      `[ "$(cat "\${{inputs.${source}}}"/*.txt | cksum)" = "$(for i in $(seq ${filesPerOutput}); do echo ${source} $i; done | cksum)" ]`,
  )
  const lines = [
    'set -e',
    `echo "${name} start $FULCRUM_ATTEMPT_TOKEN $(date +%s%3N)" >> ${ledger}`,
    ...checks,
    ...(before === '' ? [] : [before]),
    'sleep 0.3',
    `for i in $(seq -w ${filesPerOutput}); do echo ${name} $((10#$i)) > "\${{outputs.out}}/$i.txt"; done`,
    `echo "${name} end $FULCRUM_ATTEMPT_TOKEN $(date +%s%3N)" >> ${ledger}`,
  ]
  return {
    type: 'command',
    command: lines.join('\n'),
    inputs: Object.fromEntries(sources.map((source) => [source, `\${{parent.jobs.${source}.outputs.out}}`])),
    outputs: { out: { type: 'uri_folder' } },
  }
}

/** Chain, fan-out, fan-in, a step that is killed the first time, and a sweep: twelve steps and three trials. */
function pipeline(ledger: string): Record<string, unknown> {
  const fan = ['fan1', 'fan2', 'fan3', 'fan4']
  const killedOnce = `[ "$(grep -c '^flaky start' ${ledger})" -gt 1 ] || kill -9 $$`
  return {
    start: step(ledger, 'start'),
    chain1: step(ledger, 'chain1', ['start']),
    chain2: step(ledger, 'chain2', ['chain1']),
    ...Object.fromEntries(fan.map((name) => [name, step(ledger, name, ['chain1'])])),
    flaky: step(ledger, 'flaky', ['start'], killedOnce),
    join: step(ledger, 'join', [...fan, 'flaky']),
    sweep: {
      type: 'sweep',
      trial: { type: 'command', command: `echo "trial \${{search_space.x}} $FULCRUM_ATTEMPT_TOKEN" >> ${ledger}; sleep 0.2` },
      search_space: { x: { type: 'choice', values: [1, 2, 3] } },
      sampling_algorithm: 'grid',
      objective: { goal: 'maximize', primary_metric: 'none' },
      limits: { max_total_trials: 3, max_concurrent_trials: 2 },
    },
    merge: step(ledger, 'merge', ['join', 'chain2']),
    end: step(ledger, 'end', ['merge']),
  }
}

export async function prepareWorkspace(platform: BuiltPlatform): Promise<void> {
  const workspace = workspacePath(platform)
  await platform.call('PUT', workspace.split('/providers/')[0] ?? '', { location: 'local' })
  await platform.call('PUT', workspace, { location: 'local', properties: {} })
}

interface Node {
  readonly name: string
  readonly status: string
  readonly attempt?: number
  readonly outputs?: Readonly<Record<string, { readonly digest?: string; readonly files?: number }>>
  readonly phases: readonly { readonly name: string; readonly at: string; readonly attempt: number }[]
}

/** Runs one pipeline for each seed at the same time; without `fire` nothing is killed. @returns what was killed */
export async function runWave(
  platform: BuiltPlatform,
  seeds: readonly number[],
  options: { readonly directory: string; readonly fire: boolean },
): Promise<{ kills: string[]; nodes: Map<number, Node[]> }> {
  await mkdir(options.directory, { recursive: true })
  for (const seed of seeds) await submitted(platform, seed, ledgerOf(options.directory, seed))
  const over = new AbortController()
  const fire = options.fire ? shoot(platform, seeds, over.signal) : Promise.resolve([])
  try {
    for (const seed of seeds)
      await until(`the end of pipeline ${seed}`, () => survived(async () => (await statusOf(platform, seed)).ended), 300_000)
  } finally {
    over.abort()
  }
  const kills = await fire
  const nodes = new Map<number, Node[]>()
  for (const seed of seeds) nodes.set(seed, await until('the steps', () => survived(() => stepsOf(platform, seed))))
  return { kills, nodes }
}

export function ledgerOf(directory: string, seed: number): string {
  return join(directory, `${seed}.ledger`)
}

async function submitted(platform: BuiltPlatform, seed: number, ledger: string): Promise<void> {
  const body = { properties: { jobType: 'Pipeline', settings: { force_rerun: true }, jobs: pipeline(ledger) } }
  // Nothing is shot at yet of this wave, but the roles may still be coming back from the last.
  await until(`submission of ${seed}`, () =>
    survived(() => platform.call('PUT', `${workspacePath(platform)}/jobs/seed-${seed}`, body)),
  )
}

/** `undefined` while the platform does not answer. */
async function survived<Found>(ask: () => Promise<Found>): Promise<Found | undefined> {
  return ask().catch((error: unknown) => {
    if (error instanceof Error && /: 4\d\d /.test(error.message)) throw error
    return undefined
  })
}

async function statusOf(platform: BuiltPlatform, seed: number): Promise<{ status: string; ended: boolean; text: string }> {
  const job = (await platform.call('GET', `${workspacePath(platform)}/jobs/seed-${seed}`)) as { properties: { status: string } }
  const { status } = job.properties
  return { status, ended: ['Completed', 'Failed', 'Canceled'].includes(status), text: JSON.stringify(job.properties) }
}

async function stepsOf(platform: BuiltPlatform, seed: number): Promise<Node[]> {
  const { nodes } = (await platform.call('GET', `${workspacePath(platform)}/jobs/seed-${seed}/steps`)) as { nodes: Node[] }
  return nodes
}

/** Kills at moments and victims that the seeds decide, until told to stop or out of rounds. */
async function shoot(platform: BuiltPlatform, seeds: readonly number[], over: AbortSignal): Promise<string[]> {
  const next = random(seeds.reduce((sum, seed) => sum * 31 + seed, 7))
  const kills: string[] = []
  const home = String(platform.env['FULCRUM_HOME'])
  let attemptKills = attemptKillsPerSeed * seeds.length
  let platformKills = platformKillsPerWave
  while (attemptKills + platformKills > 0 && !over.aborted) {
    await delay(300 + next() * 2_200, undefined, { signal: over }).catch(() => undefined)
    if (over.aborted) break
    const atPlatform = next() * (attemptKills + platformKills) < platformKills
    const { runners, programs } = attemptsOf(home, 'FULCRUM_ATTEMPT_TOKEN=flc-')
    const victims: readonly Victim[] = atPlatform ? rolesOf(platform.supervisorPid) : next() < 0.5 ? runners : own(programs, home)
    const victim = victims[Math.floor(next() * victims.length)]
    if (victim === undefined || !killNow(victim)) continue
    kills.push(victim.name)
    if (atPlatform) platformKills -= 1
    else attemptKills -= 1
  }
  return kills
}

/** Programs of this platform: those whose environment names its home or a directory below. */
function own(programs: readonly Victim[], home: string): readonly Victim[] {
  const mine = new Set(attemptsOf(home, home).programs.map(({ pid }) => pid))
  return programs.filter(({ pid }) => mine.has(pid))
}

/** A pipeline under fire ended as the one without: same outcomes, same bytes, nothing again after its end. */
export async function expectAsWithout(
  platform: BuiltPlatform,
  seed: number,
  found: { nodes: readonly Node[]; calm: readonly Node[]; directory: string },
): Promise<void> {
  const status = await until('the job', () => survived(() => statusOf(platform, seed)))
  expect(status.status, status.text).toBe('Completed')
  const plain = (nodes: readonly Node[]) =>
    nodes.map(({ name, status: ended, outputs = {} }) => [name, ended, outputs['out']?.digest ?? '', outputs['out']?.files ?? 0])
  expect(plain(found.nodes)).toEqual(plain(found.calm))
  const ledger = (await readFile(ledgerOf(found.directory, seed), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' '))
  for (const node of found.nodes.filter(({ name }) => name !== 'sweep')) {
    const ends = node.phases.filter(({ name }) => name === 'Completed')
    expect(ends, `ends of ${node.name}`).toHaveLength(1)
    expect(node.phases.at(-1)?.name).toBe('Completed')
    const starts = ledger.filter(([name, what]) => name === node.name && what === 'start')
    // An attempt starts its program once, the one that completed is the last, and nothing starts after the end is known.
    const tokens = starts.map(([, , token]) => token ?? '')
    expect(new Set(tokens).size, `${node.name}: ${tokens.join(' ')}`).toBe(tokens.length)
    const attempts = tokens.map((token) => Number(token.split('-').at(-1)))
    expect(Math.max(...attempts)).toBe(ends[0]?.attempt)
    for (const start of starts) expect(Number(start[3])).toBeLessThanOrEqual(Date.parse(ends[0]?.at ?? ''))
  }
  const trials = ledger.filter(([name]) => name === 'trial').map(([, value]) => value)
  expect([...new Set(trials)].sort()).toEqual(['1', '2', '3'])
}

/** No wrapper and no program of this platform is left. */
export async function expectNoOrphans(platform: BuiltPlatform): Promise<void> {
  const home = String(platform.env['FULCRUM_HOME'])
  await until('the end of every process of a job', () => {
    const { runners, programs } = attemptsOf(home, 'FULCRUM_ATTEMPT_TOKEN=flc-')
    return runners.length + own(programs, home).length === 0
  })
}
