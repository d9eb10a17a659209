import { environmentId } from './environments.ts'
import { nodeResources } from './job-parts.ts'
import { codeId, contentHash, hasExpression, prefixed } from './references.ts'
import { choice, mapping, needed, type Rule, type Run, type Shape, text } from './shape.ts'
import { snake } from './values.ts'
import type { YamlNode } from './yaml-node.ts'

/** Parts that components and the steps of pipelines share. */

export const environmentText: Rule = async (node, run) => prefixed(await environmentId(node, run))

export const codeText: Rule = async (node, { assets }) => prefixed(await codeId(node, assets))

const parallelTask = mapping(
  {
    type: needed(choice(['run_function', 'model', 'function'])),
    code: codeText,
    entry_script: text,
    program_arguments: text,
    model: text,
    append_row_to: text,
    environment: environmentText,
  },
  snake,
)

const wordOrNumber: Rule = (node) => (typeof node.value === 'string' && hasExpression(node.value) ? node.value : node.integer())

/** What a parallel step or component adds to any other. */
export const parallelShape: Shape = {
  task: parallelTask,
  input_data: text,
  mini_batch_size: (node) => String(bytesOf(node)),
  partition_keys: (node) => pythonList(node.items().map((item) => item.text())),
  retry_settings: mapping({ timeout: wordOrNumber, max_retries: wordOrNumber }, snake),
  error_threshold: wordOrNumber,
  mini_batch_error_threshold: wordOrNumber,
  max_concurrency_per_instance: wordOrNumber,
  logging_level: text,
  resources: nodeResources,
}

/** `10`, `10kb`, `1mb` as a number; expressions pass. */
export function bytesOf(node: YamlNode): unknown {
  const [, digits, unit = ''] = /^(\d+)\s*([kmg]b)?$/i.exec(node.text().trim()) ?? []
  if (digits !== undefined) return Number(digits) * 1024 ** ['', 'kb', 'mb', 'gb'].indexOf(unit.toLowerCase())
  if (hasExpression(node.text())) return node.value
  throw node.fail(`'${node.name}' must be a number, e.g. 10, 10kb or 1mb.`)
}

/** A list of text as Python's json prints it: a blank after each comma. */
function pythonList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(', ')}]`
}

/** A component that a step names: its id, and its spec where it is written here. */
export interface Component {
  readonly id: string
  readonly source: string
  readonly spec?: Readonly<Record<string, unknown>>
}

/** How a step's `component` is resolved; given to the steps, because components of pipelines have steps in turn. */
export type ComponentResolver = (node: YamlNode, run: Run) => Promise<Component>

/** Creates an anonymous version, named by its content, as Azure's SDK makes them. */
export async function anonymousComponent(spec: Readonly<Record<string, unknown>>, run: Run): Promise<Component> {
  const componentSpecBody: Record<string, unknown> = { ...spec, name: 'azureml_anonymous', version: '1' }
  const hash = await contentHash(componentSpecBody)
  const version = [8, 12, 16, 20, 32].map((end, index, ends) => hash.slice(index === 0 ? 0 : ends[index - 1], end)).join('-')
  const id = await run.assets.ensureVersion('components', 'azureml_anonymous', version, {
    properties: {
      description: spec['description'],
      isAnonymous: true,
      isArchived: false,
      properties: {},
      tags: spec['tags'] ?? {},
      componentSpec: componentSpecBody,
    },
  })
  return { id, source: String(spec['_source']), spec: componentSpecBody }
}
