import type { Context } from '../../context.ts'
import { issuerOf } from '../identity/index.ts'

/**
 * Base address of the API. With `origin` the one by which the caller of a request reached us; else that of clients on
 * this host, which is also the issuer of our tokens.
 */
export function addressOf(ctx: Context, origin?: string): string {
  return origin ?? issuerOf(ctx)
}

/** The MLflow tracking address of a workspace or registry. */
export function mlflowAddressOf(ctx: Context, workspaceId: string, origin?: string): string {
  return `${addressOf(ctx, origin)}/mlflow/v1.0${workspaceId}`
}

/** `host:port` of the API with TLS, as seen by the caller: clients put `https://` in front of what they compose from it. */
export function secureHostOf(ctx: Context, origin?: string): string {
  const { protocol, host, hostname } = new URL(origin ?? issuerOf(ctx))
  return protocol === 'https:' ? host : `${hostname}:${ctx.config.https.port}`
}
