import { invalid, rolloutPropertiesSchema, type RolloutProperties } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { actorOfPrincipal, systemActor, type Actor } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { findResource, type KindBehaviour, type ResourceWrite, type StoredResource } from '../../kernel/resources/index.ts'
import type { ClaimedTask, TaskResult } from '../../kernel/tasks/index.ts'
import { compareDeployments, setTraffic } from '../endpoints/index.ts'
import { deliveryKinds } from '@fulcrum/contract'
import { requireGatesForDeployment } from './enforce.ts'
import { withHistory } from './release-status.ts'
import { planRollout, type DeploymentFigures, type RolloutMove, type StepFigures } from './rollout-plan.ts'
import { rolloutType, statusOf } from './store.ts'

/** What is known of a rollout; kept in the resource's status. */
interface RolloutStatus {
  readonly provisioningState: string
  readonly state: 'Mirroring' | 'Advancing' | 'Released' | 'RolledBack'
  readonly actorId: string
  /** Traffic before the rollout; what a rollback restores. */
  readonly before: Readonly<Record<string, number>>
  /** −1 while mirroring. */
  readonly step: number
  readonly stepStartedAt: string
  /** False until the traffic of the present step is set. */
  readonly applied: boolean
  /** Counters when the step began: the metrics are kept by the minute, a step may be shorter. */
  readonly baseline: Readonly<Record<string, { requests: number; errors: number }>>
  readonly reason: string
  readonly history: readonly { time: string; what: string; traffic: Readonly<Record<string, number>>; figures?: StepFigures }[]
}

const pollMs = 1_000

export function rolloutBehaviour(ctx: Context): KindBehaviour {
  const kind = deliveryKinds.find((candidate) => candidate.type === rolloutType)
  if (kind === undefined) throw new Error('The contract declares no rollouts.')
  return {
    kind,
    reconciled: true,
    immutableMembers: ['endpointId', 'deploymentName', 'releaseId', 'steps', 'mirrorPercent'],
    validate: (tx, write) => validateRollout(tx, write),
    statusOnWrite: (write) => (write.existing === undefined ? { ...initial(ctx, write) } : {}),
  }
}

function initial(ctx: Context, write: ResourceWrite): RolloutStatus {
  const properties = rolloutPropertiesSchema.parse(write.body.properties)
  const mirrors = properties.mirrorPercent > 0
  return {
    provisioningState: 'Running',
    state: mirrors ? 'Mirroring' : 'Advancing',
    actorId: write.actor.id,
    before: {},
    step: mirrors ? -1 : 0,
    stepStartedAt: ctx.clock.now().toISOString(),
    applied: false,
    baseline: {},
    reason: 'started',
    history: [],
  }
}

async function validateRollout(tx: Executor, write: ResourceWrite): Promise<void> {
  const properties = rolloutPropertiesSchema.parse(write.body.properties)
  const rising = properties.steps.every((percent, index) => index === 0 || percent > (properties.steps[index - 1] ?? 0))
  if (!rising || properties.steps.at(-1) !== 100)
    throw invalid('properties.steps must rise and end at 100.', { target: 'properties.steps' })
  const deployment = await findResource(tx, `${properties.endpointId}/deployments/${properties.deploymentName}`)
  if (deployment === undefined)
    throw invalid(`Deployment '${properties.deploymentName}' does not exist on that endpoint.`, {
      target: 'properties.deploymentName',
    })
  const release = await findResource(tx, properties.releaseId)
  if (release === undefined)
    throw invalid(`Release '${properties.releaseId}' does not exist.`, { target: 'properties.releaseId' })
  await requireGatesForDeployment(tx, {
    endpointId: properties.endpointId,
    digest: statusOf(release).digest,
    what: `Release '${release.name}'`,
  })
}

