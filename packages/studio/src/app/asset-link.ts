import { parseArmId } from '../arm.ts'

const sections: Readonly<Record<string, string>> = {
  jobs: 'jobs',
  models: 'models',
  data: 'data',
  environments: 'environments',
  onlineendpoints: 'endpoints',
  schedules: 'monitors',
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
  const [workspace, asset, version] = parts?.segments ?? []
  const section = sections[asset?.type.toLowerCase() ?? '']
  if (!parts || workspace?.type.toLowerCase() !== 'workspaces' || !asset || !section) return undefined
  const base = `/w/${encodeURIComponent(parts.resourceGroup)}/${encodeURIComponent(workspace.name)}`
  const path = `${base}/${section}/${encodeURIComponent(asset.name)}`
  return version?.type.toLowerCase() === 'versions' ? `${path}/${encodeURIComponent(version.name)}` : path
}
