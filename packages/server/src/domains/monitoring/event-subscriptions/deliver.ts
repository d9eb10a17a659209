import { createHash } from 'node:crypto'
import {
  eventSubscriptionProperties,
  forbidden,
  invalid,
  isWithinScope,
  nearest,
  notFound,
  type EventSubscriptionProperties,
} from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { actorOfPrincipal, systemActor, type Actor } from '../../../kernel/auth/index.ts'
import type { Tx } from '../../../kernel/db/database.ts'
import { appendEvent, type EventHandler } from '../../../kernel/events/index.ts'
import { findResource, listResources, type StoredResource } from '../../../kernel/resources/index.ts'
import type { JsonObject } from '../../../kernel/tables.ts'
import { submitJobWithin } from '../../jobs/index.ts'
import { destinationOf, eventSubscriptionType, isUserMistake, submitAction, type JobDestination } from './behaviour.ts'

type Event = Parameters<EventHandler>[0]

const dayMs = 86_400_000
const readEvents = 'Fulcrum.Audit/events/read'

/**
 * Acts on events for every subscription that matches; each (subscription, event) leads to one record and at most one job.
 * The subscriptions are read once: it is for events that have happened already.
 */
export async function deliverToSubscriptions(ctx: Context): Promise<EventHandler> {
  const subscriptions = await listResources(ctx.db.kysely, { type: eventSubscriptionType, limit: 1_000, order: 'oldest' })
  return async (event) => {
    if (event.sequence === null || event.type.startsWith('eventSubscriptions.')) return
    for (const subscription of subscriptions) {
      const properties = eventSubscriptionProperties.parse(subscription.properties)
      if (matches(subscription, properties, event)) await deliver(ctx, subscription, event)
    }
  }
}

/** Without a subject a subscription hears of its own resource group only. */
function matches(subscription: StoredResource, { filter }: EventSubscriptionProperties, event: Event): boolean {
  if (!filter.includedEventTypes.some((type) => type.toLowerCase() === event.type.toLowerCase())) return false
  const prefix = filter.subjectBeginsWith
  if (prefix) return event.subject.toLowerCase().startsWith(prefix.toLowerCase())
  return isWithinScope(event.subject, subscription.id.replace(/\/providers\/.*$/i, ''))
}

async function deliver(ctx: Context, subscription: StoredResource, event: Event): Promise<void> {
  try {
    await ctx.db.transaction((tx) => deliverIn(tx, ctx, subscription.id, event))
  } catch (error) {
    if (!isUserMistake(error)) throw error
    await ctx.db.transaction((tx) =>
      record(tx, ctx, { subscriptionId: subscription.id, event, state: 'Failed', reason: error.message }),
    )
  }
}

async function deliverIn(tx: Tx, ctx: Context, subscriptionId: string, event: Event): Promise<void> {
  // The lock makes deliveries of one subscription follow each other, so that cooldown and limit hold.
  const subscription = await findResource(tx, subscriptionId, { forUpdate: true })
  if (subscription === undefined || (await isRecorded(tx, subscriptionId, event))) return
  const actor = await identityOf(tx, subscription)
  if (!(await ctx.authorization.allows(actor, readEvents, 'control', event.subject))) return
  const destination = destinationOf(eventSubscriptionProperties.parse(subscription.properties))
  const reason = await reasonToSkip(tx, ctx, subscriptionId, destination)
  if (reason !== undefined) return record(tx, ctx, { subscriptionId, event, state: 'Skipped', reason })
  if (!(await ctx.authorization.allows(actor, submitAction, 'control', destination.workspaceId)))
    throw forbidden(submitAction, destination.workspaceId)
  const properties = await jobProperties(tx, destination)
  const cause = {
    'fulcrum.eventSubscription': subscription.id,
    'fulcrum.eventSequence': String(event.sequence),
    'fulcrum.eventType': event.type,
  }
  const job = await submitJobWithin(tx, ctx, actor, {
    workspaceId: destination.workspaceId,
    name: jobName(subscription, event),
    body: { properties: { ...properties, properties: { ...(properties['properties'] as JsonObject | undefined), ...cause } } },
  })
  await record(tx, ctx, { subscriptionId, event, state: 'Delivered', jobId: job.id })
  await appendEvent(tx, ctx, actor, {
    type: 'eventSubscriptions.triggered',
    subject: subscription.id,
    action: submitAction,
    data: { eventSequence: event.sequence, eventType: event.type, eventSubject: event.subject, jobId: job.id },
  })
}