/** One step of the controller: set the traffic of the step, judge it when enough requests came, go on or go back. */
export async function reconcileRollout(ctx: Context, task: ClaimedTask): Promise<TaskResult> {
  const rollout = await ctx.resources.find(task.key)
  if (rollout === undefined) return undefined
  const status = rollout.status as unknown as RolloutStatus
  if (status.state === 'Released' || status.state === 'RolledBack') return undefined
  const properties = rolloutPropertiesSchema.parse(rollout.properties)
  const actor = (await actorOfPrincipal(ctx.db.kysely, status.actorId)) ?? systemActor
  if (!status.applied) return applyStep(ctx, actor, rollout, { properties, status })
  const current = incumbent(status.before, properties.deploymentName)
  const sinceMs = Date.parse(status.stepStartedAt)
  const figures = await figuresOf(ctx, properties, current, status)
  const move = planRollout(properties, { step: status.step, startedAtMs: sinceMs }, figures, ctx.clock.now().getTime())
  return makeMove(ctx, actor, rollout, { properties, status, move, figures })
}

async function applyStep(
  ctx: Context,
  actor: Actor,
  rollout: StoredResource,
  entry: { properties: RolloutProperties; status: RolloutStatus },
): Promise<TaskResult> {
  const { properties, status } = entry
  const endpoint = await ctx.resources.require(properties.endpointId)
  const before =
    Object.keys(status.before).length > 0 ? status.before : ((endpoint.properties['traffic'] ?? {}) as Record<string, number>)
  const traffic = status.step < 0 ? before : shares(before, properties.deploymentName, properties.steps[status.step] ?? 100)
  const mirror = status.step < 0 ? { [properties.deploymentName]: properties.mirrorPercent } : {}
  const now = ctx.clock.now().toISOString()
  const names = [...new Set([...Object.keys(before), properties.deploymentName])]
  const counted = await compareDeployments(ctx, properties.endpointId, names, Date.parse(now))
  const baseline = Object.fromEntries(
    names.map((name) => [name, { requests: counted[name]?.requests ?? 0, errors: errorsOf(counted[name]) }]),
  )
  await setTraffic(ctx, actor, properties.endpointId, { traffic, mirrorTraffic: mirror })
  const what =
    status.step < 0
      ? `mirror ${properties.mirrorPercent} %`
      : `${properties.steps[status.step]} % to ${properties.deploymentName}`
  await update(ctx, rollout.id, {
    before,
    baseline,
    applied: true,
    stepStartedAt: now,
    reason: what,
    history: [...status.history, { time: now, what, traffic }],
  })
  return { againAfterMs: pollMs }
}

async function makeMove(
  ctx: Context,
  actor: Actor,
  rollout: StoredResource,
  entry: { properties: RolloutProperties; status: RolloutStatus; move: RolloutMove; figures: StepFigures },
): Promise<TaskResult> {
  const { properties, status, move, figures } = entry
  const now = ctx.clock.now().toISOString()
  switch (move.kind) {
    case 'wait':
      if (move.reason !== status.reason) await update(ctx, rollout.id, { reason: move.reason, figures })
      return { againAfterMs: pollMs }
    case 'advance':
      await update(ctx, rollout.id, {
        state: 'Advancing',
        step: move.step,
        applied: false,
        reason: move.reason,
        history: [...status.history, { time: now, what: `step passed: ${move.reason}`, traffic: {}, figures }],
      })
      return { againAfterMs: 0 }
    case 'finish':
      await endRollout(ctx, actor, rollout, { state: 'Released', reason: move.reason, figures })
      return undefined
    case 'rollback':
      await setTraffic(ctx, actor, properties.endpointId, { traffic: status.before, mirrorTraffic: {} })
      await endRollout(ctx, actor, rollout, { state: 'RolledBack', reason: move.reason, figures })
      return undefined
  }
}

/** A person ends the rollout: all traffic goes back to where it was. */
export async function rollBack(ctx: Context, actor: Actor, id: string): Promise<StoredResource> {
  const rollout = await ctx.resources.require(id)
  const status = rollout.status as unknown as RolloutStatus
  if (status.state === 'RolledBack') return rollout
  await setTraffic(ctx, actor, String(rollout.properties['endpointId']), { traffic: status.before, mirrorTraffic: {} })
  await endRollout(ctx, actor, rollout, { state: 'RolledBack', reason: `rolled back by ${actor.name}`, figures: undefined })
  return ctx.resources.require(id)
}

