import type { Operation } from '@fulcrum/contract'
import type { z } from 'zod'
import type { Context } from '../../../context.ts'
import { ok, route, type ApiReply, type ApiRequest, type Route } from '../../../kernel/http/index.ts'
import { openTracking, type TrackingScope } from '../scope.ts'
import { Arguments } from './arguments.ts'

export interface MlflowRequest {
  readonly scope: TrackingScope
  readonly arguments: Arguments
  readonly request: ApiRequest
}

/** Binds an MLflow call: opens the workspace, reads query or body leniently, answers 200 with `{}` when there is nothing to say. */
export function mlflowRoutes(ctx: Context) {
  return <Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
    operation: Operation<Q, B, R>,
    handle: (call: MlflowRequest) => Promise<unknown>,
  ): Route =>
    route(operation, async (request) => {
      const scope = await openTracking(ctx, request.scope)
      const values = operation.method === 'GET' ? request.query : { ...(request.query as object), ...(request.body as object) }
      return ok((await handle({ scope, arguments: new Arguments(values), request: request as ApiRequest })) ?? {})
    })
}

/** As {@link mlflowRoutes}, for calls that print their answer themselves (files). */
export function mlflowFileRoutes(ctx: Context) {
  return <Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
    operation: Operation<Q, B, R>,
    handle: (call: MlflowRequest) => Promise<ApiReply>,
  ): Route =>
    route(operation, async (request) => {
      const scope = await openTracking(ctx, request.scope)
      return handle({ scope, arguments: new Arguments(request.query), request: request as ApiRequest })
    })
}
