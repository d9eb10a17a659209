import { dirname, join } from 'node:path'
import { WorkDirectory } from '../../kernel/processes/index.ts'
import { strictestIsolation } from '../compute/index.ts'
import { ensureEnvironment } from '../environments/index.ts'
import { materialiseUri, resolveAssetUri } from '../storage/index.ts'
import { prepareAutoML } from './automl/prepare-automl.ts'
import { attemptDirectory, buildLog, specFile, tokenOf, userLogs } from './attempt-files.ts'
import type { DriverParts } from './driver-parts.ts'
import { CancelledError, LeaseLostError, type Attempt, type EngineParts } from './engine-types.ts'
import { fillCommand, type CommandValues } from './expressions.ts'
import { ranksOf, requireRay } from './distribution.ts'
import { jobVariables } from './job-variables.ts'
import { miniBatchFolder, prepareMiniBatches, type MiniBatchStart } from './parallel/prepare-mini-batches.ts'
import { deviceFilesOf, limitsOf } from './queue/attempt-resources.ts'
import { materialiseInputs } from './materialise-inputs.ts'
import { addressOfOutput, isDirect } from './publish-attempt.ts'
import { hostRecord, recordEnvironment, recordExecution } from './execution-record.ts'
import type { BoundData } from './execution-types.ts'
import type { ResolvedInput } from './resolve-inputs.ts'
import type { RunIdentity } from './run-identity.ts'

export interface PreparedEnvironment {
  readonly lockHash: string
  readonly directory: string
  readonly python: string
  readonly packages: readonly { readonly name: string; readonly version: string }[]
}

/** The environment of a step: found or built, its log beside the job's own. */
export async function prepareEnvironment(parts: EngineParts, attempt: Attempt): Promise<PreparedEnvironment | undefined> {
  const { ctx } = parts
  const reference = attempt.step.spec.environmentId
  if (reference === undefined) return undefined
  let writing: Promise<void> = Promise.resolve()
  const write = (line: string): void => {
    writing = writing.then(() => attempt.directory.appendText(buildLog, `${line}\n`)).catch(() => undefined)
  }
  try {
    const wanted = { workspaceId: attempt.workspaceId, reference }
    const environment = await ensureEnvironment(ctx, wanted, write, attempt.cancelled)
    write(`Environment ${environment.lockHash} is ready.`)
    requireRay(attempt.step.spec.distribution, environment.packages)
    await recordEnvironment(parts, attempt, environment)
    return environment
  } catch (error) {
    // A cancelled job waits for no build.
    stopIfOver(attempt)
    throw error
  } finally {
    await writing
  }
}

/** Fills the attempt's directory and writes the wrapper's spec last: with it there, the attempt may start, without it, nothing has run. */
export async function prepareAttempt(parts: DriverParts, attempt: Attempt, prepared: Prepared): Promise<void> {
  // Made while the files are laid out, and waited for in any case: a credential that came after the end would stay valid.
  const identity = parts.identities.add(attempt)
  // Its trouble is met where it is awaited, which may be later.
  identity.catch(() => undefined)
  try {
    await fillDirectory(parts, attempt, { ...prepared, identity })
  } finally {
    await identity.catch(() => undefined)
  }
}

interface Prepared {
  readonly environment: PreparedEnvironment | undefined
  readonly inputs: Readonly<Record<string, ResolvedInput>>
}

async function fillDirectory(
  parts: DriverParts,
  attempt: Attempt,
  prepared: Prepared & { readonly identity: Promise<RunIdentity> },
): Promise<void> {
  const { ctx } = parts
  const { directory, step } = attempt
  await materialiseCode(parts, attempt)
  const inputs = await materialiseInputs(parts, attempt, prepared.inputs)
  stopIfOver(attempt)
  const outputs = placeOutputs(attempt)
  const host = prepared.environment === undefined ? await hostRecord(ctx) : {}
  const recorded = recordExecution(parts, attempt, { ...host, inputs: inputs.bound, outputs: outputs.bound })
  recorded.catch(() => undefined)
  const values = { inputs: inputs.values, outputs: outputs.values }
  const start = await startOf(parts, attempt, { values, python: prepared.environment?.python })
  const [{ token, experimentId }] = await Promise.all([prepared.identity, recorded])
  await directory.writeJson(
    specFile,
    {
      token: attempt.token,
      attempt: step.attempt,
      command: start.command,
      workDir: directory.at('code'),
      // Azure's places for what a run writes by itself.
      workFolders: ['outputs', 'logs'],
      env: { ...jobVariables(ctx, attempt, { token, experimentId }), ...start.environment },
      logDir: directory.at(userLogs),
      outputsDirs: [...outputs.directories, ...inputs.writablePaths, ...start.writablePaths],
      readOnlyPaths: [
        ...inputs.readOnlyPaths,
        ...start.readOnlyPaths,
        ...(prepared.environment === undefined ? [] : [prepared.environment.directory]),
      ],
      hiddenPaths: [ctx.config.dataDirectory],
      timeoutSeconds: step.spec.timeoutMs === undefined ? null : step.spec.timeoutMs / 1000,
      graceSeconds: 30,
      isolation: strictestIsolation(ctx.config.isolation, step.spec.isolation),
      network: step.spec.network ?? 'host',
      limits: limitsOf(step),
      devices: deviceFilesOf(step),
      ...(prepared.environment === undefined ? {} : { pythonBinDirectory: dirname(prepared.environment.python) }),
      exitPath: directory.at('exit.json'),
      heartbeatPath: directory.at('heartbeat.json'),
      statusPath: directory.at('status.json'),
      ...ranksOf(step.spec),
      services: step.spec.services ?? {},
    },
    // Lost in a power cut, with it the program is lost that it started: the attempt begins again, as without a spec.
    { durable: false },
  )
}

