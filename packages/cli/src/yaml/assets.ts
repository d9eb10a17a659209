import { environmentProperties, printConda } from './environments.ts'
import { componentSpec } from './components.ts'
import { dataUri, typeOf } from './job-io.ts'
import { assetId, at, contentHash, isRemote, localPath } from './references.ts'
import { raw, type Rule, type Run, type Shape, text, texts, translate, unsent } from './shape.ts'
import { compact } from './values.ts'
import type { AssetKind, WorkspaceAssets } from './workspace-assets.ts'
import { YamlFile } from './yaml-file.ts'
import { YamlNode } from './yaml-node.ts'

/** A resource to be written: its whole ARM id, and its body. */
export interface WireResource {
  readonly id: string
  readonly body: Record<string, unknown>
}

/** The id of a version of a named asset; one without a version is the next. */
async function versionId(node: YamlNode, kind: AssetKind, assets: WorkspaceAssets): Promise<string> {
  const name = node.need('name').text()
  const version = node.get('version')?.text() ?? (await at(node, assets.nextVersion(kind, name)))
  return `${assets.workspaceId}/${kind}/${name}/versions/${version}`
}

const assetShape: Shape = {
  name: unsent,
  version: unsent,
  type: unsent,
  id: unsent,
  datastore: unsent,
  auto_delete_setting: unsent,
  description: text,
  tags: texts,
  properties: texts,
}
export const assetDefaults = { isAnonymous: false, isArchived: false, tags: {}, properties: {} }

export async function dataAsset(node: YamlNode, run: Run): Promise<WireResource> {
  const members = await translate(node, { ...assetShape, path: unsent, source: unsent }, run)
  const path = node.need('path')
  // An asset names a folder without the slash that an input of a job has.
  const uri = isRemote(path.text()) ? path.text() : (await dataUri(path, 'data', run)).replace(/\/$/, '')
  const dataType = typeOf(node)
  const referencedUris = dataType === 'mltable' && !isRemote(path.text()) ? await referencedBy(path, run) : undefined
  return {
    id: await versionId(node, 'data', run.assets),
    body: { properties: compact({ ...assetDefaults, ...members, dataType, dataUri: uri, referencedUris }) },
  }
}

/** What the `paths` of a table's description name. */
async function referencedBy(path: YamlNode, run: Run): Promise<string[] | undefined> {
  const file = `${localPath(path)}/MLTable`
  const text = await run.assets.readText(file).catch(() => {
    throw path.fail(`'${path.text()}' is no table: there is no file MLTable in it.`)
  })
  const table = new YamlNode(new YamlFile(file, text, { version: '1.1' }))
  const paths = table.get('paths')?.items() ?? []
  return paths.flatMap((entry) => ['file', 'folder', 'pattern'].flatMap((key) => entry.get(key)?.text() ?? []))
}

const modelShape: Shape = { ...assetShape, path: unsent, flavors: raw, stage: text, job_name: text }

async function modelProperties(node: YamlNode, run: Run): Promise<Record<string, unknown>> {
  const members = await translate(node, modelShape, run)
  const type = node.get('type') === undefined ? 'custom_model' : typeOf(node)
  return { ...assetDefaults, ...members, modelType: type, modelUri: await longUri(node.need('path'), run) }
}

/** Where files were uploaded to, in the long form that names the workspace. */
export async function longUri(path: YamlNode, run: Run): Promise<string> {
  if (isRemote(path.text())) return path.text()
  const { uri } = await at(path, run.assets.uploadData(localPath(path)))
  const workspace = run.assets.workspaceId
    .replace('/providers/Microsoft.MachineLearningServices', '')
    .replace('/resourceGroups/', '/resourcegroups/')
    .slice(1)
  return uri.replace(/^azureml:\/\/datastores\//, `azureml://${workspace}/datastores/`).replace(/\/$/, '')
}

export async function modelAsset(node: YamlNode, run: Run): Promise<WireResource> {
  return { id: await versionId(node, 'models', run.assets), body: { properties: await modelProperties(node, run) } }
}

/** `azureml:name:version` of a model, a registry's model, or a local folder that becomes a version of its own. */
export const modelId: Rule = async (node, run) => {
  if (!node.isMapping()) return assetId(node, 'models', run.assets)
  const name = node.get('name')?.text()
  const properties = await modelProperties(node, run)
  if (name === undefined) {
    const content = (await contentHash(properties)).slice(0, 32)
    return run.assets.ensureVersion('models', content, '1', { properties: { ...properties, isAnonymous: true } })
  }
  return run.assets.ensureVersion('models', name, node.get('version')?.text() ?? '1', { properties })
}

/** An environment in Azure's form, or a conda file as it is: then the conda file's own name is the environment's. */
export async function environmentAsset(node: YamlNode, run: Run): Promise<WireResource> {
  if (node.get('dependencies') === undefined || node.get('image') !== undefined)
    return {
      id: await versionId(node, 'environments', run.assets),
      body: { properties: await environmentProperties(node, run) },
    }
  node.only(['name', 'version', 'channels', 'dependencies', 'variables', 'prefix'])
  const { version: _version, ...conda } = node.mapping()
  return { id: await versionId(node, 'environments', run.assets), body: { properties: { condaFile: printConda(conda) } } }
}

export async function componentAsset(node: YamlNode, run: Run): Promise<WireResource> {
  const spec = await componentSpec(node, run)
  node.need('name')
  return {
    id: await versionId(node, 'components', run.assets),
    body: {
      properties: compact({
        ...assetDefaults,
        description: spec['description'],
        tags: spec['tags'] ?? {},
        componentSpec: spec,
      }),
    },
  }
}
