import { parseArmId } from '../arm.ts'

const sections: Readonly<Record<string, string>> = {
  jobs: 'jobs',
  models: 'models',
  data: 'data',
  environments: 'environments',
  onlineendpoints: 'endpoints',
  batchendpoints: 'batch-endpoints',
  schedules: 'schedules',
}

/**
 * The page of what an id or an `azureml:` reference names.
 * @param workspacePath where references without a workspace are looked up
 * @returns undefined for what has no page, such as a path in a datastore
 */
export function assetHref(reference: string, workspacePath: string): string | undefined {
  const job = /^azureml:\/\/jobs\/([^/]+)/.exec(reference)?.[1]
  if (job) return `${workspacePath}/jobs/${encodeURIComponent(job)}`
  const parts = parseArmId(reference.replace(/^azureml:(?=\/)/, ''))
  const [top, asset, version] = parts?.segments ?? []
  if (!parts || !top) return undefined
  const place = `${encodeURIComponent(parts.resourceGroup)}/${encodeURIComponent(top.name)}`
  switch (top.type.toLowerCase()) {
    case 'releases':
      return `/releases/${place}`
    case 'registries':
      return asset && version
        ? `/registries/${place}/models/${encodeURIComponent(asset.name)}/${encodeURIComponent(version.name)}`
        : `/registries/${place}`
    case 'workspaces':
      return asset && pathInWorkspace(`/w/${place}`, asset, version)
    default:
      return undefined
  }
}

/** What `azureml://registries/<registry>/models/<name>/versions/<version>` names: such a reference does not say in which group its registry is. */
export interface RegistryReference {
  readonly registry: string
  readonly kind: string
  readonly name: string
  readonly version: string
}

export function parseRegistryReference(reference: string): RegistryReference | undefined {
  const match = /^azureml:\/\/registries\/([^/]+)\/([^/]+)\/([^/]+)\/versions\/([^/]+)$/.exec(reference)
  if (!match) return undefined
  const [, registry = '', kind = '', name = '', version = ''] = match
  return { registry, kind, name, version }
}

interface Segment {
  readonly type: string
  readonly name: string
}

function pathInWorkspace(base: string, asset: Segment, version: Segment | undefined): string | undefined {
  const section = sections[asset.type.toLowerCase()]
  if (!section) return undefined
  const path = `${base}/${section}/${encodeURIComponent(asset.name)}`
  return version?.type.toLowerCase() === 'versions' ? `${path}/${encodeURIComponent(version.name)}` : path
}
