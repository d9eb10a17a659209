import { z } from 'zod'
import { operation } from './operation.ts'

/** Operations of the platform itself: liveness, its own description, long-running operations, events and audit. */

const health = z.object({ status: z.literal('ok'), version: z.string() })

export const eventSchema = z.object({
  sequence: z.number(),
  id: z.string(),
  time: z.string(),
  type: z.string(),
  subject: z.string(),
  actor: z.looseObject({ id: z.string(), name: z.string(), kind: z.string() }),
  action: z.string(),
  result: z.string(),
  requestId: z.string().nullable(),
  data: z.record(z.string(), z.unknown()),
  hash: z.string(),
})
export type PlatformEvent = z.infer<typeof eventSchema>

export const platformOperations = {
  health: operation({
    id: 'platform.health',
    method: 'GET',
    path: '/health',
    summary: 'Says that the process answers.',
    action: 'public',
    dialect: 'platform',
    response: health,
  }),
  openApi: operation({
    id: 'platform.openApi',
    method: 'GET',
    path: '/openapi.json',
    summary: 'The OpenAPI document of this server.',
    action: 'public',
    dialect: 'platform',
  }),
  operationStatus: operation({
    id: 'platform.operationStatus',
    method: 'GET',
    summary: 'The state of a long-running operation.',
    action: 'authenticated',
    path: '/subscriptions/{subscriptionId}/providers/Microsoft.MachineLearningServices/locations/{location}/operationsStatus/{operationId}',
  }),
  operationResult: operation({
    id: 'platform.operationResult',
    method: 'GET',
    summary: 'The result of a long-running operation: 202 while it runs.',
    action: 'authenticated',
    success: [200, 202, 204],
    path: '/subscriptions/{subscriptionId}/providers/Microsoft.MachineLearningServices/locations/{location}/operationResults/{operationId}',
  }),
  listEvents: operation({
    id: 'activity.list',
    method: 'GET',
    path: '/subscriptions/{subscriptionId}/providers/Fulcrum.Audit/events',
    summary: 'Audit events, newest first, of the scopes the caller may read.',
    action: 'Fulcrum.Audit/events/read',
    filtered: true,
    query: z.looseObject({
      subject: z.string().optional(),
      type: z.string().optional(),
      actor: z.string().optional(),
      result: z.string().optional(),
      before: z.coerce.number().int().optional(),
      after: z.coerce.number().int().optional(),
      $top: z.coerce.number().int().min(1).max(1000).optional(),
    }),
    response: z.object({ value: z.array(eventSchema), nextLink: z.string().nullable() }),
  }),
  verifyAudit: operation({
    id: 'activity.verify',
    method: 'POST',
    path: '/subscriptions/{subscriptionId}/providers/Fulcrum.Audit/verify',
    summary: 'Walks the audit chain and names the first broken sequence.',
    action: 'Fulcrum.Audit/events/verify/action',
  }),
  streamEvents: operation({
    id: 'activity.stream',
    method: 'GET',
    path: '/events/stream',
    dialect: 'platform',
    summary: 'Live events as server-sent events, resumed by `after` or Last-Event-ID.',
    action: 'authenticated',
    query: z.looseObject({ after: z.coerce.number().int().min(0).optional() }),
  }),
}
