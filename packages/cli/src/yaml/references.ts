import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { stringify } from 'yaml'
import type { AssetKind, WorkspaceAssets } from './workspace-assets.ts'
import type { YamlNode } from './yaml-file.ts'
import { compact } from './values.ts'

const remote = /^(azureml:|https?:|wasbs?:|abfss?:|adl:|runs:|\/subscriptions\/)/i

/** True for a reference that is no path on this computer. */
export function isRemote(text: string): boolean {
  return remote.test(text)
}

/** A local path, relative to the file it stands in; `file:` in front is allowed. */
export function localPath(node: YamlNode): string {
  return resolve(node.file.directory, node.text().replace(/^file:/, ''))
}

/** `azureml:name:version` and `azureml:name@latest` → ARM id; ids, registries and URIs stay as they are. */
export async function assetId(node: YamlNode, kind: AssetKind, assets: WorkspaceAssets): Promise<string> {
  const text = node.text()
  const plain = text.replace(/^azureml:(?=\/subscriptions\/)/i, '')
  if (/^(\/subscriptions\/|azureml:\/\/)/i.test(plain) || plain.includes('${{')) return plain
  const [, name, version, label] = /^(?:azureml:)?([^:@/\s]+)(?::([^:@/\s]+)|@([^:@/\s]+))?$/.exec(plain) ?? []
  if (name === undefined) throw node.fail(`'${text}' is no reference; write azureml:<name>:<version> or azureml:<name>@latest.`)
  if (version !== undefined) return `${assets.workspaceId}/${kind}/${name}/versions/${version}`
  if (label !== undefined && label !== 'latest') throw node.fail(`label '${label}' is not known; only @latest is.`)
  // Curated environments are the server's own; it resolves their names.
  if (kind === 'environments' && name.startsWith('AzureML-')) return text
  const latest = await assets.latestVersion(kind, name).catch((error: unknown) => {
    throw node.fail(error instanceof Error ? error.message : String(error))
  })
  return `${assets.workspaceId}/${kind}/${name}/versions/${latest}`
}

export function computeId(node: YamlNode, assets: WorkspaceAssets): string {
  const text = node.text()
  if (text.includes('${{') || text.startsWith('/subscriptions/')) return text
  return `${assets.workspaceId}/computes/${text.replace(/^azureml:/, '')}`
}

export async function codeId(node: YamlNode, assets: WorkspaceAssets): Promise<string> {
  if (isRemote(node.text())) return assetId(node, 'codes', assets)
  return assets.uploadCode(localPath(node)).catch((error: unknown) => {
    throw node.fail(error instanceof Error ? error.message : String(error))
  })
}

const environmentKeys = [
  '$schema',
  'name',
  'version',
  'image',
  'conda_file',
  'build',
  'description',
  'tags',
  'properties',
  'inference_config',
  'os_type',
]

/** An environment by reference, or written in place: then an anonymous version named by its content. */
export async function environmentId(node: YamlNode, assets: WorkspaceAssets): Promise<string> {
  if (!node.isMapping()) {
    if (/^file:|\.ya?ml$/i.test(node.text()) && !isRemote(node.text())) {
      const { readYamlFile, YamlNode: Node } = await import('./yaml-file.ts')
      return anonymousEnvironment(new Node(await readYamlFile(localPath(node))), assets)
    }
    return assetId(node, 'environments', assets)
  }
  return anonymousEnvironment(node, assets)
}

async function anonymousEnvironment(node: YamlNode, assets: WorkspaceAssets): Promise<string> {
  const properties = { ...(await environmentProperties(node, assets)), isAnonymous: true }
  const version = createHash('md5').update(JSON.stringify(properties)).digest('hex')
  return assets.ensureVersion('environments', 'CliV2AnonymousEnvironment', version, { properties })
}

export async function environmentProperties(node: YamlNode, assets: WorkspaceAssets): Promise<Record<string, unknown>> {
  node.only(environmentKeys)
  const conda = node.get('conda_file')
  const build = node.get('build')?.only(['path', 'dockerfile_path'])
  if (node.get('image') === undefined && build === undefined && conda === undefined) {
    throw node.fail("an environment needs 'image', 'conda_file' or 'build'.", 'key')
  }
  const route = (key: string) => {
    const found = node.get('inference_config')?.get(key)
    return found === undefined ? undefined : { path: found.need('path').text(), port: found.need('port').number() }
  }
  return compact({
    description: node.get('description')?.text(),
    tags: node.get('tags')?.texts(),
    image: node.get('image')?.text(),
    condaFile: conda === undefined ? undefined : await condaText(conda, assets),
    build:
      build === undefined
        ? undefined
        : compact({
            contextUri: (await assets.uploadData(localPath(build.need('path')))).uri,
            dockerfilePath: build.get('dockerfile_path')?.text() ?? 'Dockerfile',
          }),
    inferenceConfig:
      node.get('inference_config') === undefined
        ? undefined
        : compact({
            livenessRoute: route('liveness_route'),
            readinessRoute: route('readiness_route'),
            scoringRoute: route('scoring_route'),
          }),
    osType: node.get('os_type')?.text(),
  })
}

async function condaText(node: YamlNode, assets: WorkspaceAssets): Promise<string> {
  if (node.isMapping()) return stringify(node.value, { sortMapEntries: true })
  return assets.readText(localPath(node)).catch(() => {
    throw node.fail(`the conda file '${node.text()}' was not found next to ${node.file.path}.`)
  })
}
