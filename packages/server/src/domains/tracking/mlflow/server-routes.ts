import { trackingOperations as operations } from '@fulcrum/contract'
import { ok, route, type ApiReply, type Route } from '../../../kernel/http/index.ts'

/** The MLflow version whose API we speak; clients decide by it what they may send. */
export const mlflowVersion = '3.11.1'

const nothing = async (): Promise<ApiReply> => ({ status: 404, raw: '' })

export function serverRoutes(): Route[] {
  return [
    route(operations.version, async () => ({ headers: { 'content-type': 'text/plain; charset=utf-8' }, raw: mlflowVersion })),
    route(operations.health, async () => ({ headers: { 'content-type': 'text/plain; charset=utf-8' }, raw: 'OK' })),
    route(operations.serverInfo, async () => ok({ store_type: 'SqlStore', workspaces_enabled: false })),
    ...[
      operations.unknownGet,
      operations.unknownPost,
      operations.unknownPut,
      operations.unknownPatch,
      operations.unknownDelete,
    ].map((operation) => route(operation, nothing)),
  ]
}
