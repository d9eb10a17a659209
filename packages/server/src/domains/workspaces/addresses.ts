import type { Context } from '../../context.ts'

/** Base address under which clients on this host reach the API. */
export function addressOf(ctx: Context): string {
  const { host, port } = ctx.config.http
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** The MLflow tracking address of a workspace. */
export function mlflowAddressOf(ctx: Context, workspaceId: string): string {
  return `${addressOf(ctx)}/mlflow/v1.0${workspaceId}`
}
