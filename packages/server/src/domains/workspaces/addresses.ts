import type { Context } from '../../context.ts'
import { issuerOf } from '../identity/index.ts'

/** Base address under which clients on this host reach the API; also the issuer of its tokens. */
export const addressOf = issuerOf

/** The MLflow tracking address of a workspace. */
export function mlflowAddressOf(ctx: Context, workspaceId: string): string {
  return `${addressOf(ctx)}/mlflow/v1.0${workspaceId}`
}
