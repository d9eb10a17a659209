import { environmentId } from './environments.ts'
import { nodeResources } from './job-parts.ts'
import { codeId, hasExpression, prefixed } from './references.ts'
import { choice, mapping, needed, type Rule, type Shape, text } from './shape.ts'
import { snake } from './values.ts'

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
  mini_batch_size: text,
  partition_keys: (node) => pythonList(node.items().map((item) => item.text())),
  retry_settings: mapping({ timeout: wordOrNumber, max_retries: wordOrNumber }, snake),
  error_threshold: wordOrNumber,
  mini_batch_error_threshold: wordOrNumber,
  max_concurrency_per_instance: wordOrNumber,
  logging_level: text,
  resources: nodeResources,
}

/** A list of text as Python's json prints it: a blank after each comma. */
function pythonList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(', ')}]`
}
