import './tables.ts'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { AppError } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { systemActor } from '../../kernel/auth/index.ts'
import { toolEnvironment } from '../../kernel/config/index.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { fulcrumPython } from '../../kernel/processes/index.ts'
import {
  ensureDirectory,
  readText,
  removeTree,
  signalGroup,
  spawnProcess,
  statOrUndefined,
  touchFile,
  writeFileAtomic,
} from '../../kernel/safe/index.ts'
import { definitionHash, type EnvironmentDefinition } from './definition.ts'
import { planVersion, recordDrift, refuseDrift } from './planned-version.ts'
import { resolveEnvironment } from './resolve-environment.ts'
import type { PackageVersion } from './tables.ts'

export interface BuiltEnvironment {
  /** Names what is installed; enters reuse keys. */
  readonly lockHash: string
  /** The immutable virtual environment. */
  readonly directory: string
  /** Its interpreter, an absolute path. */
  readonly python: string
  /** `3.11.7`; absent for builds of earlier versions of the platform. */
  readonly pythonVersion: string | null
  readonly packages: readonly PackageVersion[]
  readonly cached: boolean
}

export type ProgressListener = (line: string) => void

const buildTimeoutMs = 60 * 60_000
/** How long an interrupted builder may take to tidy up. */
const abandonGraceMs = 10_000

interface RunningBuild {
  readonly result: Promise<BuiltEnvironment>
  readonly listeners: Set<ProgressListener>
  /** Stops the builder: everybody who waited for it has gone. */
  readonly abandoned: AbortController
  waiting: number
}

/** Builds of this process by definition; builders of other processes are held apart by the builder's own file lock. */
const running = new WeakMap<Context, Map<string, RunningBuild>>()

/**
 * A directory with the Python environment that a reference names, built when it is not there. Any number of callers with the same
 * definition share one build. `onProgress` gets lines for people. Once `signal` is aborted the caller waits no longer, and a build for
 * which nobody waits is stopped.
 * @throws ResourceNotFound · NotSupported (in strict mode also for differences) · InvalidYaml · InvalidRequestContent the build failed; details carry the end of its log
 */
export async function ensureEnvironment(
  ctx: Context,
  request: { readonly workspaceId: string; readonly reference: string },
  onProgress: ProgressListener = () => undefined,
  signal: AbortSignal = new AbortController().signal,
): Promise<BuiltEnvironment> {
  const version = await resolveEnvironment(ctx.db.kysely, request.workspaceId, request.reference)
  const name = version.id.split('/').at(-3) ?? version.name
  const { definition, drift } = await planVersion(ctx, ctx.db.kysely, version)
  await refuseDrift(ctx, request.workspaceId, name, drift)
  for (const { message } of drift) onProgress(`environment differs: ${message}`)
  await recordDrift(ctx, version, drift)
  const hash = definitionHash(definition, ctx.config.wheelDirectories)
  const ready = await findReady(ctx, hash)
  if (ready !== undefined) {
    onProgress(`environment ${ready.lockHash.slice(0, 12)} found in the cache`)
    return ready
  }
  return joinBuild(ctx, { name: `${name}:${version.name}`, subject: version.id, definition, hash }, { onProgress, signal })
}

/** The finished build of a definition whose directory is still there. */
async function findReady(ctx: Context, hash: string): Promise<BuiltEnvironment | undefined> {
  const row = await ctx.db.kysely
    .selectFrom('environment_builds')
    .selectAll()
    .where('definition_hash', '=', hash)
    .where('state', '=', 'Succeeded')
    .executeTakeFirst()
  if (row?.lock_hash == null || row.directory === null || row.python === null) return undefined
  // Its time of use keeps the collector away until the job that asks is known to hold it.
  if (!(await touchFile(join(row.directory, 'environment.json'), ctx.clock.now()))) return undefined
  return {
    lockHash: row.lock_hash,
    directory: row.directory,
    python: row.python,
    pythonVersion: row.python_version,
    packages: row.packages,
    cached: true,
  }
}

interface BuildOrder {
  readonly name: string
  /** The environment version that asked first. */
  readonly subject: string
  readonly definition: EnvironmentDefinition
  readonly hash: string
}