async function endRollout(
  ctx: Context,
  actor: Actor,
  rollout: StoredResource,
  end: { state: 'Released' | 'RolledBack'; reason: string; figures: StepFigures | undefined },
): Promise<void> {
  const now = ctx.clock.now()
  await ctx.db.transaction(async (tx) => {
    const current = await findResource(tx, rollout.id, { forUpdate: true })
    if (current === undefined) return
    const status = current.status as unknown as RolloutStatus
    const history = [
      ...status.history,
      {
        time: now.toISOString(),
        what: `${end.state}: ${end.reason}`,
        traffic: {},
        ...(end.figures === undefined ? {} : { figures: end.figures }),
      },
    ]
    const succeeded = end.state === 'Released'
    await ctx.resources.updateStatus(tx, rollout.id, {
      provisioningState: succeeded ? 'Succeeded' : 'Failed',
      state: end.state,
      reason: end.reason,
      history,
    })
    const release = await findResource(tx, String(rollout.properties['releaseId']), { forUpdate: true })
    if (release !== undefined) {
      const next = withHistory(
        { ...statusOf(release), state: succeeded ? 'released' : 'rolledBack' },
        now,
        `Rollout ${end.state}: ${end.reason}`,
        actor.name,
      )
      await ctx.resources.updateStatus(tx, release.id, { ...next })
    }
    const type = succeeded ? 'releases.released' : 'releases.rolledBack'
    await appendEvent(tx, ctx, actor, {
      type,
      subject: release?.id ?? rollout.id,
      action: 'Fulcrum.Delivery/rollouts/write',
      data: {
        rollout: rollout.id,
        reason: end.reason,
        endpointId: rollout.properties['endpointId'],
        deployment: rollout.properties['deploymentName'],
      },
    })
  })
}

async function update(ctx: Context, id: string, patch: Partial<RolloutStatus> & { figures?: StepFigures }): Promise<void> {
  await ctx.db.transaction((tx) => ctx.resources.updateStatus(tx, id, { ...patch }))
}

/** What the deployments did since the step began. */
async function figuresOf(
  ctx: Context,
  properties: RolloutProperties,
  current: string | undefined,
  status: RolloutStatus,
): Promise<StepFigures> {
  const names = [properties.deploymentName, ...(current === undefined ? [] : [current])]
  const compared = await compareDeployments(ctx, properties.endpointId, names, Date.parse(status.stepStartedAt))
  const since = (name: string | undefined): DeploymentFigures => {
    const total = name === undefined ? undefined : compared[name]
    if (name === undefined || total === undefined) return { requests: 0, errorRate: 0, p99Ms: 0 }
    const before = status.baseline[name] ?? { requests: 0, errors: 0 }
    const requests = Math.max(0, total.requests - before.requests)
    const errors = Math.max(0, errorsOf(total) - before.errors)
    return { requests, errorRate: requests === 0 ? 0 : errors / requests, p99Ms: total.p99Ms }
  }
  return { candidate: since(properties.deploymentName), current: since(current) }
}

function errorsOf(figures: DeploymentFigures | undefined): number {
  return figures === undefined ? 0 : Math.round(figures.errorRate * figures.requests)
}

/** The deployment that had most traffic before. */
function incumbent(before: Readonly<Record<string, number>>, candidate: string): string | undefined {
  return Object.entries(before)
    .filter(([name, percent]) => name !== candidate && percent > 0)
    .toSorted((left, right) => right[1] - left[1])[0]?.[0]
}

/** `percent` to the candidate; the rest to the others in proportion to what they had, so that the sum is 100. */
export function shares(before: Readonly<Record<string, number>>, candidate: string, percent: number): Record<string, number> {
  const others = Object.entries(before).filter(([name, share]) => name !== candidate && share > 0)
  const total = others.reduce((sum, [, share]) => sum + share, 0)
  if (total === 0) return { [candidate]: 100 }
  const result: Record<string, number> = {}
  let rest = 100 - percent
  others.forEach(([name, share], index) => {
    result[name] = index === others.length - 1 ? rest : Math.round(((100 - percent) * share) / total)
    rest -= result[name] ?? 0
  })
  return { ...result, [candidate]: percent }
}
