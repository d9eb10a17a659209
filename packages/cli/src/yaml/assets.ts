import { stringify } from 'yaml'
import { componentSpec } from './pipeline-job.ts'
import { assetId, environmentProperties, isRemote, localPath } from './references.ts'
import { compact } from './values.ts'
import type { AssetKind, WorkspaceAssets } from './workspace-assets.ts'
import type { YamlNode } from './yaml-file.ts'

/** A resource to be written: its path below the workspace (or its whole id), and its body. */
export interface WireResource {
  readonly id: string
  readonly body: unknown
}

const dataKeys = ['$schema', 'name', 'version', 'type', 'path', 'description', 'tags', 'properties']
const modelKeys = [...dataKeys, 'flavors', 'stage', 'job_name']

async function version(node: YamlNode, kind: AssetKind, assets: WorkspaceAssets): Promise<string> {
  return node.get('version')?.text() ?? assets.nextVersion(kind, node.need('name').text())
}

const shared = (node: YamlNode): Record<string, unknown> =>
  compact({
    description: node.get('description')?.text(),
    tags: node.get('tags')?.texts(),
    properties: node.get('properties')?.texts(),
  })

export async function dataAsset(node: YamlNode, assets: WorkspaceAssets): Promise<WireResource> {
  node.only(dataKeys)
  const type = node.get('type')?.oneOf(['uri_file', 'uri_folder', 'mltable']) ?? 'uri_folder'
  const path = node.need('path')
  const dataUri = isRemote(path.text()) ? path.text() : (await uploaded(path, assets)).uri
  return {
    id: `${assets.workspaceId}/data/${node.need('name').text()}/versions/${await version(node, 'data', assets)}`,
    body: { properties: { dataType: type, dataUri, ...shared(node) } },
  }
}

export async function modelAsset(node: YamlNode, assets: WorkspaceAssets): Promise<WireResource> {
  node.only(modelKeys)
  const path = node.need('path')
  return {
    id: `${assets.workspaceId}/models/${node.need('name').text()}/versions/${await version(node, 'models', assets)}`,
    body: {
      properties: compact({
        modelType: node.get('type')?.oneOf(['custom_model', 'mlflow_model', 'triton_model']) ?? 'custom_model',
        modelUri: isRemote(path.text()) ? path.text() : (await uploaded(path, assets)).uri,
        flavors: node.get('flavors')?.value,
        stage: node.get('stage')?.text(),
        jobName: node.get('job_name')?.text(),
        ...shared(node),
      }),
    },
  }
}

async function uploaded(path: YamlNode, assets: WorkspaceAssets) {
  return assets.uploadData(localPath(path)).catch((error: unknown) => {
    throw path.fail(error instanceof Error ? error.message : String(error))
  })
}

/** An environment in Azure's form, or a conda file as it is: then the conda file's own name is the environment's. */
export async function environmentAsset(node: YamlNode, assets: WorkspaceAssets, name?: string): Promise<WireResource> {
  const isConda = node.get('dependencies') !== undefined && node.get('image') === undefined
  const assetName = name ?? node.need('name').text()
  const asset = `${assets.workspaceId}/environments/${assetName}/versions/${isConda ? await assets.nextVersion('environments', assetName) : await version(node, 'environments', assets)}`
  if (!isConda) return { id: asset, body: { properties: await environmentProperties(node, assets) } }
  node.only(['name', 'channels', 'dependencies', 'variables', 'prefix'])
  return { id: asset, body: { properties: { condaFile: stringify(node.value, { sortMapEntries: true }) } } }
}

/** `azureml:name:version` of a model, a registry's model, or a local folder that becomes an anonymous version. */
export async function modelReference(node: YamlNode, assets: WorkspaceAssets): Promise<string> {
  if (!node.isMapping()) return assetId(node, 'models', assets)
  const path = node.need('path')
  const uri = isRemote(path.text()) ? path.text() : (await uploaded(path, assets)).uri
  const name =
    node.get('name')?.text() ??
    `anonymous-${uri
      .split('/')
      .slice(-3)
      .join('-')
      .replace(/[^\w-]/g, '')}`
  const properties = {
    modelType: node.get('type')?.text() ?? 'custom_model',
    modelUri: uri,
    isAnonymous: node.get('name') === undefined,
  }
  return assets.ensureVersion('models', name, node.get('version')?.text() ?? '1', { properties })
}

export async function componentAsset(node: YamlNode, assets: WorkspaceAssets): Promise<WireResource> {
  const spec = await componentSpec(node, assets)
  const versionName = await version(node, 'components', assets)
  return {
    id: `${assets.workspaceId}/components/${node.need('name').text()}/versions/${versionName}`,
    body: {
      properties: { componentSpec: { ...spec, version: versionName }, description: node.get('description')?.text() ?? null },
    },
  }
}
