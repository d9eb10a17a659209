import type { Context } from '../../context.ts'
import { fulcrumPython } from '../../kernel/processes/index.ts'
import { runProcess } from '../../kernel/safe/index.ts'

export interface HostCapabilities {
  readonly [member: string]: unknown
}

const probes = new WeakMap<Context, Promise<HostCapabilities>>()

/**
 * What this host can isolate and limit, found out by doing (`python -m fulcrum_runtime.probe`); probed once per process.
 * @returns with `error` when the probe itself did not work
 */
export function probeHost(ctx: Context): Promise<HostCapabilities> {
  const known = probes.get(ctx)
  if (known !== undefined) return known
  const probe = runProbe(ctx)
  probes.set(ctx, probe)
  return probe
}

async function runProbe(ctx: Context): Promise<HostCapabilities> {
  const call = fulcrumPython(ctx.config.pythonExecutable, 'probe')
  try {
    const result = await runProcess({ ...call, workingDirectory: '/', timeoutMs: 60_000 })
    if (result.exitCode !== 0)
      return { error: `The probe ended with ${result.exitCode ?? result.signal}: ${result.stderr.trim().slice(-500)}` }
    return JSON.parse(result.stdout) as HostCapabilities
  } catch (error) {
    return { error: `The probe did not run: ${error instanceof Error ? error.message : String(error)}` }
  }
}
