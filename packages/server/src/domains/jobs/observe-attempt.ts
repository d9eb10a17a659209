import {
  DirectoryWatch,
  fulcrumPython,
  signalDetached,
  startDetached,
  type ProcessReference,
} from '../../kernel/processes/index.ts'
import { runProcess } from '../../kernel/safe/index.ts'
import { isAttemptAlive, readExit, readStatus, specFile } from './attempt-files.ts'
import type { Context } from '../../context.ts'
import { LeaseLostError, type Attempt, type StepProcesses } from './engine-types.ts'
import { mergeStatus } from '../../kernel/resources/index.ts'
import { MetricsTail } from './metrics-tail.ts'
import type { ServiceState } from './service-types.ts'
import type { ExitRecord } from './types.ts'

/** How long a wrapper may be neither seen nor recorded before it counts as lost. */
const lostAfterMs = 3_000

/** Attempts as processes of this host, each under a wrapper that outlives the engine and is followed through the files it writes. */
export function localProcesses(ctx: Context): StepProcesses {
  return {
    start: (attempt) => startRunner(ctx, attempt),
    observe: (attempt, onActive) => observe(ctx, attempt, onActive),
    reap: (attempt) => reap(ctx, attempt),
  }
}

/** Starts the wrapper; harmless when it runs or ran already: it holds a lock and looks for its own exit record. */
async function startRunner(ctx: Context, attempt: Attempt): Promise<void> {
  const call = fulcrumPython(ctx.config.pythonExecutable, 'runner', [attempt.directory.at(specFile)])
  const process = await startDetached({
    ...call,
    workingDirectory: attempt.directory.path,
    outputFile: attempt.directory.at('runner.log'),
  })
  if (process === undefined) return
  await ctx.db.kysely
    .updateTable('attempts')
    .set({ process: JSON.stringify(process) })
    .where('step_id', '=', attempt.step.id)
    .where('attempt', '=', attempt.step.attempt)
    .execute()
}

async function observe(ctx: Context, attempt: Attempt, onActive: () => void): Promise<ExitRecord | undefined> {
  const started = await startedProcess(ctx, attempt)
  const metrics = new MetricsTail({ ctx }, attempt)
  using watch = new DirectoryWatch(attempt.directory.path, ['exit.json', 'status.json'])
  let active = attempt.step.state === 'Active'
  let signalled = false
  const absentMs = absenceOf(started)
  let announced = '{}'
  for (;;) {
    if (attempt.lost.aborted) throw new LeaseLostError(attempt.token)
    const exit = await readExit(attempt.directory, attempt.token)
    const status = await readStatus(attempt.directory, attempt.token)
    // A program may end between two looks; it ran all the same.
    if (!active && hasStarted(status?.state, exit)) {
      onActive()
      active = true
    }
    announced = await announceServices(ctx, attempt, { services: status?.services ?? {}, announced })
    if (exit !== undefined) {
      await metrics.flush()
      return exit
    }
    if ((await absentMs(status)) > lostAfterMs) return undefined
    if (attempt.cancelled.aborted && !signalled) {
      signalled = true
      await askToStop([status?.process, started])
    }
    await metrics.flushSometimes()
    await watch.wait(signalled ? [attempt.lost] : [attempt.lost, attempt.cancelled])
  }
}

/** For how long the wrapper has not been seen, asked again and again. */
function absenceOf(started: ProcessReference | undefined): (status: Parameters<typeof isAttemptAlive>[1]) => Promise<number> {
  let since: number | undefined
  return async (status) => {
    since = (await isAttemptAlive(started, status)) ? undefined : (since ?? performance.now())
    return since === undefined ? 0 : performance.now() - since
  }
}

/** Tells clients where the services of a running job listen, once and when it changes. @returns what they know now */
async function announceServices(
  ctx: Context,
  attempt: Attempt,
  { services, announced }: { readonly services: Readonly<Record<string, ServiceState>>; readonly announced: string },
): Promise<string> {
  const text = JSON.stringify(services)
  if (text !== announced) await mergeStatus(ctx.db.kysely, attempt.resourceId, { services })
  return text
}

function hasStarted(state: string | undefined, exit: ExitRecord | undefined): boolean {
  return state === 'running' || state === 'stopping' || typeof exit?.exitCode === 'number'
}

async function askToStop(processes: readonly (ProcessReference | undefined)[]): Promise<void> {
  for (const process of processes) if (process !== undefined) await signalDetached(process, 'SIGTERM')
}

async function reap(ctx: Context, attempt: Attempt): Promise<void> {
  const call = fulcrumPython(ctx.config.pythonExecutable, 'runner', ['--reap', attempt.directory.at(specFile)])
  await runProcess({ ...call, workingDirectory: '/', timeoutMs: 30_000 })
}

async function startedProcess(ctx: Context, attempt: Attempt): Promise<ProcessReference | undefined> {
  const row = await ctx.db.kysely
    .selectFrom('attempts')
    .select('process')
    .where('step_id', '=', attempt.step.id)
    .where('attempt', '=', attempt.step.attempt)
    .executeTakeFirst()
  return row?.process ?? undefined
}
