import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { workspaceId as workspaceIdFor } from '../../packages/contract/src/index.ts'
import { registerDomains } from '../../packages/server/src/app.ts'
import { createContext, type Context } from '../../packages/server/src/context.ts'
import { createDomains } from '../../packages/server/src/domains/index.ts'
import type { Attempt, StepProcesses } from '../../packages/server/src/domains/jobs/engine-types.ts'
import { JobEngine } from '../../packages/server/src/domains/jobs/job-engine.ts'
import { startEngine } from '../../packages/server/src/engine.ts'
import { systemActor } from '../../packages/server/src/kernel/auth/index.ts'
import { configFromEnv } from '../../packages/server/src/kernel/config/index.ts'
import { openDatabase } from '../../packages/server/src/kernel/db/database.ts'
import { startEmbeddedPostgres } from '../../packages/server/src/kernel/db/embedded-postgres.ts'
import { cpuTime, type CpuTime } from './cpu.ts'
import { silentLog } from '../../packages/server/src/kernel/db/log.ts'
import { migrate } from '../../packages/server/src/kernel/db/migrate.ts'

/** The engine as it runs in production (its own PostgreSQL with fsync, every loop, timer and subscription), but for the processes. */
export interface EnginePlatform extends AsyncDisposable {
  readonly ctx: Context
  readonly workspaceId: string
  cpu(): Promise<CpuTime>
}

/** Every attempt's program has run and succeeded by the time anybody looks. */
const endedAtOnce: StepProcesses = {
  // As the wrapper does.
  start: async ({ directory, step }) => directory.make(...Object.keys(step.spec.outputs).map((name) => `outputs/${name}`)),
  observe: async (attempt: Attempt, onActive) => {
    onActive()
    const at = new Date().toISOString()
    return { token: attempt.token, exitCode: 0, signal: null, reason: 'completed', message: null, startedAt: at, endedAt: at }
  },
  reap: async () => undefined,
}

export async function startEnginePlatform(options: { readonly slots: number }): Promise<EnginePlatform> {
  const directory = await mkdtemp(join(tmpdir(), 'fulcrum-bench-'))
  const postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'postgres'), durable: true, log: silentLog })
  const db = openDatabase({ poolConfig: postgres.poolConfig, poolSize: 10 })
  await migrate(db)
  const config = {
    ...configFromEnv({ FULCRUM_HOME: directory, FULCRUM_LOG_LEVEL: 'warn' }),
    databaseUrl: postgres.connectionString,
  }
  const ctx = await createContext(
    {
      ...config,
      engine: { ...config.engine, maxConcurrentJobs: options.slots },
      host: { ...config.host, cores: options.slots, memoryBytes: 2 ** 50 },
    },
    { db },
  )
  const engineOfJobs = new JobEngine({ ctx, processes: endedAtOnce }).loop()
  const domains = createDomains(ctx).map((domain) =>
    domain.name === 'jobs'
      ? { ...domain, loops: [engineOfJobs, ...(domain.loops ?? []).filter((loop) => loop.name !== engineOfJobs.name)] }
      : domain,
  )
  registerDomains(ctx, domains)
  const engine = startEngine(ctx, domains)
  await engine.ready
  const workspaceId = await makeWorkspace(ctx)
  return {
    ctx,
    workspaceId,
    cpu: async () => cpuTime(await postgres.pid()),
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]()
      await ctx[Symbol.asyncDispose]()
      await db.close()
      await postgres.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function makeWorkspace(ctx: Context): Promise<string> {
  const id = workspaceIdFor(ctx.config.subscriptionId, 'bench', 'bench')
  const group = `/subscriptions/${ctx.config.subscriptionId}/resourceGroups/bench`
  await ctx.resources.put(
    systemActor,
    group,
    { location: 'local', properties: {} },
    { type: 'Microsoft.Resources/resourceGroups' },
  )
  await ctx.resources.put(
    systemActor,
    id,
    { location: 'local', properties: {} },
    { type: 'Microsoft.MachineLearningServices/workspaces' },
  )
  return id
}
