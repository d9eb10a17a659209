import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { workspaceId as workspaceIdFor } from '@fulcrum/contract'
import { expect, it } from 'vitest'
import { until } from '../../../testkit/src/until.ts'
import { registerDomains } from '../../src/app.ts'
import { createContext, type Context } from '../../src/context.ts'
import { createDomains } from '../../src/domains/index.ts'
import { submitJob } from '../../src/domains/jobs/index.ts'
import { treeDigest } from '../../src/domains/storage/index.ts'
import { systemActor } from '../../src/kernel/auth/index.ts'
import { configFromEnv } from '../../src/kernel/config/index.ts'
import { createTestDatabase } from '../../src/kernel/db/test-database.ts'

/**
 * Kills the engine process at random moments while a pipeline runs. Seeds make a failing run repeatable as far as a kill can be:
 * FULCRUM_CRASH_SEEDS=3,17 runs just those.
 */
const seeds = (process.env['FULCRUM_CRASH_SEEDS'] ?? '1,2,3').split(',').map(Number)
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** Small, seeded, good enough to spread kills. */
function random(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 374_761_393) | 0
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32
  }
}

const step = (command: string, ...sources: string[]) => ({
  type: 'command',
  command: `${sources.map((source) => `cat \${{inputs.${source}}}/count.txt`).join('; ') || 'true'}; sleep 0.3; ${command} > \${{outputs.out}}/count.txt`,
  inputs: Object.fromEntries(sources.map((source) => [source, `\${{parent.jobs.${source}.outputs.out}}`])),
  outputs: { out: { type: 'uri_folder' } },
})

const jobs = {
  start: step('echo start'),
  left: step('echo left', 'start'),
  right: step('echo right', 'start'),
  middle: step('echo middle', 'start'),
  join: step('echo join', 'left', 'right', 'middle'),
  end: step('echo end', 'join'),
}

interface Instance extends AsyncDisposable {
  readonly ctx: Context
  readonly environment: Record<string, string>
}

async function startInstance(): Promise<Instance> {
  const database = await createTestDatabase({ poolSize: 4 })
  const directory = await mkdtemp(join(tmpdir(), 'fulcrum-crash-'))
  const settings = { FULCRUM_HOME: directory, FULCRUM_DATABASE_URL: database.connectionString, FULCRUM_LOG_LEVEL: 'error', FULCRUM_MAX_CONCURRENT_JOBS: '3' }
  const ctx = await createContext(configFromEnv(settings), { db: database.db })
  registerDomains(ctx, createDomains(ctx))
  return {
    ctx,
    environment: { PATH: process.env['PATH'] ?? '', HOME: directory, ...settings },
    async [Symbol.asyncDispose]() {
      await ctx[Symbol.asyncDispose]()
      await database.drop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function startEngineProcess(environment: Record<string, string>): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', main, '--role', 'engine'], { env: environment, stdio: ['ignore', 'inherit', 'inherit'] })
}

async function submit(ctx: Context): Promise<string> {
  const workspaceId = workspaceIdFor(ctx.config.subscriptionId, 'rg', 'crash')
  await ctx.resources.put(systemActor, `/subscriptions/${ctx.config.subscriptionId}/resourceGroups/rg`, { location: 'local', properties: {} }, { type: 'Microsoft.Resources/resourceGroups' })
  await ctx.resources.put(systemActor, workspaceId, { location: 'local', properties: {} }, { type: 'Microsoft.MachineLearningServices/workspaces' })
  await submitJob(ctx, systemActor, { workspaceId, name: 'crash', body: { properties: { jobType: 'Pipeline', jobs } } })
  return workspaceId
}

it.each(seeds)('a pipeline ends right although its engine is killed again and again (seed %i)', { timeout: 180_000 }, async (seed) => {
  await using instance = await startInstance()
  const { ctx, environment } = instance
  const workspaceId = await submit(ctx)
  const next = random(seed)
  const hasEnded = async (): Promise<boolean> => ['Completed', 'Failed', 'Canceled'].includes(String((await ctx.resources.find(`${workspaceId}/jobs/crash`))?.status['status']))
  let kills = 0
  let engine = startEngineProcess(environment)
  try {
    while (kills < 8 && !(await hasEnded())) {
      // The moment of the kill is what is random here; from the start of the process to well into its work.
      await delay(500 + next() * 2_500)
      engine.kill('SIGKILL')
      kills += 1
      engine = startEngineProcess(environment)
    }
    await until('end of the pipeline', hasEnded, 120_000)
  } finally {
    engine.kill('SIGKILL')
  }
  await expectRight(ctx, workspaceId)
  expect(kills).toBeGreaterThan(0)
})

async function expectRight(ctx: Context, workspaceId: string): Promise<void> {
  const { kysely } = ctx.db
  expect((await ctx.resources.find(`${workspaceId}/jobs/crash`))?.status).toMatchObject({ status: 'Completed' })
  const steps = await kysely.selectFrom('steps').select(['id', 'name', 'outcome', 'attempt', 'outputs', 'resource_id']).orderBy('id').execute()
  expect(steps.map((entry) => [entry.name, entry.outcome])).toEqual(Object.keys(jobs).map((name) => [name, 'Completed']))
  for (const entry of steps) {
    const events = await kysely.selectFrom('job_events').select(['to_state', 'attempt']).where('step_id', '=', entry.id).orderBy('sequence').execute()
    // Exactly one end, nothing after it, and no transition of the winning attempt twice.
    expect(events.filter((event) => event.to_state === 'Completed')).toHaveLength(1)
    expect(events.at(-1)?.to_state).toBe('Completed')
    for (const state of ['Submitted', 'Active', 'Publishing']) {
      expect(events.filter((event) => event.to_state === state && event.attempt === entry.attempt).length, `${entry.name} ${state}`).toBeLessThanOrEqual(1)
    }
    const output = entry.outputs['out']
    expect(output?.files).toBe(1)
    expect(await treeDigest(ctx, { workspaceId, uri: output?.uri ?? '' })).toBe(output?.digest)
    const child = await ctx.resources.find(entry.resource_id)
    expect(child?.status['status']).toBe('Completed')
  }
}
