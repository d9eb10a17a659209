import { join } from 'node:path'
import { invalid } from '@fulcrum/contract'
import { modulePath } from '../../../kernel/processes/index.ts'
import { parseYaml, readText, statOrUndefined } from '../../../kernel/safe/index.ts'
import type { Attempt, EngineParts } from '../engine-types.ts'
import { fillCommand, type CommandValues } from '../expressions.ts'
import type { StepInput } from '../types.ts'
import type { ParallelSpec } from './parallel-types.ts'

/** Folder of an attempt in which the driver of mini-batches keeps its task, its journal and its progress. */
export const miniBatchFolder = 'mini-batches'

export interface MiniBatchStart {
  readonly command: string
  readonly environment: Readonly<Record<string, string>>
  readonly readOnlyPaths: readonly string[]
  readonly writablePaths: readonly string[]
}

/**
 * Writes the task of a parallel step and says how its driver is started. What an earlier attempt recorded, whose wrapper was lost
 * with the host, is taken over: its mini-batches do not run again.
 * @throws InvalidRequestContent an input cannot be cut into mini-batches
 */
export async function prepareMiniBatches(
  { ctx }: EngineParts,
  attempt: Attempt,
  start: { readonly spec: ParallelSpec; readonly values: CommandValues; readonly python: string | undefined },
): Promise<MiniBatchStart> {
  const { spec, values } = start
  const { directory } = attempt
  await directory.make(miniBatchFolder)
  const appendRowTo =
    spec.appendRowTo === undefined ? undefined : appendFile(attempt, spec, values.outputs[spec.appendRowTo] ?? '')
  const inputs = await Promise.all(spec.inputData.map((name) => describeInput(attempt, name, values.inputs[name])))
  const modelRoot = spec.modelInput === undefined ? undefined : directory.at('inputs', spec.modelInput)
  await directory.writeJson(
    join(miniBatchFolder, 'task.json'),
    {
      code: directory.at('code'),
      engine: spec.engine,
      entryScript: spec.entryScript ?? null,
      arguments: fillCommand(spec.programArguments, values).trim(),
      modelRoot: modelRoot ?? null,
      inputs,
      miniBatchSize: spec.miniBatchSize ?? null,
      partitionKeys: spec.partitionKeys,
      maxRetries: spec.maxRetries,
      timeoutSeconds: spec.timeoutSeconds,
      errorThreshold: spec.errorThreshold,
      miniBatchErrorThreshold: spec.miniBatchErrorThreshold,
      appendRowTo: appendRowTo ?? null,
      workers: spec.workers ?? null,
      loggingLevel: spec.loggingLevel,
    },
    { durable: ctx.config.durable },
  )
  const output = spec.appendRowTo ?? Object.keys(attempt.step.spec.outputs)[0]
  const [quotedPython, quotedFolder] = [start.python ?? ctx.config.pythonExecutable, directory.at(miniBatchFolder)].map(quote)
  const own = attempt.step.spec.environmentVariables['PYTHONPATH']
  return {
    command: `${quotedPython} -m fulcrum_runtime.mini_batches ${quotedFolder}`,
    environment: {
      PYTHONPATH: own === undefined ? modulePath : `${own}:${modulePath}`,
      PYTHONDONTWRITEBYTECODE: '1',
      ...(output === undefined ? {} : { AZUREML_BI_OUTPUT_PATH: directory.at('outputs', output) }),
    },
    readOnlyPaths: [modulePath],
    writablePaths: [directory.at(miniBatchFolder)],
  }
}

/** A file output is the file itself; in a folder the rows get a file of their own. */
function appendFile(attempt: Attempt, spec: ParallelSpec, path: string): string {
  const isFile = attempt.step.spec.outputs[spec.appendRowTo ?? '']?.type === 'uri_file'
  return isFile ? path : join(path, spec.appendFileName ?? 'parallel_run_step.txt')
}

async function describeInput(attempt: Attempt, name: string, path: string | undefined) {
  const input: StepInput | undefined = attempt.step.spec.inputs[name]
  if (path === undefined || input === undefined || input.kind === 'literal') {
    throw invalid(`input_data names '${name}', which is no file, folder or table.`, { target: `inputs.${name}` })
  }
  const type = input.kind === 'data' ? input.type : 'stepOutput'
  const definition = join(path, 'MLTable')
  const isTable = type === 'mltable' || (type === 'stepOutput' && (await statOrUndefined(definition)) !== undefined)
  return { name, path, type, table: isTable ? await readTable(definition, name) : null }
}

async function readTable(file: string, name: string): Promise<unknown> {
  if ((await statOrUndefined(file)) === undefined) {
    throw invalid(`Input '${name}' is of type mltable, but its folder has no file MLTable.`, { target: `inputs.${name}` })
  }
  const { value } = parseYaml(await readText(file, 1024 * 1024), { file: 'MLTable' })
  if (typeof value === 'object' && value !== null && 'paths' in value) return value
  throw invalid(`The file MLTable of input '${name}' has no 'paths'.`, { target: `inputs.${name}` })
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
