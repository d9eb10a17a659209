import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { workspaceId as workspaceIdFor } from '@fulcrum/contract'
import { expect } from 'vitest'
import { registerDomains } from '../../src/app.ts'
import { createContext, type Context } from '../../src/context.ts'
import { createDomains } from '../../src/domains/index.ts'
import { submitJob } from '../../src/domains/jobs/index.ts'
import { treeDigest } from '../../src/domains/storage/index.ts'
import { systemActor } from '../../src/kernel/auth/index.ts'
import { configFromEnv } from '../../src/kernel/config/index.ts'
import type { TestDatabase } from '../../src/kernel/db/test-database.ts'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** Small, seeded, good enough to spread kills. */
export function random(seed: number): () => number {
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

export const jobs = {
  start: step('echo start'),
  left: step('echo left', 'start'),
  right: step('echo right', 'start'),
  middle: step('echo middle', 'start'),
  join: step('echo join', 'left', 'right', 'middle'),
  end: step('echo end', 'join'),
}

export interface Instance extends AsyncDisposable {
  readonly ctx: Context
  readonly environment: Record<string, string>
}

/** An instance on a database of its own; `database` is given back at the end. */
export async function startInstance(database: Pick<TestDatabase, 'db' | 'connectionString' | 'drop'>): Promise<Instance> {
  const directory = await mkdtemp(join(tmpdir(), 'fulcrum-crash-'))
  const settings = {
    FULCRUM_HOME: directory,
    FULCRUM_DATABASE_URL: database.connectionString,
    FULCRUM_LOG_LEVEL: 'error',
    FULCRUM_MAX_CONCURRENT_JOBS: '3',
  }
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

export function startEngineProcess(environment: Record<string, string>): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', main, '--role', 'engine'], {
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}

export async function submit(ctx: Context): Promise<string> {
  const workspaceId = workspaceIdFor(ctx.config.subscriptionId, 'rg', 'crash')
  await ctx.resources.put(
    systemActor,
    `/subscriptions/${ctx.config.subscriptionId}/resourceGroups/rg`,
    { location: 'local', properties: {} },
    { type: 'Microsoft.Resources/resourceGroups' },
  )
  await ctx.resources.put(
    systemActor,
    workspaceId,
    { location: 'local', properties: {} },
    { type: 'Microsoft.MachineLearningServices/workspaces' },
  )
  await submitJob(ctx, systemActor, { workspaceId, name: 'crash', body: { properties: { jobType: 'Pipeline', jobs } } })
  return workspaceId
}

/** `FULCRUM_CRASH_SEEDS=3,17` runs just those. */
export function seedsOr(fallback: readonly number[]): readonly number[] {
  return process.env['FULCRUM_CRASH_SEEDS']?.split(',').map(Number) ?? fallback
}

export async function hasEnded(ctx: Context, workspaceId: string): Promise<boolean> {
  const job = await ctx.resources.find(`${workspaceId}/jobs/crash`)
  return ['Completed', 'Failed', 'Canceled'].includes(String(job?.status['status']))
}

/** Everything completed once, nothing after its end, outputs as recorded. */
export async function expectRight(ctx: Context, workspaceId: string): Promise<void> {
  const { kysely } = ctx.db
  expect((await ctx.resources.find(`${workspaceId}/jobs/crash`))?.status).toMatchObject({ status: 'Completed' })
  const steps = await kysely
    .selectFrom('steps')
    .select(['id', 'name', 'outcome', 'attempt', 'outputs', 'resource_id'])
    .orderBy('id')
    .execute()
  expect(steps.map((entry) => [entry.name, entry.outcome])).toEqual(Object.keys(jobs).map((name) => [name, 'Completed']))
  for (const entry of steps) {
    const events = await kysely
      .selectFrom('job_events')
      .select(['to_state', 'attempt'])
      .where('step_id', '=', entry.id)
      .orderBy('sequence')
      .execute()
    // Exactly one end, nothing after it, and no transition of the winning attempt twice.
    expect(events.filter((event) => event.to_state === 'Completed')).toHaveLength(1)
    expect(events.at(-1)?.to_state).toBe('Completed')
    for (const state of ['Submitted', 'Active', 'Publishing']) {
      expect(
        events.filter((event) => event.to_state === state && event.attempt === entry.attempt).length,
        `${entry.name} ${state}`,
      ).toBeLessThanOrEqual(1)
    }
    const output = entry.outputs['out']
    expect(output?.files).toBe(1)
    expect(await treeDigest(ctx, { workspaceId, uri: output?.uri ?? '' })).toBe(output?.digest)
    const child = await ctx.resources.find(entry.resource_id)
    expect(child?.status['status']).toBe('Completed')
  }
}
