import { componentAsset, dataAsset, environmentAsset, modelAsset, type WireResource } from './assets.ts'
import { onlineDeployment, onlineEndpoint } from './endpoints.ts'
import { jobProperties, newJobName } from './jobs.ts'
import { schedule } from './schedules.ts'
import type { WorkspaceAssets } from './workspace-assets.ts'
import { YamlError } from './yaml-error.ts'
import { readYamlFile, YamlFile, YamlNode } from './yaml-file.ts'

/** What a verb of the command line is about: the first thing that decides the kind of a file. */
export type Family =
  | 'job'
  | 'component'
  | 'data'
  | 'model'
  | 'environment'
  | 'online-endpoint'
  | 'online-deployment'
  | 'batch-endpoint'
  | 'batch-deployment'
  | 'schedule'
  | 'compute'
  | 'datastore'
  | 'workspace'
  | 'registry'
  | 'connection'
  | 'feature-set'
  | 'feature-store'
  | 'feature-store-entity'

export interface LoadOptions {
  /** `a.b.c=value` edits of the loaded YAML, made before anything is checked; list items by index (`a.0.b=value`). */
  readonly set?: readonly string[]
  /** Members given by flags; they win over the file: `name`, `version`, `endpoint_name`, `type`, `size` … in YAML's spelling. */
  readonly overrides?: Readonly<Record<string, unknown>>
  /** Experiment of a job that names none; the SDK takes the name of the current folder. `Default` when absent. */
  readonly experimentName?: string
}

export interface LoadedResource {
  /** Whole ARM id: PUT `body` there. */
  readonly id: string
  readonly name: string
  readonly body: Record<string, unknown>
  /** Oddities that the original accepts in silence, one line each: `file:line:col …`; for stderr. */
  readonly warnings: readonly string[]
}

/**
 * Translates a file of Azure's CLI v2 YAML into the body of its PUT. Uploads what it names and creates the anonymous versions it needs.
 * @param file absent when flags alone say everything (`compute create --name x --type amlcompute`)
 * @throws YamlError `file:line:col what is wrong, nearest key`
 */
export async function loadResource(
  family: Family,
  file: string | undefined,
  assets: WorkspaceAssets,
  options: LoadOptions = {},
): Promise<LoadedResource> {
  const loaded = file === undefined ? new YamlFile('flags', '{}') : await readYamlFile(file, options.set)
  const value = { ...(loaded.value as Record<string, unknown>), ...options.overrides }
  const node = new YamlNode(loaded, [], value)
  const { id, body } = await translate(family, node, assets, options)
  return { id, name: id.slice(id.lastIndexOf('/') + 1), body: body as Record<string, unknown>, warnings: [] }
}

async function translate(family: Family, node: YamlNode, assets: WorkspaceAssets, options: LoadOptions): Promise<WireResource> {
  switch (family) {
    case 'job': {
      const properties = await jobProperties(node, assets)
      const name = node.get('name')?.text() ?? newJobName('job', crypto.randomUUID())
      const experimentName = properties['experimentName'] ?? options.experimentName ?? 'Default'
      return { id: `${assets.workspaceId}/jobs/${name}`, body: { properties: { ...properties, experimentName } } }
    }
    case 'component':
      return componentAsset(node, assets)
    case 'data':
      return dataAsset(node, assets)
    case 'model':
      return modelAsset(node, assets)
    case 'environment':
      return environmentAsset(node, assets)
    case 'online-endpoint':
      return onlineEndpoint(node, assets)
    case 'online-deployment':
      return onlineDeployment(node, assets)
    case 'schedule':
      return schedule(node, assets)
    default:
      throw new YamlError(`${node.file.path}: '${family}' cannot be translated yet.`)
  }
}
