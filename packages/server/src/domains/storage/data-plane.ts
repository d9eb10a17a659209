import { isAppError, workspaceOf, type Resource, type ResourceKind } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { KindBehaviour } from '../../kernel/resources/index.ts'
import { ownUri, uriMembers } from './asset-references.ts'
import { parseDataUri } from './data-uri.ts'
import { ticketUrl } from './tickets.ts'

/** How assets of a registry read on Azure's data plane: `azureml://registries/…` as id, URLs of storage as places. */
export function registryDataPlane(ctx: Context, kind: ResourceKind): Pick<KindBehaviour, 'presentDataPlane'> {
  if (!/\/registries\//i.test(kind.type)) return {}
  return {
    async presentDataPlane(shown, origin): Promise<Resource> {
      const properties: Record<string, unknown> = { ...shown.properties }
      for (const member of uriMembers) {
        const uri = properties[member]
        if (typeof uri === 'string') properties[member] = await urlOf(ctx, shown.id, uri, origin)
      }
      return { ...shown, id: shown.id.replace(/^.*\/registries\//i, 'azureml://registries/'), properties }
    },
  }
}

/** A place outside this instance stays as it is. */
async function urlOf(ctx: Context, versionId: string, uri: string, origin: string): Promise<string> {
  try {
    const location = await parseDataUri(ctx, workspaceOf(versionId) ?? '', ownUri(versionId, uri))
    return `${ticketUrl(origin, location)}/${location.path}`
  } catch (error) {
    if (isAppError(error) && error.status < 500) return uri
    throw error
  }
}
