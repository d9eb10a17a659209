import { typeOf } from './job-io.ts'
import { componentDistribution, nodeResources, queueSettings } from './job-parts.ts'
import { anonymousComponent, codeText, type Component, environmentText, parallelShape } from './component-parts.ts'
import { pipelineSteps } from './pipeline-steps.ts'
import { at, codeId, included, isRemote, assetId, prefixed } from './references.ts'
import { resolvePath } from './paths.ts'
import { boolean, listOf, mapOf, needed, raw, type Rule, type Run, type Shape, text, texts, translate, unsent } from './shape.ts'
import { gatherConf, sparkEntryFile, sparkShape } from './spark.ts'
import { compact, literalOf, literalTypes, modeWord, plain, pythonFloat, snake } from './values.ts'
import { YamlNode } from './yaml-node.ts'

/** Specs of components: snake_case, close to the file. */

export const componentTypes = ['command', 'pipeline', 'parallel', 'spark', 'sweep', 'automl'] as const
export type ComponentType = (typeof componentTypes)[number]

/** An input that a component declares. Defaults and bounds are text; they are printed as their type says. */
const declaredInput: Rule = async (entry, run) => {
  const type =
    entry.get('type') === undefined
      ? 'uri_folder'
      : typeOf(entry, [...literalTypes, 'Boolean', 'Integer', 'Number', 'String', 'path'])
  const lower = literalTypes.find((literal) => literal === type.toLowerCase()) ?? type
  const value: Rule = (node) => declaredLiteral(node, lower)
  const shape: Shape = {
    type: unsent,
    description: text,
    optional: boolean,
    default: value,
    min: value,
    max: value,
    enum: listOf(value),
    mode: modeWord,
    path: text,
    datastore: unsent,
  }
  return { type: lower, ...(await translate(entry, shape, run, snake)) }
}

/** A number is a float to Python: `1` of type number is `1.0`. */
function declaredLiteral(node: YamlNode, type: string): string {
  const literal = literalOf(node)
  const number = type === 'number' && literal.trim() !== '' ? Number(literal) : Number.NaN
  return Number.isFinite(number) ? pythonFloat(number) : literal
}

const declaredOutput: Rule = async (entry, run) => {
  if (entry.value === null) return { type: 'uri_folder' }
  const shape: Shape = {
    type: unsent,
    description: text,
    mode: modeWord,
    path: unsent,
    early_available: boolean,
    is_control: boolean,
  }
  return { type: typeOf(entry, [...literalTypes, 'path']), ...(await translate(entry, shape, run, snake)) }
}

const sharedShape: Shape = {
  $schema: text,
  type: unsent,
  name: text,
  version: text,
  display_name: text,
  description: text,
  tags: texts,
  is_deterministic: boolean,
  inputs: mapOf(declaredInput),
  outputs: mapOf(declaredOutput),
  properties: unsent,
  additional_includes: raw,
  id: unsent,
}

const ownShapes: Readonly<Record<ComponentType, Shape>> = {
  command: {
    command: needed(text),
    code: unsent,
    environment: environmentText,
    resources: nodeResources,
    distribution: componentDistribution,
    queue_settings: queueSettings(snake),
    environment_variables: texts,
    limits: raw,
    compute: unsent,
  },
  parallel: parallelShape,
  spark: { ...sparkShape, entry: needed(sparkEntryFile), code: codeText, environment: environmentText },
  pipeline: { jobs: unsent, settings: unsent, experiment_name: unsent, compute: unsent },
  sweep: {},
  automl: { task: text },
}

/** The `componentSpec` of a component's file. */
export async function componentSpec(node: YamlNode, run: Run): Promise<Record<string, unknown>> {
  const type = node.get('type')?.oneOf(componentTypes) ?? structureOf(node)
  const members = await translate(node, { ...sharedShape, ...ownShapes[type] }, run, snake)
  const steps = type === 'pipeline' ? await pipelineSteps(node, run, componentOf) : undefined
  const code = type === 'command' ? await codeWithIncludes(node, run) : undefined
  return compact({
    ...(type === 'spark' ? gatherConf(members) : members),
    tags: filled(members['tags']),
    type,
    code: code ?? members['code'],
    is_deterministic: type === 'pipeline' ? undefined : (members['is_deterministic'] ?? true),
    inputs: filled(steps === undefined ? members['inputs'] : withOptional(members['inputs'], steps.optionalInputs)),
    outputs: filled(members['outputs']),
    jobs: steps?.jobs,
    _source: 'YAML.COMPONENT',
  })
}

/** An input that only optional inputs of steps take need not be given. */
function withOptional(inputs: unknown, optional: ReadonlySet<string>): unknown {
  if (!plain(inputs)) return inputs
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [
      name,
      plain(input) && optional.has(name) ? { optional: true, ...input } : input,
    ]),
  )
}

function filled(value: unknown): unknown {
  return plain(value) && Object.keys(value).length > 0 ? value : undefined
}

function structureOf(node: YamlNode): ComponentType {
  if (node.get('jobs') !== undefined) return 'pipeline'
  if (node.get('task') !== undefined) return 'parallel'
  return node.get('entry') === undefined ? 'command' : 'spark'
}

/** Code with what `additional_includes`, or a side file `<name>.additional_includes`, adds to it. */
async function codeWithIncludes(node: YamlNode, run: Run): Promise<string | undefined> {
  const code = node.get('code')
  const include = await includesOf(node, run)
  if (code !== undefined) return prefixed(await codeId(code, run.assets, include))
  return include.length === 0 ? undefined : prefixed(await at(node, run.assets.uploadCode(undefined, include)))
}

async function includesOf(node: YamlNode, run: Run): Promise<string[]> {
  const listed = node
    .get('additional_includes')
    ?.items()
    .map((item) => item.text())
  const lines = listed ?? (node.path.length > 0 ? [] : await sideFile(node, run))
  return lines.map((line) => resolvePath(node.file.directory, line))
}

async function sideFile(node: YamlNode, run: Run): Promise<string[]> {
  const path = node.file.path.replace(/(\.spec)?\.ya?ml$/i, '.additional_includes')
  if (path === node.file.path) return []
  const found = await run.assets.readText(path).catch(() => '')
  return found
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/** A component by reference, or by the path of its file; the latter becomes an anonymous version. */
export async function componentOf(node: YamlNode, run: Run): Promise<Component> {
  if (!node.isMapping() && (isRemote(node.text()) || !/^file:|\.ya?ml$/i.test(node.text()))) {
    const id = await assetId(node, 'components', run.assets)
    return { id, source: id.startsWith('azureml://registries/') ? 'REMOTE.REGISTRY' : 'REMOTE.WORKSPACE.COMPONENT' }
  }
  const spec = await componentSpec(node.isMapping() ? node : await included(node, run), run)
  // `file:` counts as written in place, a bare path as a file of its own.
  const inPlace = node.isMapping() || /^file:/i.test(node.text())
  return anonymousComponent({ ...spec, _source: inPlace ? 'YAML.JOB' : 'YAML.COMPONENT' }, run)
}
