import { nodeInputs, nodeOutputs } from './job-io.ts'
import {
  boolean,
  integer,
  mapOf,
  mapping,
  needed,
  oneOrMore,
  raw,
  type Rule,
  type Run,
  text,
  translate,
  unsent,
} from './shape.ts'
import { plain, snake } from './values.ts'
import type { YamlNode } from './yaml-node.ts'

/** Nodes of control flow: they decide which other steps of their pipeline run, and how often. Sent as the SDK sends them. */

export const controlTypes = ['if_else', 'do_while', 'parallel_for'] as const
export type ControlType = (typeof controlTypes)[number]

const condition: Rule = (node, run) => (typeof node.value === 'boolean' ? boolean : text)(node, run)
const block: Rule = (node, run) => (Array.isArray(node.value) ? oneOrMore(text) : text)(node, run)

/** As JSON, each item the inputs of one iteration: values as they are, data with its address. */
const items: Rule = async (node, run) => {
  if (typeof node.value === 'string') return node.value
  if (!Array.isArray(node.value)) return JSON.stringify(await mapOf(item)(node, run))
  const found: unknown[] = []
  for (const entry of node.items()) found.push(await item(entry, run))
  return JSON.stringify(found)
}

const item: Rule = async (node, run) => {
  const sent = await nodeInputs(node, run)
  const data = plain(sent) ? sent : {}
  return Object.fromEntries(node.entries().map(([name, entry]) => [name, entry.isMapping() ? data[name] : entry.value]))
}

const common = { $schema: unsent, type: unsent, name: unsent }
const shapes = {
  if_else: { ...common, condition: needed(condition), true_block: block, false_block: block },
  do_while: {
    ...common,
    body: needed(text),
    condition,
    mapping: raw,
    limits: needed(mapping({ max_iteration_count: needed(integer) }, snake)),
  },
  parallel_for: { ...common, body: needed(text), items: needed(items), max_concurrency: integer, outputs: nodeOutputs },
}

/** @throws YamlError */
export async function controlNode(step: YamlNode, type: ControlType, run: Run): Promise<Record<string, unknown>> {
  if (type === 'if_else' && step.get('true_block') === undefined && step.get('false_block') === undefined)
    throw step.fail("if_else needs a 'true_block' or a 'false_block', such as ${{parent.jobs.train}}.", 'key')
  return { name: step.name, type, ...(await translate(step, shapes[type], run, snake)) }
}