async function joinBuild(
  ctx: Context,
  order: BuildOrder,
  { onProgress, signal }: { readonly onProgress: ProgressListener; readonly signal: AbortSignal },
): Promise<BuiltEnvironment> {
  const builds = running.get(ctx) ?? new Map<string, RunningBuild>()
  running.set(ctx, builds)
  const build = builds.get(order.hash) ?? startBuild(ctx, order, builds)
  build.listeners.add(onProgress)
  build.waiting += 1
  try {
    return await Promise.race([build.result, rejectionOf(signal)])
  } finally {
    build.listeners.delete(onProgress)
    build.waiting -= 1
    if (signal.aborted && build.waiting === 0) {
      // Who asks from now on gets a build of their own; the builder's file lock keeps the two apart.
      if (builds.get(order.hash) === build) builds.delete(order.hash)
      build.abandoned.abort()
    }
  }
}

function startBuild(ctx: Context, order: BuildOrder, builds: Map<string, RunningBuild>): RunningBuild {
  const listeners = new Set<ProgressListener>()
  const abandoned = new AbortController()
  const tell = (line: string): void => listeners.forEach((listener) => listener(line))
  const result = buildNow(ctx, order, { onProgress: tell, signal: abandoned.signal }).finally(() => {
    if (builds.get(order.hash) === build) builds.delete(order.hash)
  })
  // An abandoned build has nobody left to hear of its end.
  result.catch(() => undefined)
  const build: RunningBuild = { result, listeners, abandoned, waiting: 0 }
  builds.set(order.hash, build)
  return build
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_settle, reject) => {
    const leave = (): void => reject(new Error('Nobody waits for the environment any more.'))
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
  })
}

interface BuilderResult {
  readonly ok: boolean
  readonly lockHash?: string
  readonly directory?: string
  readonly python?: string
  readonly pythonVersion?: string
  readonly packages?: readonly PackageVersion[]
  readonly tool?: string
  readonly cached?: boolean
  readonly seconds?: number
  readonly error?: string
  readonly failingLine?: string | null
  readonly lastLogLines?: readonly string[]
}

/** Where environments of this instance live. */
export function environmentsDirectory(ctx: Pick<Context, 'config'>): string {
  return join(ctx.config.dataDirectory, 'environments')
}

export function buildLogPath(ctx: Pick<Context, 'config'>, hash: string): string {
  return join(environmentsDirectory(ctx), '.logs', `${hash}.log`)
}

interface BuildWatch {
  readonly onProgress: ProgressListener
  readonly signal: AbortSignal
}

async function buildNow(ctx: Context, order: BuildOrder, watch: BuildWatch): Promise<BuiltEnvironment> {
  const startedAt = ctx.clock.now()
  await recordStart(ctx, order.hash, startedAt)
  let result: BuilderResult
  try {
    result = await runBuilder(ctx, order, watch)
  } catch (error) {
    result = { ok: false, error: error instanceof Error ? error.message : String(error) }
  }
  await recordEnd(ctx, order, result)
  const { lockHash, directory, python } = result
  if (!result.ok || lockHash === undefined || directory === undefined || python === undefined)
    throw buildFailed(order.name, result)
  const { pythonVersion = null, packages = [], cached = false } = result
  return { lockHash, directory, python, pythonVersion, packages, cached }
}

function buildFailed(name: string, result: BuilderResult): AppError {
  const reason = [result.error ?? 'the builder gave no result', result.failingLine]
    .filter((part) => part != null && part !== '')
    .join(': ')
  return new AppError('InvalidRequestContent', `Environment '${name}' could not be built: ${reason}.`, {
    target: 'environmentId',
    details: (result.lastLogLines ?? []).slice(-15).map((line) => ({ code: 'BuildLog', message: line })),
  })
}

