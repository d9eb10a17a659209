import { deliveryKinds, deliveryOperations, invalid, workspaceOf } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import { ok, route } from '../../kernel/http/index.ts'
import { actorOfPrincipal } from '../../kernel/auth/index.ts'
import { presentResource, reconcileKind, type KindBehaviour } from '../../kernel/resources/index.ts'
import type { EventRow } from '../../kernel/events/index.ts'
import { registerDeploymentGuard } from '../endpoints/index.ts'
import { registerShareGuard } from '../models/index.ts'
import { decideGate } from './decide-gate.ts'
import { requireGatesForDeployment, requireGatesForRegistry } from './enforce.ts'
import { recordEvidence, releaseTag } from './evidence.ts'
import { readInbox } from './inbox.ts'
import { releaseWhatServes } from './live-traffic.ts'
import { initialStatus, openRelease, proposeRelease, releasesAwaiting } from './releases.ts'
import { reconcileRollout, rollBack, rolloutBehaviour } from './rollouts.ts'
import { evidenceType, gateType, releaseType, rolloutType } from './store.ts'

/** Releases, gates, evidence, rollouts; and the guard that every way into an environment asks. */
export function deliveryDomain(ctx: Context): DomainModule {
  registerShareGuard(ctx, (_ctx, _actor, request) =>
    requireGatesForRegistry(ctx.db.kysely, {
      digest: request.digest ?? '(none)',
      what: `Model '${request.name}' version '${request.version}'`,
    }),
  )
  registerDeploymentGuard(ctx, (tx, { endpointId, digest, what }) => requireGatesForDeployment(tx, { endpointId, digest, what }))
  return {
    name: 'delivery',
    behaviours: [gateBehaviour(), releaseBehaviour(ctx), evidenceBehaviour(), rolloutBehaviour(ctx)],
    tasks: { [reconcileKind({ kind: kindOf(rolloutType) })]: (task) => reconcileRollout(ctx, task) },
    routes: [
      route(deliveryOperations.decideGate, async (request) => {
        const release = await decideGate(ctx, request.actor, {
          releaseId: request.scope,
          gateName: request.params['gateName'] ?? '',
          verdict: request.body.verdict,
          comment: request.body.comment,
          requestId: request.id,
        })
        return ok(presentResource(ctx.resources.kinds.require(releaseType), release))
      }),
      route(deliveryOperations.cancelRollout, async (request) => {
        const rollout = await rollBack(ctx, request.actor, request.scope)
        return ok(presentResource(ctx.resources.kinds.require(rolloutType), rollout))
      }),
      route(deliveryOperations.inbox, async (request) => ok(await readInbox(ctx, request.actor))),
    ],
    subscriptions: [
      {
        reader: 'delivery: propose releases',
        types: ['models.versions.created'],
        handle: (row) => proposeRelease(ctx, row.subject),
      },
      {
        reader: 'delivery: release what serves',
        types: ['onlineEndpoints.updated', 'onlineEndpoints.created'],
        handle: (row) => releaseWhatServes(ctx, row),
      },
      { reader: 'delivery: collect evidence', types: ['jobs.statusChanged'], handle: (row) => onJobStatus(ctx, row) },
    ],
  }
}

function kindOf(type: string) {
  const kind = deliveryKinds.find((candidate) => candidate.type === type)
  if (kind === undefined) throw new Error(`The contract declares no kind '${type}'.`)
  return kind
}

function gateBehaviour(): KindBehaviour {
  return {
    kind: kindOf(gateType),
    async validate(_tx, write) {
      if (write.body.properties['environment'] === 'prod' && write.body.properties['twoPersonRule'] === false) {
        throw invalid('The two-person rule cannot be switched off for a gate to prod.', { target: 'properties.twoPersonRule' })
      }
    },
  }
}

function releaseBehaviour(ctx: Context): KindBehaviour {
  return {
    kind: kindOf(releaseType),
    immutableMembers: ['modelVersionId'],
    // The status of a new release needs the model version: it is filled in the same transaction, after the row exists.
    statusOnWrite: () => ({}),
    async afterWrite(tx, release, write) {
      if (write.existing !== undefined) return
      await ctx.resources.updateStatus(tx, release.id, {
        ...(await initialStatus(ctx, tx, String(release.properties['modelVersionId']))),
      })
    },
  }
}

function evidenceBehaviour(): KindBehaviour {
  return {
    kind: kindOf(evidenceType),
    immutableMembers: ['gate', 'kind', 'verdict', 'digest', 'checks', 'measurements'],
  }
}

/** A finished job brings evidence to the release that waited for it or that it was started for. */
async function onJobStatus(ctx: Context, row: EventRow): Promise<void> {
  const status = String(row.data['status'])
  if (status !== 'Completed' && status !== 'Failed' && status !== 'Canceled') return
  // Releases wait for whole jobs; a pipeline's steps may be many.
  if (row.data['parentJobName'] !== undefined) return
  const job = await ctx.resources.find(row.subject)
  const workspaceId = workspaceOf(row.subject)
  if (job === undefined || workspaceId === undefined) return
  for (const release of await releasesAwaiting(ctx.db.kysely, job.id)) {
    await recordEvidence(ctx, release, { workspaceId, name: job.name })
    await openRelease(ctx, release)
  }
  const named = job.tags[releaseTag] ?? (job.properties['tags'] as Record<string, string> | undefined)?.[releaseTag]
  const release = named === undefined ? undefined : await ctx.resources.find(named)
  if (release?.type !== releaseType || !(await mayWriteEvidence(ctx, job.id, release.id))) return
  await recordEvidence(ctx, release, { workspaceId, name: job.name })
}

/** Whoever submitted the job must hold the right to write evidence for the release it names. */
async function mayWriteEvidence(ctx: Context, jobId: string, releaseId: string): Promise<boolean> {
  const submitted = await ctx.db.kysely
    .selectFrom('events')
    .select('actor')
    .where('subject', '=', jobId)
    .where('type', '=', 'jobs.created')
    .executeTakeFirst()
  const actor =
    submitted === undefined ? undefined : await actorOfPrincipal(ctx.db.kysely, submitted.actor.onBehalfOf ?? submitted.actor.id)
  return actor !== undefined && ctx.authorization.allows(actor, 'Fulcrum.Delivery/releases/evidence/write', 'control', releaseId)
}
