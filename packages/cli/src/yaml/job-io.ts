import { assetId, isRemote, localPath } from './references.ts'
import { compact, dataTypes, literalOf, literalTypes, modeOf } from './values.ts'
import type { AssetKind, WorkspaceAssets } from './workspace-assets.ts'
import type { YamlNode } from './yaml-file.ts'

/** Inputs and outputs of jobs (camelCase) and of pipeline nodes (snake_case). */

const inputKeys = [
  'type',
  'path',
  'mode',
  'value',
  'default',
  'optional',
  'description',
  'min',
  'max',
  'enum',
  'datastore',
  'name',
  'version',
  'path_on_compute',
]
const outputKeys = ['type', 'path', 'mode', 'name', 'version', 'description', 'path_on_compute', 'early_available']

export function isBinding(value: unknown): boolean {
  return typeof value === 'string' && /^\s*\$\{\{.*\}\}\s*$/.test(value)
}

/** Inputs of a job: text, numbers and bindings are literals, never paths. */
export async function jobInputs(node: YamlNode | undefined, assets: WorkspaceAssets): Promise<Record<string, unknown>> {
  return mapEntries(node, async (entry) => {
    if (entry.value === null) return null
    if (!entry.isMapping()) return { jobInputType: 'literal', value: literalOf(entry.value) }
    const data = await dataInput(entry, assets)
    return data === undefined
      ? { jobInputType: 'literal', value: literalOf((entry.get('value') ?? entry.need('default')).value) }
      : compact({ jobInputType: data.type, uri: data.uri, mode: data.mode })
  })
}

/** Inputs of a node of a pipeline. */
export async function nodeInputs(node: YamlNode | undefined, assets: WorkspaceAssets): Promise<Record<string, unknown>> {
  return mapEntries(node, async (entry) => {
    if (!entry.isMapping()) return { job_input_type: 'literal', value: literalOf(entry.value) }
    const path = entry.get('path')
    if (path !== undefined && isBinding(path.value)) {
      const mode = entry.get('mode')
      return compact({ job_input_type: 'literal', value: path.text(), mode: mode === undefined ? undefined : modeOf(mode) })
    }
    const data = await dataInput(entry, assets)
    return data === undefined
      ? { job_input_type: 'literal', value: literalOf((entry.get('value') ?? entry.need('default')).value) }
      : compact({ job_input_type: data.type, uri: data.uri, mode: data.mode })
  })
}

async function dataInput(
  entry: YamlNode,
  assets: WorkspaceAssets,
): Promise<{ type: string; uri: string; mode: string | undefined } | undefined> {
  entry.only(inputKeys)
  const type = entry.get('type')?.oneOf([...dataTypes, ...literalTypes]) ?? 'uri_folder'
  if (literalTypes.some((literal) => literal === type)) return undefined
  const mode = entry.get('mode')
  const uri = await dataUri(entry.need('path'), kindOfType(type), assets)
  return { type, uri, mode: mode === undefined ? undefined : modeOf(mode) }
}

function kindOfType(type: string): AssetKind {
  return type.endsWith('_model') ? 'models' : 'data'
}

async function dataUri(path: YamlNode, kind: AssetKind, assets: WorkspaceAssets): Promise<string> {
  const text = path.text()
  if (/^azureml:(?!\/)/i.test(text)) return assetId(path, kind, assets)
  if (isRemote(text) || text.includes('${{')) return text.replace(/^azureml:(?=\/subscriptions\/)/i, '')
  const uploaded = await assets.uploadData(localPath(path)).catch((error: unknown) => {
    throw path.fail(error instanceof Error ? error.message : String(error))
  })
  return uploaded.uri
}

export async function jobOutputs(node: YamlNode | undefined): Promise<Record<string, unknown>> {
  return mapEntries(node, async (entry) => {
    if (entry.value === null) return { jobOutputType: 'uri_folder' }
    const mode = entry.only(outputKeys).get('mode')
    return compact({
      jobOutputType: entry.get('type')?.oneOf(dataTypes) ?? 'uri_folder',
      mode: mode === undefined ? undefined : modeOf(mode),
      uri: entry.get('path')?.text(),
      assetName: entry.get('name')?.text(),
      assetVersion: entry.get('version')?.text(),
      description: entry.get('description')?.text(),
    })
  })
}

/** Outputs of a node. Untyped and unset ones do not appear: the component declares them. */
export async function nodeOutputs(node: YamlNode | undefined): Promise<Record<string, unknown>> {
  const outputs = await mapEntries(node, async (entry) => {
    if (isBinding(entry.value)) return { type: 'literal', value: entry.text() }
    if (entry.value === null) return undefined
    const path = entry.only(outputKeys).get('path')
    if (path !== undefined && isBinding(path.value) && path.text().includes('parent.outputs'))
      return { type: 'literal', value: path.text() }
    const mode = entry.get('mode')
    return compact({
      job_output_type: entry.get('type')?.oneOf(dataTypes) ?? 'uri_folder',
      mode: mode === undefined ? undefined : modeOf(mode),
      uri: path?.text(),
      name: entry.get('name')?.text(),
      version: entry.get('version')?.text(),
    })
  })
  return compact(outputs)
}

export async function mapEntries(
  node: YamlNode | undefined,
  map: (entry: YamlNode, name: string) => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const result: Record<string, unknown> = {}
  for (const [name, entry] of node?.entries() ?? []) result[name] = await map(entry, name)
  return result
}