async function runBuilder(ctx: Context, order: BuildOrder, watch: BuildWatch): Promise<BuilderResult> {
  const root = environmentsDirectory(ctx)
  const requests = join(root, '.requests')
  for (const directory of [root, requests, join(root, '.logs')]) await ensureDirectory(directory, 0o755)
  const stem = join(requests, `${order.hash}-${ctx.ids.base62(8)}`)
  const [requestPath, resultPath] = [`${stem}.json`, `${stem}.result.json`]
  const request = {
    name: order.name,
    pipRequirements: order.definition.pipRequirements,
    places: order.definition.places ?? {},
    ...(order.definition.interpreter === undefined ? {} : { interpreter: order.definition.interpreter }),
    ...(order.definition.pythonVersion === undefined ? {} : { pythonVersion: order.definition.pythonVersion }),
    environmentsDirectory: root,
    wheelDirectories: ctx.config.wheelDirectories,
    // The operator's wheel directories are there for hosts without a network; the index is not asked beside them.
    offline: ctx.config.wheelDirectories.length > 0,
    logPath: buildLogPath(ctx, order.hash),
    resultPath,
  }
  try {
    await writeFileAtomic(requestPath, JSON.stringify(request), { durable: false })
    const stderr = await runToEnd(ctx, requestPath, watch)
    const found = await statOrUndefined(resultPath)
    if (found === undefined) return { ok: false, error: `the builder did not run: ${stderr.trim().slice(-500)}` }
    return JSON.parse(await readText(resultPath, 64 * 1024 * 1024)) as BuilderResult
  } finally {
    await removeTree(requestPath)
    await removeTree(resultPath)
  }
}

/** Runs the builder, forwarding its progress lines. @returns what it wrote to stderr */
async function runToEnd(ctx: Context, requestPath: string, { onProgress, signal }: BuildWatch): Promise<string> {
  const call = fulcrumPython(ctx.config.pythonExecutable, 'environment_builder', [requestPath])
  const child = await spawnProcess({
    ...call,
    environment: { ...toolEnvironment(), ...call.environment },
    workingDirectory: environmentsDirectory(ctx),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close')
  const kill = (): void => void (child.pid !== undefined && signalGroup(child.pid, 'SIGKILL'))
  const timer = setTimeout(kill, buildTimeoutMs)
  let grace: ReturnType<typeof setTimeout> | undefined
  const abandon = (): void => {
    // Interrupted, the builder removes what it has half built; its tools are in the same group.
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGINT')
    grace = setTimeout(kill, abandonGraceMs)
  }
  if (signal.aborted) abandon()
  else signal.addEventListener('abort', abandon, { once: true })
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr = (stderr + chunk).slice(-20_000)))
  if (child.stdout !== null) {
    for await (const line of createInterface({ input: child.stdout })) {
      const text = progressOf(line)
      if (text !== undefined) onProgress(text)
    }
  }
  await ended
  clearTimeout(timer)
  clearTimeout(grace)
  signal.removeEventListener('abort', abandon)
  return stderr
}

function progressOf(line: string): string | undefined {
  try {
    const { progress } = JSON.parse(line) as { progress?: unknown }
    return typeof progress === 'string' ? progress : undefined
  } catch {
    return line.trim() === '' ? undefined : line
  }
}

async function recordStart(ctx: Context, hash: string, startedAt: Date): Promise<void> {
  const values = { state: 'Building', error: null, started_at: startedAt, ended_at: null }
  await ctx.db.kysely
    .insertInto('environment_builds')
    .values({ definition_hash: hash, ...values })
    .onConflict((conflict) => conflict.column('definition_hash').doUpdateSet(values))
    .execute()
}

async function recordEnd(ctx: Context, order: BuildOrder, result: BuilderResult): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    await tx
      .updateTable('environment_builds')
      .set({ ...factsOf(result), error: result.ok ? null : buildFailed(order.name, result).message, ended_at: ctx.clock.now() })
      .where('definition_hash', '=', order.hash)
      .execute()
    // An existing interpreter is only looked at, each time.
    if (order.definition.interpreter !== undefined && result.ok) return
    const { seconds, tool, cached, lockHash, packages, error, failingLine = null } = result
    await appendEvent(tx, ctx, systemActor, {
      type: result.ok ? 'environments.built' : 'environments.buildFailed',
      subject: order.subject,
      action: 'Microsoft.MachineLearningServices/workspaces/environments/build/action',
      result: result.ok ? 'success' : 'failed',
      data: result.ok ? { seconds, tool, cached, lockHash, packages: packages?.length } : { error, failingLine },
    })
  })
}

function factsOf(result: BuilderResult) {
  return {
    state: result.ok ? 'Succeeded' : 'Failed',
    lock_hash: result.lockHash ?? null,
    directory: result.directory ?? null,
    python: result.python ?? null,
    python_version: result.pythonVersion ?? null,
    tool: result.tool ?? null,
    cached: result.cached ?? null,
    seconds: result.seconds ?? null,
    packages: JSON.stringify(result.packages ?? []),
  }
}
