import { componentAsset, dataAsset, environmentAsset, modelAsset, type WireResource } from './assets.ts'
import { compute } from './computes.ts'
import { datastore } from './datastores.ts'
import { batchDeployment, onlineDeployment } from './deployments.ts'
import { batchEndpoint, onlineEndpoint } from './endpoints.ts'
import { featureSet, featureStore, featureStoreEntity } from './features.ts'
import { jobProperties, newJobName } from './jobs.ts'
import { placeOfTarget } from './place-of-target.ts'
import { readYaml } from './references.ts'
import { schedule } from './schedules.ts'
import type { Run } from './shape.ts'
import { connection, registry, workspace } from './workspaces.ts'
import type { WorkspaceAssets } from './workspace-assets.ts'
import { YamlFile } from './yaml-file.ts'
import { YamlNode } from './yaml-node.ts'

export interface LoadOptions {
  /** `a.b.c=value` edits of the loaded YAML, made before anything is checked; list items by index (`a.0.b=value`). */
  readonly set?: readonly string[] | undefined
  /** Members given by flags; they win over the file: `name`, `version`, `endpoint_name`, `type`, `size` … in YAML's spelling. */
  readonly overrides?: Readonly<Record<string, unknown>>
  /** Experiment of a job that names none; the SDK takes the name of the current folder. `Default` when absent. */
  readonly experimentName?: string
  /** What the name of a job without one starts with. `job` when absent. */
  readonly baseName?: string
}

export interface LoadedResource {
  /** Whole ARM id: PUT `body` there. */
  readonly id: string
  readonly name: string
  readonly body: Record<string, unknown>
  /** Oddities that the original accepts in silence, one line each: `file:line:col …`; for stderr. */
  readonly warnings: readonly string[]
  /** `file:line:col` of what the server calls `properties.…`; see {@link placeOfTarget}. */
  readonly placeOf: (target: string) => string | undefined
}

/** By the verb of the command line: the first thing that decides the kind of a file. */
const translators = {
  job,
  component: componentAsset,
  data: dataAsset,
  model: modelAsset,
  environment: environmentAsset,
  'online-endpoint': onlineEndpoint,
  'online-deployment': onlineDeployment,
  'batch-endpoint': batchEndpoint,
  'batch-deployment': batchDeployment,
  schedule,
  compute,
  datastore,
  workspace,
  registry,
  connection,
  'feature-set': featureSet,
  'feature-store': featureStore,
  'feature-store-entity': featureStoreEntity,
} satisfies Record<string, (node: YamlNode, run: Run) => Promise<WireResource>>

export type Family = keyof typeof translators

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
  const yaml = { set: options.set, overrides: options.overrides, version: '1.1' } as const
  const loaded =
    file === undefined ? new YamlFile('flags', '{}', yaml) : await readYaml(file, (path) => assets.readText(path), yaml)
  const { experimentName = 'Default', baseName = 'job' } = options
  const run: Run = { assets, experimentName, baseName, warnings: [] }
  const { id, body } = await translators[family](new YamlNode(loaded), run)
  return {
    id,
    name: id.slice(id.lastIndexOf('/') + 1),
    body,
    warnings: run.warnings,
    placeOf: (target) => placeOfTarget(loaded, target),
  }
}

/** The `properties` of a job's file. @throws YamlError */
export async function loadJob(
  file: string,
  assets: WorkspaceAssets,
  options: LoadOptions = {},
): Promise<Record<string, unknown>> {
  const { body } = await loadResource('job', file, assets, options)
  return body['properties'] as Record<string, unknown>
}

async function job(node: YamlNode, run: Run): Promise<WireResource> {
  const properties = await jobProperties(node, run)
  const name = node.get('name')?.text() ?? newJobName(node.get('display_name')?.text() ?? run.baseName, crypto.randomUUID())
  return {
    id: `${run.assets.workspaceId}/jobs/${name}`,
    body: { properties: { displayName: name, experimentName: run.experimentName, ...properties } },
  }
}
