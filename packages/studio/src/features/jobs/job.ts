import type { ArmResource } from '../../api.ts'

/** A job as Azure's wire gives it; what a kind of job lacks is undefined. */
export interface JobProperties {
  readonly jobType: string
  readonly status?: string
  readonly displayName?: string
  readonly experimentName?: string
  readonly description?: string
  readonly command?: string
  readonly computeId?: string | null
  readonly environmentId?: string | null
  readonly codeId?: string | null
  readonly tags?: Readonly<Record<string, string>>
  readonly properties?: Readonly<Record<string, string>>
  readonly inputs?: Readonly<Record<string, JobBinding | null>>
  readonly outputs?: Readonly<Record<string, JobBinding | null>>
  readonly startTime?: string | null
  readonly endTime?: string | null
  readonly error?: {
    readonly code?: string
    readonly message?: string
    readonly likelyReason?: string
    readonly lastLogLines?: readonly string[]
  } | null
  /** Of sweeps. */
  readonly limits?: { readonly maxTotalTrials?: number | null; readonly maxConcurrentTrials?: number | null } | null
  readonly earlyTermination?: { readonly policyType?: string } | null
  readonly searchSpace?: unknown
  /** Name of the pipeline's job, for the steps of one. */
  readonly parentJobName?: string | null
}

export interface JobBinding {
  readonly jobInputType?: string | null
  readonly jobOutputType?: string | null
  readonly uri?: string | null
  readonly value?: string | number | boolean | null
  readonly mode?: string | null
}

export type Job = ArmResource<JobProperties>

/** When a job ran; Azure's clients find both times in the property bag. */
export function timesOf(job: Job): { readonly start: string | undefined; readonly end: string | undefined } {
  const bag = job.properties.properties ?? {}
  return {
    start: job.properties.startTime ?? bag['StartTimeUtc'] ?? undefined,
    end: job.properties.endTime ?? bag['EndTimeUtc'] ?? undefined,
  }
}

/** Names of inputs or outputs with what they are bound to; unset ones are left out. */
export function bindingsOf(bindings: JobProperties['inputs']): readonly (readonly [string, JobBinding])[] {
  return Object.entries(bindings ?? {}).flatMap(([name, binding]) => (binding ? [[name, binding] as const] : []))
}
