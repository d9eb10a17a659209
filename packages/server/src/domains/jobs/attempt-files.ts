import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Context } from '../../context.ts'
import { isRunning, WorkDirectory, type ProcessReference } from '../../kernel/processes/index.ts'
import type { ServiceState } from './service-types.ts'
import type { ExitRecord } from './types.ts'

/** The directory of one attempt, through which engine and wrapper talk: spec in; status, heartbeat, logs, metrics and exit record out. */

export const specFile = 'spec.json'
export const userLogs = 'user_logs'
export const platformLogs = 'azureml-logs'
export const buildLog = `${platformLogs}/20_image_build_log.txt`

/**
 * The name under which an attempt is known outside the database: `flc-<instance>-<step>-<attempt>`. Control groups and stray processes are
 * found by it, so two instances on one host, whose step numbers are equal, must not share it.
 */
export function tokenOf(ctx: Context, step: { readonly id: number; readonly attempt: number }): string {
  const instance = createHash('sha256').update(ctx.config.dataDirectory).digest('hex').slice(0, 8)
  return `flc-${instance}-${step.id}-${step.attempt}`
}

export function attemptDirectory(ctx: Context, token: string): string {
  return join(ctx.config.dataDirectory, 'jobs', token)
}

export async function readExit(directory: WorkDirectory, token: string): Promise<ExitRecord | undefined> {
  const value = (await directory.readJson('exit.json')) as ExitRecord | undefined
  return value?.token === token && typeof value.reason === 'string' ? value : undefined
}

interface RunnerStatus {
  readonly state: string
  readonly process: ProcessReference | undefined
  readonly services: Readonly<Record<string, ServiceState>>
}

export async function readStatus(directory: WorkDirectory, token: string): Promise<RunnerStatus | undefined> {
  const value = (await directory.readJson('status.json')) as
    | { token?: unknown; state?: unknown; runnerPid?: unknown; runnerStartTicks?: unknown; services?: RunnerStatus['services'] }
    | undefined
  if (value?.token !== token || typeof value.state !== 'string') return undefined
  const known = typeof value.runnerPid === 'number' && value.runnerStartTicks !== null && value.runnerStartTicks !== undefined
  return {
    state: value.state,
    services: value.services ?? {},
    process: known ? { pid: value.runnerPid as number, startTime: String(value.runnerStartTicks) } : undefined,
  }
}

/** Whether the wrapper of an attempt is alive, by what the starter saw or what it wrote itself. */
export async function isAttemptAlive(started: ProcessReference | undefined, status: RunnerStatus | undefined): Promise<boolean> {
  for (const process of [status?.process, started]) if (process !== undefined && (await isRunning(process))) return true
  return false
}
