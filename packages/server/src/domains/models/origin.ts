import { nameOf } from '@fulcrum/contract'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource, type StoredResource } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'

/** Where a version came from, as far as its job says. */
export interface ModelOrigin {
  readonly runId?: string
  readonly jobName?: string
  readonly jobId?: string
  /** Inputs of the job that are assets or places. */
  readonly inputs: readonly { readonly name: string; readonly uri: string }[]
  readonly environmentId?: string
  readonly environmentLockHash?: string
  readonly codeId?: string
  readonly sourceVersionId?: string
}

/** Reads the job of a version, when there is one. */
export async function readOrigin(
  db: Executor,
  ownerId: string,
  known: { runId?: string; jobName?: string; versionId?: string },
): Promise<ModelOrigin> {
  const job = await jobOf(db, ownerId, known)
  return {
    ...(known.runId === undefined ? {} : { runId: known.runId }),
    ...(known.versionId === undefined ? {} : { sourceVersionId: known.versionId }),
    ...(job === undefined
      ? known.jobName === undefined
        ? {}
        : { jobName: known.jobName }
      : { jobName: nameOf(job.id), jobId: job.id }),
    inputs: inputsOf(job),
    ...text('environmentId', job?.properties['environmentId']),
    ...text('codeId', job?.properties['codeId']),
    ...text('environmentLockHash', job?.status['environmentLockHash'] ?? member(job?.status['environment'], 'lockHash')),
  }
}

async function jobOf(
  db: Executor,
  ownerId: string,
  known: { runId?: string; jobName?: string },
): Promise<StoredResource | undefined> {
  for (const name of [known.jobName, known.runId]) {
    const job = name === undefined || name === '' ? undefined : await findResource(db, `${ownerId}/jobs/${name}`)
    if (job !== undefined) return job
  }
  return undefined
}

/** Inputs of a job that are assets or places; what another step gives is none. */
export function inputsOf(job: StoredResource | undefined): { name: string; uri: string }[] {
  const inputs = (job?.properties['inputs'] ?? {}) as Record<string, JsonObject | null>
  return Object.entries(inputs).flatMap(([name, input]) =>
    typeof input?.['uri'] === 'string' ? [{ name, uri: input['uri'] }] : [],
  )
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as JsonObject)[name] : undefined
}

function text<Name extends string>(name: Name, value: unknown): { [Key in Name]?: string } {
  return (typeof value === 'string' && value !== '' ? { [name]: value } : {}) as { [Key in Name]?: string }
}
