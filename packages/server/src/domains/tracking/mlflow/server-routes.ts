import { trackingOperations as operations } from '@fulcrum/contract'
import { ok, route, type ApiReply, type ApiRequest, type Route } from '../../../kernel/http/index.ts'

/** The MLflow version whose API we speak; clients decide by it what they may send. */
export const mlflowVersion = '3.11.1'

/**
 * Clients print links of the form `<tracking URI>/#/experiments/<id>/runs/<id>`. What follows the `#` never gets here, but browsers
 * keep it through a redirect: the studio's page reads it there.
 */
async function openInStudio({ params, headers }: ApiRequest): Promise<ApiReply> {
  const isBrowser = headers.accept?.includes('text/html') === true
  if (!isBrowser) return nothing()
  const [group = '', workspace = ''] = [params['resourceGroupName'], params['workspaceName']].map((name = '') =>
    encodeURIComponent(name),
  )
  return { status: 302, headers: { location: `/w/${group}/${workspace}/mlflow` }, raw: '' }
}

const nothing = async (): Promise<ApiReply> => ({ status: 404, raw: '' })

export function serverRoutes(): Route[] {
  return [
    route(operations.version, async () => ({ headers: { 'content-type': 'text/plain; charset=utf-8' }, raw: mlflowVersion })),
    route(operations.health, async () => ({ headers: { 'content-type': 'text/plain; charset=utf-8' }, raw: 'OK' })),
    route(operations.serverInfo, async () => ok({ store_type: 'SqlStore', workspaces_enabled: false })),
    route(operations.openInStudio, openInStudio),
    ...[
      operations.unknownGet,
      operations.unknownPost,
      operations.unknownPut,
      operations.unknownPatch,
      operations.unknownDelete,
    ].map((operation) => route(operation, nothing)),
  ]
}
