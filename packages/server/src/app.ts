import { allOperations, unauthenticated } from '@fulcrum/contract'
import type { FastifyInstance } from 'fastify'
import type { Context } from './context.ts'
import type { DomainModule } from './domain.ts'
import { appendEvent } from './kernel/events/index.ts'
import { createAuthenticator, createHttpServer, type UnroutedHandler } from './kernel/http/index.ts'
import { resourceRoutes } from './kernel/resources/routes.ts'

/** The API role: every operation of the table, bound to its domain. */
export function createApp(
  ctx: Context,
  domains: readonly DomainModule[],
  unrouted: readonly UnroutedHandler[] = [],
): FastifyInstance {
  const verifyJwt =
    domains.find((domain) => domain.verifyJwt !== undefined)?.verifyJwt ?? (() => Promise.reject(unauthenticated()))
  const verifySignedRequest = domains.find((domain) => domain.verifySignedRequest !== undefined)?.verifySignedRequest
  return createHttpServer({
    operations: allOperations,
    routes: [...resourceRoutes({ ...ctx, db: ctx.db }), ...domains.flatMap((domain) => domain.routes ?? [])],
    authorizer: ctx.authorization,
    authenticate: createAuthenticator({
      db: ctx.db.kysely,
      clock: ctx.clock,
      verifyJwt,
      ...(verifySignedRequest === undefined ? {} : { verifySignedRequest }),
    }),
    renderers: Object.assign({}, ...domains.map((domain) => domain.renderers ?? {})),
    unrouted: [...domains.flatMap((domain) => domain.unrouted ?? []), ...unrouted],
    allowedHosts: ctx.config.allowedHosts,
    ids: ctx.ids,
    log: ctx.log,
    onDenied: (actor, operation, scope, error, requestId) =>
      appendEvent(
        ctx.db.kysely,
        ctx,
        actor,
        { type: 'access.denied', subject: scope, action: operation.action, result: 'denied', data: { code: error.code } },
        requestId,
      ),
  })
}

/** Makes the kinds of all domains known to the resource service. */
export function registerDomains(ctx: Context, domains: readonly DomainModule[]): void {
  for (const domain of domains) ctx.resources.kinds.register(domain.behaviours ?? [])
}
