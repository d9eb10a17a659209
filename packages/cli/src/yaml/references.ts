import { YamlError } from './yaml-error.ts'
import { YamlFile, type YamlOptions } from './yaml-file.ts'
import { YamlNode } from './yaml-node.ts'
import { resolvePath } from './paths.ts'
import type { Rule, Run } from './shape.ts'
import type { AssetKind, WorkspaceAssets } from './workspace-assets.ts'

const remote = /^(azureml:|https?:|wasbs?:|abfss?:|adl:|runs:|git\+|\/subscriptions\/)/i

/** True for a reference that is no path on this computer. */
export function isRemote(text: string): boolean {
  return remote.test(text)
}

/** True for `${{…}}` anywhere in a text. */
export function hasExpression(text: string): boolean {
  return text.includes('${{')
}

/** A local path, relative to the file it stands in; `file:` in front is allowed. */
export function localPath(node: YamlNode): string {
  return resolvePath(node.file.directory, node.text().replace(/^file:(\/\/)?/i, ''))
}

/** The file that a member names, parsed as Azure's YAML. @throws YamlError at the member when it cannot be read */
export async function included(node: YamlNode, run: Run): Promise<YamlNode> {
  const path = localPath(node)
  const text = await run.assets.readText(path).catch((error: unknown) => {
    throw node.fail(`${path} ${error instanceof Error && /EISDIR/.test(error.message) ? 'is a folder' : 'cannot be read'}.`)
  })
  return new YamlNode(new YamlFile(path, text, { version: '1.1' }))
}

/** Reads and parses a file of a user. @throws YamlError */
export async function readYaml(path: string, read: WorkspaceAssets['readText'], options: YamlOptions = {}): Promise<YamlFile> {
  const text = await read(path).catch((error: NodeJS.ErrnoException) => {
    const reason =
      error.code === 'ENOENT'
        ? 'there is no such file'
        : error.code === 'EISDIR'
          ? 'this is a folder, a YAML file is needed'
          : error.message
    throw new YamlError(`${path}: ${reason}.`)
  })
  return new YamlFile(path, text, options)
}

/** A mistake of the platform or of the file system, told at the member that led to it. */
export async function at<Result>(node: YamlNode, work: Promise<Result>): Promise<Result> {
  return work.catch((error: unknown) => {
    throw error instanceof YamlError ? error : node.fail(error instanceof Error ? error.message : String(error))
  })
}

/** `azureml:name:version` and `azureml:name@latest` → ARM id; ids, registries and URIs stay as they are. */
export async function assetId(node: YamlNode, kind: AssetKind, assets: WorkspaceAssets): Promise<string> {
  const whole = node.text()
  const plain = whole.replace(/^azureml:(?=\/subscriptions\/)/i, '')
  if (/^(\/subscriptions\/|azureml:\/\/)/i.test(plain) || hasExpression(plain)) return plain
  const [, name, version, label] = /^(?:azureml:)?([^:@/\s]+)(?::([^:@/\s]+)|@([^:@/\s]+))?$/i.exec(plain) ?? []
  if (name === undefined) throw node.fail(`'${whole}' is no reference; write azureml:<name>:<version> or azureml:<name>@latest.`)
  // Curated environments are the server's own; it resolves their names.
  if (kind === 'environments' && name.startsWith('AzureML-')) return whole
  if (version !== undefined) return `${assets.workspaceId}/${kind}/${name}/versions/${version}`
  if (label === undefined && kind === 'components') return `${assets.workspaceId}/components/${name}/labels/default`
  if (label !== undefined && label !== 'latest') {
    if (kind === 'components') return `${assets.workspaceId}/components/${name}/labels/${label}`
    throw node.fail(`label '${label}' is not known; only @latest is.`)
  }
  const latest = await at(node, assets.latestVersion(kind, name))
  return `${assets.workspaceId}/${kind}/${name}/versions/${latest}`
}

/** A member of the workspace without versions: a compute or a datastore. */
function memberId(kind: 'computes' | 'datastores'): Rule {
  return (node, { assets }) => {
    const name = node.text().replace(/^azureml:/i, '')
    if (hasExpression(name) || name.startsWith('/subscriptions/')) return name
    return `${assets.workspaceId}/${kind}/${name}`
  }
}

export const computeId = memberId('computes')
export const datastoreId = memberId('datastores')

export async function codeId(node: YamlNode, assets: WorkspaceAssets, include: readonly string[] = []): Promise<string> {
  const text = node.text()
  if (/^(https?:|git\+)/i.test(text)) return text
  if (isRemote(text)) return assetId(node, 'codes', assets)
  return at(node, assets.uploadCode(localPath(node), include))
}

/** Components and inline tasks name their assets with `azureml:` in front of the id. */
export function prefixed(id: string): string {
  return id.startsWith('/subscriptions/') ? `azureml:${id}` : id
}

/** Hexadecimal SHA-256 of a value's JSON; names anonymous versions by their content. */
export async function contentHash(value: unknown): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(value)))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
