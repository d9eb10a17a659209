import type { Context } from '../../context.ts'
import { toolEnvironment } from '../../kernel/config/index.ts'
import { fulcrumPython } from '../../kernel/processes/index.ts'
import { runProcess } from '../../kernel/safe/index.ts'

export interface HostPythons {
  /** The version used where none is asked for, such as `3.11`. */
  readonly own: string
  readonly available: readonly string[]
  /** Paths of the interpreters among them. */
  readonly programs?: readonly string[]
  /** Where R is, if it is. */
  readonly rscript?: string | null
  /** The host's own Python: what jobs without an environment run with. */
  readonly host?: InterpreterFacts
}

export interface InterpreterFacts {
  readonly version: string
  readonly executable: string
  readonly packages: readonly { readonly name: string; readonly version: string }[]
}

const known = new WeakMap<Context, Promise<HostPythons>>()

/** The interpreters that environments can be built for; looked up once per process. */
export function hostPythons(ctx: Context): Promise<HostPythons> {
  const found = known.get(ctx) ?? lookUp(ctx)
  known.set(ctx, found)
  return found
}

async function lookUp(ctx: Context): Promise<HostPythons> {
  const call = fulcrumPython(ctx.config.pythonExecutable, 'python_tools')
  const { stdout, stderr } = await runProcess({
    ...call,
    environment: { ...toolEnvironment(), ...call.environment },
    workingDirectory: ctx.config.dataDirectory,
    timeoutMs: 60_000,
  })
  try {
    return JSON.parse(stdout) as HostPythons
  } catch {
    known.delete(ctx)
    throw new Error(`The host's Python could not be asked for its version: ${stderr.trim().slice(-500)}`)
  }
}
