import type { Resource } from '@fulcrum/contract'
import type { KindBehaviour, StoredResource } from './types.ts'

/** The only way out: the envelope every resource has, with the properties its kind shows. */
export function presentResource(behaviour: KindBehaviour, resource: StoredResource, origin?: string): Resource {
  const shown = behaviour.present?.(resource, origin) ?? { ...resource.properties, ...resource.status }
  return {
    id: resource.id,
    name: resource.name,
    type: resource.type,
    ...(behaviour.kind.tracked ? { location: resource.location ?? 'local', tags: { ...resource.tags } } : {}),
    ...(resource.identity === undefined ? {} : { identity: { type: 'None', ...resource.identity } }),
    ...(resource.sku === undefined ? {} : { sku: { name: 'Default', ...resource.sku } }),
    ...(resource.kind === undefined ? {} : { kind: resource.kind }),
    etag: printEtag(resource.etag),
    properties: shown,
    ...behaviour.presentEnvelope?.(resource),
    systemData: {
      createdBy: resource.createdBy,
      createdByType: azurePrincipalType(resource.createdByType),
      createdAt: resource.createdAt.toISOString(),
      lastModifiedBy: resource.modifiedBy,
      lastModifiedByType: azurePrincipalType(resource.modifiedByType),
      lastModifiedAt: resource.modifiedAt.toISOString(),
    },
  }
}

/** Azure's `systemData` knows User, Application, ManagedIdentity and Key. */
function azurePrincipalType(kind: string): string {
  return kind === 'ServicePrincipal' || kind === 'System' ? 'Application' : kind
}

export function printEtag(etag: number): string {
  return `"${etag}"`
}

/** Reads `"7"`, `W/"7"` or `7`; `undefined` when it is none of ours. */
export function parseEtag(text: string): number | undefined {
  const match = /^(?:W\/)?"?(\d{1,15})"?$/.exec(text.trim())
  return match?.[1] === undefined ? undefined : Number(match[1])
}
