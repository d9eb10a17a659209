import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { notFound, workspaceId as workspaceIdFor } from '@fulcrum/contract'
import { registerDomains } from '../../app.ts'
import { createContext, type Context } from '../../context.ts'
import { startEngine, type Engine } from '../../engine.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { configFromEnv } from '../../kernel/config/index.ts'
import { createTestDatabase } from '../../kernel/db/test-database.ts'
import { computeDomain } from '../compute/index.ts'
import type { DomainModule } from '../../domain.ts'
import { trackingDomain } from '../tracking/index.ts'
import { workspacesDomain } from '../workspaces/index.ts'
import type { JobCollaborators } from './collaborators.ts'
import { jobsDomain } from './jobs.ts'

/** The job engine on a database and a directory of its own; what it stores lies in plain folders, so that tests can look at it. */
export interface JobPlatform extends AsyncDisposable {
  readonly ctx: Context
  readonly actor: Actor
  readonly workspaceId: string
  readonly engine: Engine
  /** Where published files lie: `files/<uri without scheme>`. */
  readonly files: string
  /** Ends the engine without a farewell to its jobs and starts another. */
  restartEngine(): Promise<void>
}

export async function startJobPlatform(): Promise<JobPlatform> {
  const database = await createTestDatabase({ poolSize: 12 })
  const directory = await mkdtemp(join(tmpdir(), 'fulcrum-jobs-'))
  const config = { ...configFromEnv({ FULCRUM_HOME: directory, FULCRUM_LOG_LEVEL: 'warn' }), durable: false, databaseUrl: database.connectionString }
  const ctx = await createContext({ ...config, engine: { pollIntervalMs: 50, maxConcurrentJobs: 4 } }, { db: database.db })
  const files = join(directory, 'files')
  const domains = jobDomains(ctx, files)
  registerDomains(ctx, domains)
  let engine = startEngine(ctx, domains)
  await engine.ready
  const actor = await makeUser(ctx)
  const workspaceId = await makeWorkspace(ctx, actor, 'alpha')
  return {
    ctx,
    actor,
    workspaceId,
    files,
    get engine() {
      return engine
    },
    async restartEngine() {
      await engine[Symbol.asyncDispose]()
      engine = startEngine(ctx, jobDomains(ctx, files))
    },
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]()
      await ctx[Symbol.asyncDispose]()
      await database.drop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function jobDomains(ctx: Context, files: string): DomainModule[] {
  return [workspacesDomain(ctx), computeDomain(ctx), trackingDomain(ctx), jobsDomain(ctx, folderCollaborators(files))]
}

async function makeUser(ctx: Context): Promise<Actor> {
  const id = ctx.ids.uuid()
  await ctx.db.kysely.insertInto('principals').values({ id, kind: 'User', name: 'tester', display_name: 'Tester', email: null, password_hash: null, application_id: null, owner_id: null, created_at: ctx.clock.now() }).execute()
  return { id, name: 'tester', kind: 'User', groups: [] }
}

export async function makeWorkspace(ctx: Context, actor: Actor, name: string): Promise<string> {
  const id = workspaceIdFor(ctx.config.subscriptionId, 'rg', name)
  const group = `/subscriptions/${ctx.config.subscriptionId}/resourceGroups/rg`
  await ctx.resources.put(actor, group, { location: 'local', properties: {} }, { type: 'Microsoft.Resources/resourceGroups' })
  await ctx.resources.put(actor, id, { location: 'local', properties: {} }, { type: 'Microsoft.MachineLearningServices/workspaces' })
  return id
}

function folderCollaborators(root: string): JobCollaborators {
  const place = (uri: string): string => join(root, uri.replace(/^azureml:\/\//, ''))
  return {
    resolveAssetUri: async (_ctx, _workspaceId, uri) => ({ uri }),
    async materialiseUri(_ctx, { uri, targetDirectory }) {
      const source = place(uri)
      const facts = await stat(source).catch(() => undefined)
      if (facts === undefined) throw notFound('Data', uri)
      await mkdir(targetDirectory, { recursive: true })
      const path = facts.isFile() ? join(targetDirectory, uri.slice(uri.lastIndexOf('/') + 1)) : targetDirectory
      await cp(source, path, { recursive: true })
      return { path, kind: facts.isFile() ? 'file' : 'folder', files: 1, sizeBytes: facts.size }
    },
    async publishDirectory(_ctx, { directory, uri }) {
      await cp(directory, place(uri), { recursive: true })
      return { files: (await readdir(directory, { recursive: true })).length, sizeBytes: 0, digest: await digestOf(place(uri)) }
    },
    treeDigest: async (_ctx, { uri }) => digestOf(place(uri)),
    ensureEnvironment: async (_ctx, { reference }, onProgress) => {
      onProgress(`using ${reference}`)
      return { lockHash: createHash('sha256').update(reference).digest('hex'), directory: '/usr', python: '/usr/bin/python3' }
    },
  }
}

async function digestOf(path: string): Promise<string> {
  const facts = await stat(path).catch(() => undefined)
  if (facts === undefined) throw notFound('Data', path)
  const names = facts.isFile() ? [''] : (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(path.length)).sort()
  const hash = createHash('sha256')
  for (const name of names) hash.update(`${name}\0`).update(await readFile(path + name))
  return hash.digest('hex')
}