async function isRecorded(tx: Tx, subscriptionId: string, event: Event): Promise<boolean> {
  const found = await tx
    .selectFrom('event_deliveries')
    .select('state')
    .where('subscription_id', '=', subscriptionId.toLowerCase())
    .where('event_sequence', '=', event.sequence ?? 0)
    .executeTakeFirst()
  return found !== undefined
}

/** Who wrote the subscription last. @throws ResourceNotFound that principal is gone or disabled */
async function identityOf(tx: Tx, subscription: StoredResource): Promise<Actor> {
  const identity = subscription.status['deliveryIdentity'] as
    | { readonly principalId?: string; readonly type?: string }
    | undefined
  if (identity?.type === 'System') return systemActor
  const actor = identity?.principalId === undefined ? undefined : await actorOfPrincipal(tx, identity.principalId)
  if (actor === undefined)
    throw notFound('Principal', identity?.principalId ?? '', 'Write the subscription again as somebody who may submit its job.')
  return actor
}

async function reasonToSkip(
  tx: Tx,
  ctx: Context,
  subscriptionId: string,
  { cooldownMs, maximumRunsPerDay }: JobDestination,
): Promise<string | undefined> {
  const now = ctx.clock.now().getTime()
  const delivered = await tx
    .selectFrom('event_deliveries')
    .select('at')
    .where('subscription_id', '=', subscriptionId.toLowerCase())
    .where('state', '=', 'Delivered')
    .where('at', '>', new Date(now - Math.max(dayMs, cooldownMs)))
    .orderBy('at', 'desc')
    .execute()
  const last = delivered[0]?.at.getTime()
  if (last !== undefined && now - last < cooldownMs)
    return `The last job was submitted at ${new Date(last).toISOString()}; the cooldown lasts until ${new Date(last + cooldownMs).toISOString()}.`
  const today = delivered.filter(({ at }) => now - at.getTime() < dayMs).length
  return today >= maximumRunsPerDay
    ? `${today} jobs were submitted within a day; maximumRunsPerDay is ${maximumRunsPerDay}.`
    : undefined
}

/** The properties of the job to submit: as given, or those of an earlier job with some inputs changed. */
async function jobProperties(tx: Tx, { workspaceId, jobDefinition }: JobDestination): Promise<JsonObject> {
  if (typeof jobDefinition['sourceJobName'] !== 'string') return { ...jobDefinition }
  const name = jobDefinition['sourceJobName']
  const source = await findResource(tx, `${workspaceId}/jobs/${name}`)
  if (source === undefined) throw notFound('Job', name, 'It is the sourceJobName of an event subscription.')
  const known = (source.properties['inputs'] ?? {}) as JsonObject
  const changed = (jobDefinition['inputs'] ?? {}) as JsonObject
  for (const input of Object.keys(changed)) {
    if (input in known) continue
    const hint = nearest(input, Object.keys(known))
    throw invalid(`Job '${name}' has no input '${input}'${hint === undefined ? '' : `; did you mean '${hint}'?`}`, {
      target: `jobDefinition.inputs.${input}`,
    })
  }
  const inputs = Object.fromEntries(Object.entries(changed).map(([input, value]) => [input, asInput(value)]))
  return { ...source.properties, inputs: { ...known, ...inputs } }
}

/** Plain values are literals. */
function asInput(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? value : { jobInputType: 'literal', value: String(value) }
}

/** The same for each delivery of the same event. */
function jobName(subscription: StoredResource, event: Event): string {
  const digest = createHash('sha256').update(subscription.id.toLowerCase()).digest('hex').slice(0, 6)
  return `${subscription.name.slice(0, 200)}-${digest}-${event.sequence}`
}

async function record(
  tx: Tx,
  ctx: Context,
  delivery: { subscriptionId: string; event: Event; state: 'Delivered' | 'Skipped' | 'Failed'; reason?: string; jobId?: string },
): Promise<void> {
  const { event } = delivery
  await tx
    .insertInto('event_deliveries')
    .values({
      subscription_id: delivery.subscriptionId.toLowerCase(),
      event_sequence: event.sequence ?? 0,
      event_id: event.id,
      event_type: event.type,
      subject: event.subject,
      state: delivery.state,
      reason: delivery.reason ?? null,
      job_id: delivery.jobId ?? null,
      at: ctx.clock.now(),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
