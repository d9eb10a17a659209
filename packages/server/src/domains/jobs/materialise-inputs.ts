import { join } from 'node:path'
import { notSupported } from '@fulcrum/contract'
import { materialiseModel } from '../models/index.ts'
import { materialiseFiles, materialiseUri } from '../storage/index.ts'
import { CancelledError, LeaseLostError, type Attempt, type EngineParts } from './engine-types.ts'
import { evaluateTable } from './evaluate-table.ts'
import type { BoundData } from './execution-types.ts'
import type { ResolvedInput } from './resolve-inputs.ts'

/** Inputs in the modes of Azure, as a host without FUSE can give them: what was really done is recorded. */

export interface MaterialisedInputs {
  /** For the command: text, or a path. */
  readonly values: Readonly<Record<string, string | undefined>>
  /** Directories that the job must not write. */
  readonly readOnlyPaths: readonly string[]
  /** Copies that are the job's own. */
  readonly writablePaths: readonly string[]
  readonly bound: Readonly<Record<string, BoundData>>
}

/** By mode: whether the job may write what it gets, and whether an MLTable is evaluated. */
const modes: Readonly<Record<string, { readonly writable: boolean; readonly evaluated: boolean }>> = {
  readonlymount: { writable: false, evaluated: false },
  readwritemount: { writable: true, evaluated: false },
  download: { writable: true, evaluated: false },
  evalmount: { writable: false, evaluated: true },
  evaldownload: { writable: true, evaluated: true },
}

export async function materialiseInputs(
  { ctx }: EngineParts,
  attempt: Attempt,
  inputs: Readonly<Record<string, ResolvedInput>>,
): Promise<MaterialisedInputs> {
  const values: Record<string, string | undefined> = {}
  const bound: Record<string, BoundData> = {}
  const [readOnlyPaths, writablePaths]: [string[], string[]] = [[], []]
  for (const [name, input] of Object.entries(inputs)) {
    if (attempt.lost.aborted) throw new LeaseLostError(attempt.token)
    if (attempt.cancelled.aborted) throw new CancelledError()
    if (input.uri === undefined) {
      values[name] = input.value
      continue
    }
    const plain = input.mode.replaceAll('_', '').toLowerCase()
    if (plain === 'direct') {
      values[name] = input.uri
      bound[name] = { mode: input.mode, done: 'address', uri: input.uri }
      continue
    }
    const mode = modes[plain]
    if (mode === undefined)
      throw notSupported(
        `Mode '${input.mode}' of input '${name}'`,
        'ReadOnlyMount, Download, Direct, ReadWriteMount, EvalMount and EvalDownload are.',
      )
    const targetDirectory = attempt.directory.at('inputs', name)
    // Parallel steps read the MLTable themselves, mini-batch by mini-batch.
    const evaluated = mode.evaluated && attempt.step.spec.parallel === undefined
    const placed = await place({ ctx }, attempt, { name, input, ...mode, evaluated, targetDirectory })
    values[name] = placed.path
    ;(mode.writable ? writablePaths : readOnlyPaths).push(targetDirectory)
    bound[name] = { mode: input.mode, uri: input.uri, ...placed }
  }
  return { values, readOnlyPaths, writablePaths, bound }
}

interface Placement {
  readonly name: string
  readonly input: ResolvedInput
  readonly writable: boolean
  readonly evaluated: boolean
  readonly targetDirectory: string
}

async function place(
  { ctx }: EngineParts,
  attempt: Attempt,
  placement: Placement,
): Promise<Omit<BoundData, 'mode' | 'uri'> & { path: string }> {
  const { name, input, writable, evaluated, targetDirectory } = placement
  const { workspaceId } = attempt
  const uri = input.uri ?? ''
  const done = (linked: boolean): BoundData['done'] => (writable ? 'copy' : linked ? 'read-only links' : 'read-only copy')
  if (input.empty) {
    // An output that nothing was written to leaves no trace in the store; its readers get a folder with nothing in it.
    await attempt.directory.make(join('inputs', name))
    return { done: done(false), path: targetDirectory, kind: 'folder', files: 0, sizeBytes: 0 }
  }
  if (evaluated) {
    const files = await evaluateTable(ctx, { workspaceId, uri, input: name })
    const { linked } = await materialiseFiles(ctx, files, { targetDirectory, writable })
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
    return { done: done(linked), evaluated: true, path: targetDirectory, kind: 'folder', files: files.length, sizeBytes }
  }
  if (input.modelVersionId === undefined) {
    const { path, kind, files, sizeBytes, linked } = await materialiseUri(ctx, { workspaceId, uri, targetDirectory, writable })
    return { done: done(linked), path, kind, files, sizeBytes }
  }
  const target = modelTarget(attempt, name, uri)
  await materialiseModel(ctx, input.modelVersionId, target)
  // Scripts for MLflow models in batch are written for both places: the folder itself, and the one below it.
  const asked = attempt.step.spec.inputs[name]
  if (target !== targetDirectory && asked?.kind === 'data' && asked.type === 'mlflow_model')
    await materialiseModel(ctx, input.modelVersionId, targetDirectory)
  return { done: done(false), path: targetDirectory, kind: 'folder', model: input.modelVersionId }
}

/** The model of a batch deployment lies below its input under its own name, as scripts expect it below `AZUREML_MODEL_DIR`. */
function modelTarget(attempt: Attempt, name: string, uri: string): string {
  const isModelDirectory = attempt.step.spec.parallel?.modelInput === name
  const own = uri.replace(/\/+$/, '').split('/').at(-1)
  return isModelDirectory
    ? attempt.directory.at('inputs', name, own === undefined || own === '' ? 'model' : own)
    : attempt.directory.at('inputs', name)
}
