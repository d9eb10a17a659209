import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { workspaceId as workspaceIdFor } from '@fulcrum/contract'
import { registerDomains } from '../../app.ts'
import { createContext, type Context } from '../../context.ts'
import { startEngine, type Engine } from '../../engine.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { configFromEnv } from '../../kernel/config/index.ts'
import type { DomainModule } from '../../domain.ts'
import { createDomains } from '../index.ts'
import type { StepProcesses } from './engine-types.ts'
import { JobEngine } from './job-engine.ts'
import { createTestDatabase } from '../../kernel/db/test-database.ts'

/** The job engine on a database and a directory of its own. */
export interface JobPlatform extends AsyncDisposable {
  readonly ctx: Context
  readonly actor: Actor
  readonly workspaceId: string
  readonly engine: Engine
  /** Ends the engine without a farewell to its jobs and starts another. */
  restartEngine(): Promise<void>
}

export interface JobPlatformOptions {
  /** Default 4, and the cores of this host. */
  readonly slots?: number
  /** What runs attempts, instead of processes of this host. */
  readonly processes?: StepProcesses
}

export async function startJobPlatform(options: JobPlatformOptions = {}): Promise<JobPlatform> {
  const database = await createTestDatabase({ poolSize: 12 })
  const directory = await mkdtemp(join(tmpdir(), 'fulcrum-jobs-'))
  const config = {
    ...configFromEnv({ FULCRUM_HOME: directory, FULCRUM_LOG_LEVEL: 'warn' }),
    durable: false,
    databaseUrl: database.connectionString,
  }
  const { slots = 4, processes } = options
  const host = options.slots === undefined ? config.host : { ...config.host, cores: slots, memoryBytes: 2 ** 50 }
  const ctx = await createContext(
    { ...config, host, engine: { pollIntervalMs: 50, maxConcurrentJobs: slots } },
    { db: database.db },
  )
  const domains = domainsWith(ctx, processes)
  registerDomains(ctx, domains)
  let engine = startEngine(ctx, domains)
  await engine.ready
  const actor = await makeUser(ctx)
  const workspaceId = await makeWorkspace(ctx, actor, 'alpha')
  return {
    ctx,
    actor,
    workspaceId,
    get engine() {
      return engine
    },
    async restartEngine() {
      await engine[Symbol.asyncDispose]()
      engine = startEngine(ctx, domainsWith(ctx, processes))
    },
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]()
      await ctx[Symbol.asyncDispose]()
      await database.drop()
      // The wrapper of a job that has just ended may still write its last status.
      await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
    },
  }
}

function domainsWith(ctx: Context, processes: StepProcesses | undefined): DomainModule[] {
  const domains = createDomains(ctx)
  if (processes === undefined) return domains
  const loops = [new JobEngine({ ctx, processes }).loop()]
  return domains.map((domain) => (domain.name === 'jobs' ? { ...domain, loops } : domain))
}

async function makeUser(ctx: Context): Promise<Actor> {
  const id = ctx.ids.uuid()
  await ctx.db.kysely
    .insertInto('principals')
    .values({
      id,
      kind: 'User',
      name: 'tester',
      display_name: 'Tester',
      email: null,
      password_hash: null,
      application_id: null,
      owner_id: null,
      created_at: ctx.clock.now(),
    })
    .execute()
  return { id, name: 'tester', kind: 'User', groups: [] }
}

export async function makeWorkspace(ctx: Context, actor: Actor, name: string): Promise<string> {
  const id = workspaceIdFor(ctx.config.subscriptionId, 'rg', name)
  const group = `/subscriptions/${ctx.config.subscriptionId}/resourceGroups/rg`
  await ctx.resources.put(actor, group, { location: 'local', properties: {} }, { type: 'Microsoft.Resources/resourceGroups' })
  await ctx.resources.put(
    actor,
    id,
    { location: 'local', properties: {} },
    { type: 'Microsoft.MachineLearningServices/workspaces' },
  )
  return id
}
