import type { EvidenceProperties, GateProperties } from '@fulcrum/contract'
import type { Executor } from '../../kernel/db/schema.ts'
import { listResources, type StoredResource } from '../../kernel/resources/index.ts'
import type { GateRules } from './gates.ts'
import type { ReleaseStatus } from './release-status.ts'

/** Reads of the delivery kinds. */

export const releaseType = 'Fulcrum.Delivery/releases'
export const evidenceType = 'Fulcrum.Delivery/releases/evidence'
export const gateType = 'Fulcrum.Delivery/gates'
export const rolloutType = 'Fulcrum.Delivery/rollouts'

const everything = 1_000

/** The gates of the instance, in order. */
export async function readGateRules(db: Executor): Promise<GateRules[]> {
  const gates = await listResources(db, { type: gateType, limit: everything, order: 'oldest' })
  return gates
    .map((gate) => ({ ...(gate.properties as unknown as GateProperties), name: gate.name }) as GateRules)
    .toSorted((left, right) => left.order - right.order)
}

/** All evidence of a release, oldest first. */
export async function readEvidence(db: Executor, releaseId: string): Promise<(EvidenceProperties & { id: string })[]> {
  const rows = await listResources(db, { type: evidenceType, parentId: releaseId, limit: everything, order: 'oldest' })
  return rows.map((row) => ({ ...(row.properties as unknown as EvidenceProperties), id: row.id }))
}

export function statusOf(release: StoredResource): ReleaseStatus {
  return release.status as unknown as ReleaseStatus
}

/** Releases that stand for a digest. */
export async function releasesOfDigest(db: Executor, digest: string): Promise<StoredResource[]> {
  return listResources(db, { type: releaseType, limit: everything, matching: [{ path: ['digest'], anyOf: [digest] }] })
}

/** The environment label of a resource's group, e.g. `prod`; `undefined` outside an instance. */
export async function environmentOf(db: Executor, id: string): Promise<string | undefined> {
  const group = /^(\/subscriptions\/[^/]+\/resourcegroups\/[^/]+)/i.exec(id)?.[1]
  if (group === undefined) return undefined
  const row = await db.selectFrom('resources').select('tags').where('id', '=', group.toLowerCase()).executeTakeFirst()
  return row?.tags['fulcrum.environment']
}
