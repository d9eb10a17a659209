import { withMode } from '../control-flow/unroll.ts'
import { invalid, nearest } from '@fulcrum/contract'
import { isGiven, membersOf, textOf, wholeNumber } from '../component-members.ts'
import { parseBinding } from '../expressions.ts'
import type { Members } from '../plan-types.ts'
import type { StepInput, StepSpec } from '../types.ts'
import type { ParallelSpec } from './parallel-types.ts'

/** Parallel nodes: members of the node win over those of its component, one by one. */

const members = [
  'input_data',
  'mini_batch_size',
  'partition_keys',
  'retry_settings',
  'error_threshold',
  'mini_batch_error_threshold',
  'max_concurrency_per_instance',
  'logging_level',
  'resources',
]
const maxWorkers = 256
const longestTimeoutSeconds = 259_200

/** The component of a parallel node with the node's own settings, and `code`, `environment` and `command` where commands have them. */
export function parallelComponent(node: Members, component: Members): Members {
  const own = Object.fromEntries(members.flatMap((name) => (isGiven(node[name]) ? [[name, node[name]]] : [])))
  const task = { ...membersOf(component['task']), ...given(membersOf(node['task'])) }
  const script = textOf(task['entry_script']) ?? ''
  return {
    ...component,
    ...own,
    task,
    code: node['code'] ?? task['code'] ?? component['code'],
    environment: node['environment'] ?? task['environment'] ?? component['environment'],
    command: `${script} ${textOf(task['program_arguments']) ?? ''}`.trim() || 'score',
  }
}

/** The parallel part of a step. @throws InvalidRequestContent a setting that cannot be right */
export function planParallel(
  component: Members,
  names: { readonly target: string; readonly inputs: readonly string[]; readonly outputs: readonly string[] },
): Pick<StepSpec, 'type' | 'instanceCount' | 'processCount'> & { readonly parallel: ParallelSpec } {
  const { target } = names
  const task = membersOf(component['task'])
  const kind = (textOf(task['type']) ?? 'run_function').toLowerCase()
  if (!['run_function', 'function', 'model'].includes(kind)) {
    throw invalid(`A parallel step has a task of type run_function, not '${kind}'.`, { target: `${target}.task.type` })
  }
  const entryScript = textOf(task['entry_script'])
  if (entryScript === undefined && kind !== 'model') {
    throw invalid('A parallel step needs task.entry_script: the file with run(mini_batch).', {
      target: `${target}.task.entry_script`,
    })
  }
  const retries = membersOf(component['retry_settings'])
  const instances = wholeNumber(membersOf(component['resources'])['instance_count'], 1, `${target}.resources.instance_count`)
  const each = component['max_concurrency_per_instance']
  const concurrency = isGiven(each) ? wholeNumber(each, 1, `${target}.max_concurrency_per_instance`) : undefined
  const timeoutSeconds = wholeNumber(retries['timeout'], 60, `${target}.retry_settings.timeout`)
  if (timeoutSeconds > longestTimeoutSeconds) {
    throw invalid(`retry_settings.timeout is ${timeoutSeconds} seconds; at most ${longestTimeoutSeconds} are possible.`, {
      target: `${target}.retry_settings.timeout`,
    })
  }
  const appendRowTo = boundName(task['append_row_to'], 'outputs', { ...names, member: 'task.append_row_to' })
  const fileName = textOf(task['append_file_name'])
  const modelInput = textOf(task['model_input'])
  const spec: ParallelSpec = {
    engine: entryScript === undefined ? 'mlflow' : 'script',
    programArguments: textOf(task['program_arguments']) ?? '',
    inputData: inputNames(component['input_data'], names),
    partitionKeys: listOf(component['partition_keys'], `${target}.partition_keys`),
    maxRetries: wholeNumber(retries['max_retries'], 2, `${target}.retry_settings.max_retries`),
    timeoutSeconds,
    errorThreshold: threshold(component['error_threshold'], task, `${target}.error_threshold`),
    miniBatchErrorThreshold: wholeNumber(component['mini_batch_error_threshold'], -1, `${target}.mini_batch_error_threshold`, -1),
    loggingLevel: textOf(component['logging_level']) ?? 'INFO',
    ...(entryScript === undefined ? {} : { entryScript }),
    ...batchSize(component['mini_batch_size']),
    ...(concurrency === undefined ? {} : { workers: Math.min(maxWorkers, Math.max(1, concurrency) * Math.max(1, instances)) }),
    ...(appendRowTo === undefined ? {} : { appendRowTo }),
    ...(fileName === undefined ? {} : { appendFileName: fileName }),
    ...(modelInput === undefined ? {} : { modelInput }),
  }
  // The workers are processes of the driver, which itself is one process.
  return { type: 'parallel', instanceCount: 1, processCount: 1, parallel: spec }
}

/** The SDK sends 0 for a size that was not given. */
function batchSize(value: unknown): Pick<ParallelSpec, 'miniBatchSize'> {
  return isGiven(value) && Number(value) !== 0 ? { miniBatchSize: String(value) } : {}
}

/** Inputs that are cut into mini-batches are read here, so `direct` becomes a local copy. */
export function mountInputData(inputs: Readonly<Record<string, StepInput>>, spec: ParallelSpec): Record<string, StepInput> {
  const entries = Object.entries(inputs).map(([name, input]): [string, StepInput] => {
    return [name, spec.inputData.includes(name) ? withMode(input, 'ReadOnlyMount') : input]
  })
  return Object.fromEntries(entries)
}

function inputNames(value: unknown, names: { readonly target: string; readonly inputs: readonly string[] }): string[] {
  const given = Array.isArray(value) ? value : isGiven(value) ? [value] : []
  if (given.length === 0) {
    throw invalid('A parallel step needs input_data, for example ${{inputs.data}}: the input that is cut into mini-batches.', {
      target: `${names.target}.input_data`,
    })
  }
  return given.map((entry) => boundName(entry, 'inputs', { ...names, member: 'input_data' }) ?? '')
}

/** `${{inputs.data}}` → `data`. @throws InvalidRequestContent there is none */
function boundName(
  value: unknown,
  area: 'inputs' | 'outputs',
  where: {
    readonly target: string
    readonly member: string
    readonly inputs?: readonly string[]
    readonly outputs?: readonly string[]
  },
): string | undefined {
  if (!isGiven(value)) return undefined
  const path = parseBinding(String(value))
  const known = where[area] ?? []
  const name = path?.length === 2 && path[0] === area ? path[1] : undefined
  if (name !== undefined && known.includes(name)) return name
  const hint = nearest(name ?? String(value), known)
  throw invalid(
    `${where.member} is '${String(value)}'; it must be \${{${area}.<name>}} of this step.${hint === undefined ? '' : ` Did you mean \${{${area}.${hint}}}?`}`,
    { target: `${where.target}.${where.member}` },
  )
}

/** `--error_threshold 5` among the program arguments means the same as the member. */
function threshold(value: unknown, task: Members, target: string): number {
  const inArguments = /--error_threshold[ =](-?\d+)/.exec(textOf(task['program_arguments']) ?? '')?.[1]
  return wholeNumber(isGiven(value) ? value : inArguments, -1, target, -1)
}

/** A list, or the JSON text of one, as clients send partition keys. */
function listOf(value: unknown, target: string): string[] {
  if (!isGiven(value)) return []
  const list = typeof value === 'string' ? readList(value) : value
  if (Array.isArray(list) && list.every((entry) => typeof entry === 'string')) return list
  throw invalid(`${target} must be a list of column names.`, { target })
}

function readList(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function given(value: Members): Members {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => isGiven(member)))
}
