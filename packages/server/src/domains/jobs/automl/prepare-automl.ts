import { join } from 'node:path'
import { availableParallelism } from 'node:os'
import { modulePath } from '../../../kernel/processes/index.ts'
import type { Attempt, EngineParts } from '../engine-types.ts'
import type { CommandValues } from '../expressions.ts'
import type { MiniBatchStart } from '../parallel/prepare-mini-batches.ts'
import { trialOutput, type AutoMLSpec } from './types.ts'

/** Folder of an attempt in which the trial program finds its task. */
const automlFolder = 'automl'

/** Writes the task of a trial and says how its program is started: with the interpreter of the trial's own environment. */
export async function prepareAutoML(
  { ctx }: EngineParts,
  attempt: Attempt,
  start: { readonly spec: AutoMLSpec; readonly values: CommandValues; readonly python: string | undefined },
): Promise<MiniBatchStart> {
  const { directory } = attempt
  const { trial, notices: _notices, ...task } = start.spec
  const { inputs, outputs } = start.values
  const cores = start.spec.maxCores ?? Math.max(1, Math.floor(availableParallelism() / start.spec.concurrent))
  await directory.make(automlFolder)
  const file = join(automlFolder, 'task.json')
  await directory.writeJson(
    file,
    {
      ...task,
      ...trial,
      members: (trial?.members ?? []).map((entry) => ({ ...entry, path: inputs[entry.input] })),
      trainingData: inputs['training_data'] ?? null,
      validationData: inputs['validation_data'] ?? null,
      modelDirectory: outputs[start.spec.modelOutput] ?? null,
      trialDirectory: outputs[trialOutput] ?? null,
      cores,
    },
    { durable: ctx.config.durable },
  )
  const [python, path] = [start.python ?? ctx.config.pythonExecutable, directory.at(file)].map(quote)
  return {
    command: `${python} -m fulcrum_automl ${path}`,
    environment: {
      PYTHONPATH: modulePath,
      PYTHONDONTWRITEBYTECODE: '1',
      OMP_NUM_THREADS: String(cores),
      OPENBLAS_NUM_THREADS: String(cores),
    },
    readOnlyPaths: [modulePath, directory.at(automlFolder)],
    writablePaths: [],
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
