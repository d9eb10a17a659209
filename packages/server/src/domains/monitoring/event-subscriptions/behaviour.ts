import {
  AppError,
  eventSubscriptionProperties,
  forbidden,
  invalid,
  monitoringKinds,
  notFound,
  notSupported,
  type EventSubscriptionProperties,
} from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import type { KindBehaviour } from '../../../kernel/resources/index.ts'
import { durationMs } from '../duration.ts'

export const eventSubscriptionType = 'Microsoft.EventGrid/eventSubscriptions'
export const submitAction = 'Microsoft.MachineLearningServices/workspaces/jobs/write'

/** Runs at most this often a day unless the subscription says otherwise: a job that causes its own event must not run for ever. */
export const usualRunsPerDay = 10

/** The destination, checked. */
export interface JobDestination {
  readonly workspaceId: string
  readonly jobDefinition: NonNullable<NonNullable<EventSubscriptionProperties['destination']['properties']>['jobDefinition']>
  readonly maximumRunsPerDay: number
  readonly cooldownMs: number
}

/** @throws NotSupported another kind of destination · InvalidRequestContent a member is missing or wrong */
export function destinationOf(properties: EventSubscriptionProperties): JobDestination {
  const { endpointType, properties: given } = properties.destination
  if (endpointType.toLowerCase() === 'webhook') {
    throw notSupported(
      'A destination of type WebHook',
      "Use the type 'Fulcrum.Job', which submits a job, or read events from the live stream.",
    )
  }
  if (endpointType.toLowerCase() !== 'fulcrum.job') {
    throw invalid(`destination.endpointType '${endpointType}' is not known; use 'Fulcrum.Job'.`, {
      target: 'properties.destination.endpointType',
    })
  }
  if (!given?.workspaceId)
    throw invalid('destination.properties.workspaceId is missing: the workspace in which the job shall run.', {
      target: 'properties.destination.properties.workspaceId',
    })
  if (!given.jobDefinition) {
    throw invalid("destination.properties.jobDefinition is missing: a job's properties, or {sourceJobName, inputs}.", {
      target: 'properties.destination.properties.jobDefinition',
    })
  }
  return {
    workspaceId: given.workspaceId,
    jobDefinition: given.jobDefinition,
    maximumRunsPerDay: given.maximumRunsPerDay ?? usualRunsPerDay,
    cooldownMs: given.cooldown ? durationMs(given.cooldown, 'properties.destination.properties.cooldown') : 0,
  }
}

/** Subscriptions act as who wrote them last; whoever writes one must be allowed to submit its job. */
export function eventSubscriptionBehaviour(ctx: Context): KindBehaviour {
  const [kind] = monitoringKinds
  if (kind === undefined) throw new Error('The contract lost the kind of event subscriptions.')
  return {
    kind,
    async validate(tx, { actor, body }) {
      const destination = destinationOf(eventSubscriptionProperties.parse(body.properties))
      if ((await ctx.resources.find(destination.workspaceId, tx)) === undefined)
        throw notFound('Workspace', destination.workspaceId)
      if (await ctx.authorization.allows(actor, submitAction, 'control', destination.workspaceId)) return
      throw forbidden(submitAction, destination.workspaceId)
    },
    statusOnWrite: ({ actor }) => ({
      provisioningState: 'Succeeded',
      deliveryIdentity: { principalId: actor.id, name: actor.name, type: actor.kind },
    }),
    async beforeDelete(tx, resource) {
      await tx.deleteFrom('event_deliveries').where('subscription_id', '=', resource.id.toLowerCase()).execute()
    },
  }
}

export function isUserMistake(error: unknown): error is AppError {
  return error instanceof AppError
}
