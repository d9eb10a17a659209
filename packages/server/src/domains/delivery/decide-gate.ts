import { AppError, forbidden, notFound } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { findResource, type StoredResource } from '../../kernel/resources/index.ts'
import { describeGates, evidenceGaps, statesOfGates, type Decision, type GateRules } from './gates.ts'
import { withDecision, withHistory, type ReleaseStatus } from './release-status.ts'
import { readEvidence, readGateRules, releaseType, statusOf } from './store.ts'

export interface DecideGateInput {
  readonly releaseId: string
  readonly gateName: string
  readonly verdict: 'approve' | 'reject'
  readonly comment: string | undefined
  readonly requestId: string
}

/**
 * Records one person's decision about a gate, on the evidence that is there now.
 * @throws TwoPersonRule the author, or somebody acting for the author · AuthorizationFailed not in the gate's groups ·
 *   GateRequired the gate is not open or evidence is missing · DigestChanged the model is no longer what was examined
 */
export async function decideGate(ctx: Context, actor: Actor, input: DecideGateInput): Promise<StoredResource> {
  return ctx.db.transaction(async (tx) => {
    const release = await findResource(tx, input.releaseId, { forUpdate: true })
    if (release === undefined || release.type !== releaseType) throw notFound('Release', input.releaseId)
    const status = statusOf(release)
    const rules = await readGateRules(tx)
    const gate = requireOpenGate(rules, status, input.gateName)
    await refuseAuthor(tx, actor, status, gate)
    refuseOutsider(actor, gate, release.id)
    await refuseChangedDigest(tx, release, status)
    const evidence = await readEvidence(tx, release.id)
    if (input.verdict === 'approve') refuseGaps(gate, evidenceGaps(gate, evidence, status.digest))
    const now = ctx.clock.now()
    const decision: Decision = {
      principalId: actor.id,
      name: actor.name,
      verdict: input.verdict,
      comment: input.comment,
      time: now.toISOString(),
      digest: status.digest,
      evidence: evidence.filter((entry) => entry.gate === gate.name && entry.digest === status.digest).map((entry) => entry.id),
    }
    const decided = withDecision(
      status,
      { name: gate.name, displayName: gate.displayName, order: gate.order, environment: gate.environment },
      decision,
    )
    const verb = input.verdict === 'approve' ? 'approved' : 'rejected'
    const next = withHistory(refreshed(rules, decided), now, `Gate '${gate.displayName}' ${verb}`, actor.name)
    const updated = await ctx.resources.updateStatus(tx, release.id, { ...next })
    await appendEvent(
      tx,
      ctx,
      actor,
      {
        type: input.verdict === 'approve' ? 'releases.gateApproved' : 'releases.gateRejected',
        subject: release.id,
        action: 'Fulcrum.Delivery/releases/gates/approve/action',
        data: { gate: gate.name, digest: status.digest, comment: input.comment ?? '', model: status.model },
      },
      input.requestId,
    )
    return updated ?? release
  })
}

/** The release with its gates described and its overall state, after a change. */
export function refreshed(rules: readonly GateRules[], status: ReleaseStatus): ReleaseStatus {
  return {
    ...status,
    state: stateOf(rules, status),
    gates: describeGates(rules, status.gates, { digest: status.digest, ready: status.ready }),
  }
}

function stateOf(rules: readonly GateRules[], status: ReleaseStatus): ReleaseStatus['state'] {
  if (!status.ready) return 'collecting'
  const states = statesOfGates(rules, status.gates, { digest: status.digest, ready: status.ready }).map((gate) => gate.state)
  if (states.includes('rejected')) return 'rejected'
  if (!states.every((state) => state === 'approved')) return 'open'
  return status.state === 'released' || status.state === 'rolledBack' ? status.state : 'approved'
}

function requireOpenGate(rules: readonly GateRules[], status: ReleaseStatus, name: string): GateRules {
  const states = statesOfGates(rules, status.gates, { digest: status.digest, ready: status.ready })
  const found = states.find((entry) => entry.rules.name.toLowerCase() === name.toLowerCase())
  if (found === undefined) throw notFound('Gate', name, `The gates are: ${states.map((entry) => entry.rules.name).join(', ')}.`)
  if (found.state === 'open') return found.rules
  const open = states.find((entry) => entry.state === 'open')
  const reason = !status.ready
    ? 'its evidence is still being collected'
    : open === undefined
      ? 'no gate is open'
      : `gate '${open.rules.name}' comes first`
  if (found.state === 'waiting')
    throw new AppError('GateRequired', `Gate '${found.rules.name}' is not open yet: ${reason}.`, { target: found.rules.name })
  throw new AppError('Conflict', `Gate '${found.rules.name}' is already ${found.state}.`, { target: found.rules.name })
}

/** The author may not approve: neither in person, nor by a service principal of theirs, nor by a workload acting for them. */
async function refuseAuthor(db: Executor, actor: Actor, status: ReleaseStatus, gate: GateRules): Promise<void> {
  if (!gate.twoPersonRule && gate.environment !== 'prod') return
  const owner = await db.selectFrom('principals').select('owner_id').where('id', '=', actor.id).executeTakeFirst()
  const people = [actor.id, actor.onBehalfOf, owner?.owner_id ?? undefined]
  if (people.includes(status.author.id) || actor.boundTo !== undefined) {
    throw new AppError(
      'TwoPersonRule',
      `'${status.author.name}' made this model version; somebody else has to decide gate '${gate.name}'.`,
      { target: gate.name },
    )
  }
}

function refuseOutsider(actor: Actor, gate: GateRules, releaseId: string): void {
  if (!gate.approverGroupIds.some((group) => actor.groups.includes(group))) {
    throw forbidden(`Fulcrum.Delivery/releases/gates/${gate.name}/approve/action`, releaseId)
  }
}

async function refuseChangedDigest(db: Executor, release: StoredResource, status: ReleaseStatus): Promise<void> {
  const model = await findResource(db, String(release.properties['modelVersionId']))
  if (model !== undefined && model.status['digest'] === status.digest) return
  throw new AppError(
    'DigestChanged',
    `The model version is no longer the one that was examined (digest ${status.digest}). Start a new release.`,
    {
      target: release.id,
    },
  )
}

function refuseGaps(gate: GateRules, gaps: { missing: readonly string[]; failed: readonly string[] }): void {
  if (gaps.missing.length === 0 && gaps.failed.length === 0) return
  const parts = [
    ...(gaps.missing.length > 0 ? [`missing evidence: ${gaps.missing.join(', ')}`] : []),
    ...(gaps.failed.length > 0 ? [`failed evidence: ${gaps.failed.join(', ')}`] : []),
  ]
  const details = [...gaps.missing, ...gaps.failed].map((kind) => ({
    code: 'Evidence',
    message: `Evidence '${kind}' is required and must pass.`,
    target: kind,
  }))
  throw new AppError('GateRequired', `Gate '${gate.name}' cannot be approved: ${parts.join('; ')}.`, {
    target: gate.name,
    details,
  })
}
