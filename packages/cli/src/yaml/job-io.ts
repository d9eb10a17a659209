import { assetId, at, hasExpression, isRemote, localPath } from './references.ts'
import type { Rule, Run } from './shape.ts'
import { type Casing, camel, compact, dataTypes, literalOf, literalTypes, modeOf, plain, snake } from './values.ts'
import type { AssetKind } from './workspace-assets.ts'
import type { YamlNode } from './yaml-node.ts'

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
const dataTypeWords = [...dataTypes, 'UriFile', 'UriFolder', 'MLTable', 'MLFlowModel', 'CustomModel', 'TritonModel']

/** True for a text that is one expression, e.g. `${{ parent.inputs.x }}`. */
export function isBinding(value: unknown): value is string {
  return typeof value === 'string' && /^\s*\$\{\{[^{}]*\}\}\s*$/.test(value)
}

/** The type of a data input or output in the wire's snake_case; `uri_folder` when there is none. */
export function typeOf(entry: YamlNode, further: readonly string[] = []): string {
  const type = entry.get('type')?.oneOf([...dataTypeWords, ...further]) ?? 'uri_folder'
  const flat = type.replaceAll('_', '').toLowerCase()
  return dataTypes.find((known) => known.replaceAll('_', '') === flat) ?? type
}

/** Inputs of a job or node: text, numbers and bindings are literals, never paths. An input without a value is null. */
function inputsRule(casing: Casing): Rule {
  return async (node, run) => {
    const result: Record<string, unknown> = {}
    for (const [name, entry] of node.entries()) {
      const value = await inputOf(entry, run, casing)
      if (value !== undefined) result[name] = value
    }
    return result
  }
}

async function inputOf(entry: YamlNode, run: Run, casing: Casing): Promise<unknown> {
  const type = casing('job_input_type')
  if (entry.value === null) return undefined
  if (!entry.isMapping()) return { [type]: 'literal', value: literalOf(entry) }
  const path = entry.only(inputKeys).get('path')
  const mode = entry.get('mode')
  if (path !== undefined && isBinding(path.value))
    return compact({ [type]: 'literal', value: path.text(), mode: casing === snake && mode ? modeOf(mode) : undefined })
  const dataType = typeOf(entry, literalTypes)
  const literal = entry.get('value') ?? (path === undefined ? entry.get('default') : undefined)
  if (literal !== undefined) return { [type]: 'literal', value: literalOf(literal) }
  if (path === undefined && entry.get('optional')?.boolean() === true) return undefined
  const uri = await dataUri(entry.need('path'), kindOfType(dataType), run)
  return compact({
    [type]: dataType,
    // Only a plain folder has a slash at its end.
    uri: dataType === 'uri_folder' ? uri : uri.replace(/(?<=\/LocalUpload\/.*)\/$/, ''),
    mode: mode === undefined ? undefined : modeOf(mode),
  })
}

export const jobInputs = inputsRule(camel)
export const nodeInputs = inputsRule(snake)

function kindOfType(type: string): AssetKind {
  return type.endsWith('_model') ? 'models' : 'data'
}

/** Where data is: an asset's id, a URI, or where a local path was uploaded to. */
export async function dataUri(path: YamlNode, kind: AssetKind, { assets }: Run): Promise<string> {
  const text = path.text()
  if (/^azureml:(?!\/)/i.test(text)) return assetId(path, kind, assets)
  if (isRemote(text) || hasExpression(text)) return text.replace(/^azureml:(?=\/subscriptions\/)/i, '')
  return (await at(path, assets.uploadData(localPath(path)))).uri
}

/** Outputs of a job; one without a value is a uri_folder. */
export const jobOutputs: Rule = (node) =>
  Object.fromEntries(
    node
      .entries()
      .map(([name, entry]) => [name, entry.value === null ? { jobOutputType: 'uri_folder' } : outputOf(entry, camel)]),
  )

function outputOf(entry: YamlNode, casing: Casing): Record<string, unknown> {
  const mode = entry.only(outputKeys).get('mode')
  const name = casing('asset_name')
  const version = casing('asset_version')
  return compact({
    [casing('job_output_type')]: typeOf(entry, literalTypes),
    mode: mode === undefined ? undefined : modeOf(mode),
    uri: entry.get('path')?.text(),
    [name]: entry.get('name')?.text(),
    [version]: entry.get('version')?.text(),
    description: entry.get('description')?.text(),
  })
}

/** Outputs of a node. Untyped and unset ones do not appear: the component declares them. */
export const nodeOutputs: Rule = (node) =>
  compact(Object.fromEntries(node.entries().map(([name, entry]) => [name, nodeOutput(entry)])))

function nodeOutput(entry: YamlNode): unknown {
  if (entry.value === null || (plain(entry.value) && Object.keys(entry.value).length === 0)) return undefined
  if (typeof entry.value === 'string') return { type: 'literal', value: entry.value }
  const path = entry.only(outputKeys).get('path')
  if (path !== undefined && isBinding(path.value) && path.text().includes('parent.outputs')) {
    const mode = entry.get('mode')
    return compact({ type: 'literal', value: path.text(), mode: mode === undefined ? undefined : modeOf(mode) })
  }
  const { asset_name: name, asset_version: version, ...rest } = outputOf(entry, snake)
  return compact({ ...rest, name, version })
}
