import type { Context } from '../../context.ts'
import { actorOfPrincipal, systemActor } from '../../kernel/auth/index.ts'
import { appendEvent, type EventRow } from '../../kernel/events/index.ts'
import { findResource, listResources } from '../../kernel/resources/index.ts'
import { servedDigests, type ServedDigest } from '../endpoints/index.ts'
import { withHistory } from './release-status.ts'
import { environmentOf, readGateRules, releasesOfDigest, rolloutType, statusOf } from './store.ts'

/**
 * An endpoint of the last environment was written: the releases of the digests that take its traffic are out, with or without a
 * rollout. A release whose rollout still goes on is left to it.
 */
export async function releaseWhatServes(ctx: Context, row: EventRow): Promise<void> {
  const db = ctx.db.kysely
  const last = (await readGateRules(db)).at(-1)?.environment
  if (last === undefined || (await environmentOf(db, row.subject)) !== last) return
  for (const served of await servedDigests(ctx, row.subject)) {
    for (const release of await releasesOfDigest(db, served.digest)) {
      if (statusOf(release).state === 'approved') await markReleased(ctx, release.id, served, row)
    }
  }
}

async function markReleased(ctx: Context, releaseId: string, served: ServedDigest, row: EventRow): Promise<void> {
  const actor = (await actorOfPrincipal(ctx.db.kysely, row.actor.id)) ?? systemActor
  await ctx.db.transaction(async (tx) => {
    const release = await findResource(tx, releaseId, { forUpdate: true })
    if (release === undefined || statusOf(release).state !== 'approved') return
    const rollouts = await listResources(tx, {
      type: rolloutType,
      limit: 100,
      matching: [{ path: ['releaseId'], anyOf: [release.id] }],
    })
    if (rollouts.some((rollout) => ['Mirroring', 'Advancing'].includes(String(rollout.status['state'])))) return
    const what = `Deployment '${served.deploymentName}' takes ${served.percent} % of the traffic`
    const next = withHistory({ ...statusOf(release), state: 'released' }, ctx.clock.now(), what, row.actor.name)
    await ctx.resources.updateStatus(tx, release.id, { ...next })
    await appendEvent(tx, ctx, actor, {
      type: 'releases.released',
      subject: release.id,
      action: 'Fulcrum.Delivery/releases/write',
      data: { endpointId: row.subject, deployment: served.deploymentName, reason: what },
    })
  })
}
