import { notSupported } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { hostPythons } from '../environments/index.ts'
import type { StepSpec } from './types.ts'

const callsR = /(?:^|[;&|(]|\n)\s*(?:exec\s+)?Rscript(?:\s|$)/

/** @throws NotSupported a command that begins with R on a host without it: better now than with `127` after the wait */
export async function requirePrograms(ctx: Context, { command }: Pick<StepSpec, 'command'>): Promise<void> {
  if (!callsR.test(command) || typeof (await hostPythons(ctx)).rscript === 'string') return
  throw notSupported(
    'A command that calls Rscript, which is not on the PATH of this host,',
    'Install R there (Debian: r-base-core), with the packages that the job needs.',
  )
}