/** The command of a step, or the driver of mini-batches of a parallel one. */
async function startOf(
  parts: EngineParts,
  attempt: Attempt,
  { values, python }: { readonly values: CommandValues; readonly python: string | undefined },
): Promise<MiniBatchStart> {
  const { automl, command, parallel } = attempt.step.spec
  if (parallel !== undefined) return prepareMiniBatches(parts, attempt, { spec: parallel, values, python })
  if (automl !== undefined) return prepareAutoML(parts, attempt, { spec: automl, values, python })
  return { command: fillCommand(command, values), environment: {}, readOnlyPaths: [], writablePaths: [] }
}

export function stopIfOver(attempt: Attempt): void {
  if (attempt.lost.aborted) throw new LeaseLostError(attempt.token)
  if (attempt.cancelled.aborted) throw new CancelledError()
}

/** A clean directory: whatever an engine that died here left behind never ran. The wrapper makes the folders that the program writes to. */
export async function makeDirectory(parts: EngineParts, attempt: Attempt): Promise<void> {
  await attempt.directory.remove()
  await attempt.directory.make()
  await takeOverMiniBatches(parts, attempt)
}

/** A parallel step whose wrapper was lost goes on with the mini-batches that it had recorded, and with what they wrote. */
async function takeOverMiniBatches({ ctx }: EngineParts, attempt: Attempt): Promise<void> {
  const { id, attempt: number, spec } = attempt.step
  if (spec.parallel === undefined || number < 2) return
  const earlier = new WorkDirectory(attemptDirectory(ctx, tokenOf(ctx, { id, attempt: number - 1 })))
  for (const folder of [miniBatchFolder, 'outputs']) await attempt.directory.takeOver(earlier, folder)
}

async function materialiseCode(parts: EngineParts, attempt: Attempt): Promise<void> {
  const { ctx } = parts
  const codeUri = await codeUriOf(parts, attempt)
  if (codeUri !== undefined) {
    await materialiseUri(ctx, {
      workspaceId: attempt.workspaceId,
      uri: codeUri,
      targetDirectory: attempt.directory.at('code'),
      writable: true,
    })
  }
}

/** Where the code of a step lies. @throws ResourceNotFound the code asset is missing or of another workspace */
export async function codeUriOf({ ctx }: EngineParts, attempt: Attempt): Promise<string | undefined> {
  const { codeId } = attempt.step.spec
  if (codeId === undefined) return undefined
  return (await resolveAssetUri(ctx, attempt.workspaceId, codeId)).uri
}

/**
 * The directory of each output, made by the wrapper and stored when the program has ended well; an output of type `uri_file` is a file
 * in it that carries the output's name. In mode `direct` the program gets the address and writes there itself.
 */
function placeOutputs(attempt: Attempt) {
  const values: Record<string, string> = {}
  const directories: string[] = []
  const bound: Record<string, BoundData> = {}
  for (const [name, output] of Object.entries(attempt.step.spec.outputs)) {
    if (isDirect(attempt.step.spec, output)) {
      const uri = addressOfOutput(attempt, name, output)
      values[name] = uri
      bound[name] = { mode: output.mode, done: 'address', uri }
      continue
    }
    const path = attempt.directory.at('outputs', name)
    directories.push(path)
    values[name] = output.type === 'uri_file' ? join(path, name) : path
    bound[name] = { mode: output.mode, done: 'published at the end', path: values[name] }
  }
  return { values, directories, bound }
}
