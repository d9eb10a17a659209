import { join } from 'node:path'
import type { EnvironmentCollection } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { fulcrumPython } from '../../kernel/processes/index.ts'
import { ensureDirectory, removeTree, runProcess, writeFileAtomic } from '../../kernel/safe/index.ts'
import { environmentsDirectory } from './ensure-environment.ts'

/** Environments that were not used for longest make room; those of running jobs, deployments and builds stay. */

/** Says which environments are in use, as paths inside them or their lock hashes. */
export type EnvironmentHolder = () => Promise<readonly string[]>

const holders = new WeakMap<Context, EnvironmentHolder[]>()

/** Domains that run programs in environments say so here; nothing that one of them holds is removed. */
export function holdEnvironments(ctx: Context, holder: EnvironmentHolder): void {
  holders.set(ctx, [...(holders.get(ctx) ?? []), holder])
}

/** Between finding an environment and being known to hold it, a job may prepare its inputs for this long. */
const minimumIdleSeconds = 3_600

export interface CollectionRequest {
  readonly limitBytes: number
  readonly dryRun: boolean
  readonly minimumIdleSeconds?: number
}

interface CollectorResult {
  readonly bytesBefore: number
  readonly bytesAfter: number
  readonly kept: number
  /** `lastUsedAt` in seconds since the epoch. */
  readonly removed: readonly { readonly lockHash: string; readonly sizeBytes: number; readonly lastUsedAt: number }[]
}

export async function collectEnvironments(ctx: Context, request: CollectionRequest): Promise<EnvironmentCollection> {
  const root = environmentsDirectory(ctx)
  const held = (await Promise.all((holders.get(ctx) ?? []).map((holder) => holder()))).flat()
  const path = join(root, '.requests', `collect-${ctx.ids.base62(8)}.json`)
  await ensureDirectory(join(root, '.requests'), 0o755)
  await ensureDirectory(join(root, '.locks'), 0o755)
  await writeFileAtomic(
    path,
    JSON.stringify({ environmentsDirectory: root, minimumIdleSeconds, ...request, inUse: held.map(lockHashOf) }),
    { durable: false },
  )
  try {
    const call = fulcrumPython(ctx.config.pythonExecutable, 'environment_collector', [path])
    const { stdout, stderr, exitCode } = await runProcess({ ...call, workingDirectory: root, timeoutMs: 10 * 60_000 })
    if (exitCode !== 0) throw new Error(`Environments could not be collected: ${stderr.trim().slice(-500)}`)
    const { bytesBefore, bytesAfter, kept, removed } = JSON.parse(stdout) as CollectorResult
    if (removed.length > 0 && !request.dryRun)
      ctx.log.info({ removed: removed.length, bytes: bytesBefore - bytesAfter }, 'Unused environments were removed')
    return {
      bytesBefore,
      bytesAfter,
      kept,
      removed: removed.map((one) => ({ ...one, lastUsedAt: new Date(one.lastUsedAt * 1000).toISOString() })),
    }
  } finally {
    await removeTree(path)
  }
}

/** `…/environments/<lock hash>/bin/python` → the lock hash. */
function lockHashOf(text: string): string {
  return /\/environments\/([0-9a-f]{32})(?:\/|$)/.exec(text)?.[1] ?? text
}
