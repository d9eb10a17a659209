import type { Context } from '../../context.ts'
import { issueCredentials, type CredentialDraft } from '../../kernel/auth/index.ts'
import { ensureJobRuns } from '../tracking/index.ts'
import { Batcher } from './batcher.ts'
import type { Attempt } from './engine-types.ts'

/** What the program of an attempt is known by: its credential and its run. */
export interface RunIdentity {
  /** Empty for jobs of the platform itself. */
  readonly token: string
  readonly experimentId: string
}

export type RunIdentities = Batcher<Attempt, RunIdentity>

/** What the credential of a job is good for at most: machine learning and storage, never roles, policies or secrets of the platform. */
export const jobScopes = [
  'Microsoft.MachineLearningServices/*',
  'Microsoft.Storage/*',
  'Microsoft.Resources/subscriptions/resourceGroups/read',
]

/** Gives attempts that are prepared at the same time their runs and credentials in one transaction. */
export function runIdentities(ctx: Context): RunIdentities {
  return new Batcher((attempts) => makeIdentities(ctx, attempts))
}

async function makeIdentities(ctx: Context, attempts: readonly Attempt[]): Promise<RunIdentity[]> {
  return ctx.db.transaction(async (tx) => {
    const owned = attempts.filter((attempt) => attempt.submitter.kind !== 'System')
    const issued = await issueCredentials(tx, ctx, owned.map(credentialOf))
    const runs = await ensureJobRuns(
      tx,
      ctx,
      attempts.map((attempt) => ({
        workspaceId: attempt.workspaceId,
        runId: attempt.jobName,
        experimentName: attempt.step.spec.experimentName,
        actorName: attempt.submitter.name,
        displayName: attempt.step.spec.displayName,
        parentRunId: attempt.step.spec.parentJobName,
      })),
    )
    return attempts.map((attempt, index) => ({
      token: issued[owned.indexOf(attempt)]?.token ?? '',
      experimentId: String(runs[index]?.experiment_id),
    }))
  })
}

/** The job acts as who submitted it, narrowed as they were, and only until it ends. Jobs of the platform itself get none. */
function credentialOf({ submitter, jobName, resourceId }: Attempt): CredentialDraft {
  return {
    kind: 'job',
    principalId: submitter.id,
    name: jobName,
    lifetimeMs: 30 * 24 * 3_600_000,
    boundTo: resourceId,
    scopes: submitter.tokenScopes ?? jobScopes,
  }
}
