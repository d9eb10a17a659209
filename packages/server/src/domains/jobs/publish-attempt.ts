import { join } from 'node:path'
import { invalid, isAppError } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { openInside } from '../../kernel/safe/index.ts'
import { digestOfTree, filesOfUri, publishDirectory } from '../storage/index.ts'
import type { ControlType } from './control-flow/control-types.ts'
import { readControlValue } from './control-flow/control-values.ts'
import { LeaseLostError, type Attempt, type EngineParts } from './engine-types.ts'
import { platformLogs, userLogs } from './attempt-files.ts'
import type { StepOutput, StepOutputs, StepSpec } from './types.ts'

const artifactRoot = 'azureml://datastores/workspaceartifactstore/paths/ExperimentRun'

/** Where an output lives: where the user wanted it, or Azure's default place in the default datastore. */
export function outputUri(jobName: string, name: string, wanted: string | undefined): string {
  const uri = wanted ?? `azureml://datastores/workspaceblobstore/paths/azureml/\${{name}}/\${{output_name}}/`
  const filled = uri.replace(/\$\{\{\s*name\s*\}\}/g, jobName).replace(/\$\{\{\s*output_name\s*\}\}/g, name)
  return filled.endsWith('/') ? filled : `${filled}/`
}

/** The place of an output of an attempt. */
export function addressOfOutput(attempt: Attempt, name: string, output: StepOutput): string {
  const owner = output.pipelineOutput === undefined ? attempt.jobName : (attempt.step.spec.parentJobName ?? attempt.jobName)
  return outputUri(owner, output.pipelineOutput ?? name, output.uri)
}

/** Written by the program itself, at its address. Parallel steps write through their driver, control outputs are read here, in any mode. */
export function isDirect(spec: Pick<StepSpec, 'parallel'>, output: StepOutput): boolean {
  return spec.parallel === undefined && output.control === undefined && output.mode.toLowerCase() === 'direct'
}

/** What a program has written by itself; nothing is no mistake. */
async function countWritten(ctx: Context, workspaceId: string, uri: string) {
  const files = await filesOfUri(ctx, { workspaceId, uri }).then(
    (found) => found.files,
    (error: unknown) => {
      if (isAppError(error) && error.status === 404) return []
      throw error
    },
  )
  return {
    files: files.length,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    digest: digestOfTree(files),
  }
}

/**
 * Stores the outputs of an attempt. Repeating it stores the same bytes under the same names, so a crash in between does no harm.
 * Outputs of mode `direct` are written by the program itself and only counted.
 */
export async function publishOutputs({ ctx }: EngineParts, attempt: Attempt): Promise<StepOutputs> {
  const outputs: Record<string, StepOutputs[string]> = {}
  for (const [name, output] of Object.entries(attempt.step.spec.outputs)) {
    if (attempt.lost.aborted) throw new LeaseLostError(attempt.token)
    const uri = addressOfOutput(attempt, name, output)
    if (isDirect(attempt.step.spec, output)) {
      outputs[name] = { uri, jobOutputType: output.type, ...(await countWritten(ctx, attempt.workspaceId, uri)) }
      continue
    }
    const published = await publishDirectory(ctx, {
      workspaceId: attempt.workspaceId,
      directory: attempt.directory.at('outputs', name),
      uri,
    })
    const value = output.control === undefined ? undefined : await readValue(attempt, name, output.control)
    outputs[name] = {
      uri: output.type === 'uri_file' ? `${uri}${name}` : uri,
      jobOutputType: output.type,
      ...published,
      ...(value === undefined ? {} : { value }),
    }
  }
  return outputs
}

/** Most that a control output may hold: the items of a large loop. */
const greatestValueBytes = 4 * 1024 * 1024

/**
 * What the step wrote into a control output; `undefined` when it wrote nothing, which only matters to who reads it. Links are not
 * followed: the program could point them at anything that the engine may read.
 * @throws InvalidRequestContent the text does not fit the type
 */
async function readValue({ directory }: Attempt, name: string, type: ControlType): Promise<string | undefined> {
  if (!(await directory.exists(join('outputs', name, name)))) return undefined
  const handle = await openInside(directory.at('outputs', name), name)
  try {
    const { size } = await handle.stat()
    if (size > greatestValueBytes)
      throw invalid(
        `Output '${name}' holds ${size} bytes; a control output is one value of ${greatestValueBytes} bytes at most.`,
        {
          target: `outputs.${name}`,
        },
      )
    return readControlValue(type, await handle.readFile('utf8'), name)
  } finally {
    await handle.close()
  }
}

/** Stores logs, `./outputs` and `./logs` as the run's artifacts, as Azure does, however the attempt ended. */
export async function publishArtifacts({ ctx }: EngineParts, attempt: Attempt): Promise<void> {
  const { directory, jobName, workspaceId } = attempt
  const folders: readonly (readonly [string, string])[] = [
    [userLogs, userLogs],
    [platformLogs, platformLogs],
    ['code/outputs', 'outputs'],
    ['code/logs', 'logs'],
  ]
  for (const [folder, name] of folders) {
    if ((await directory.files(folder)).length === 0) continue
    await publishDirectory(ctx, {
      workspaceId,
      directory: directory.at(folder),
      uri: `${artifactRoot}/dcid.${jobName}/${name}/`,
    }).catch((error: unknown) =>
      ctx.log.warn({ err: error, job: jobName, folder }, 'Artifacts of a job could not be stored; they stay in its directory'),
    )
  }
}
