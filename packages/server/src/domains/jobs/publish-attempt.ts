import { publishDirectory } from '../storage/index.ts'
import { LeaseLostError, type Attempt, type EngineParts } from './engine-types.ts'
import { platformLogs, userLogs } from './attempt-files.ts'
import type { StepOutputs } from './types.ts'

const artifactRoot = 'azureml://datastores/workspaceartifactstore/paths/ExperimentRun'

/** Where an output lives: where the user wanted it, or Azure's default place in the default datastore. */
export function outputUri(jobName: string, name: string, wanted: string | undefined): string {
  const uri = wanted ?? `azureml://datastores/workspaceblobstore/paths/azureml/\${{name}}/\${{output_name}}/`
  const filled = uri.replace(/\$\{\{\s*name\s*\}\}/g, jobName).replace(/\$\{\{\s*output_name\s*\}\}/g, name)
  return filled.endsWith('/') ? filled : `${filled}/`
}

/**
 * Stores the outputs of an attempt. Repeating it stores the same bytes under the same names, so a crash in between does no harm.
 * Outputs of mode `direct` are written by the program itself and only counted.
 */
export async function publishOutputs({ ctx }: EngineParts, attempt: Attempt): Promise<StepOutputs> {
  const outputs: Record<string, StepOutputs[string]> = {}
  for (const [name, output] of Object.entries(attempt.step.spec.outputs)) {
    if (attempt.lost.aborted) throw new LeaseLostError(attempt.token)
    const owner = output.pipelineOutput === undefined ? attempt.jobName : (attempt.step.spec.parentJobName ?? attempt.jobName)
    const uri = outputUri(owner, output.pipelineOutput ?? name, output.uri)
    const published = await publishDirectory(ctx, {
      workspaceId: attempt.workspaceId,
      directory: attempt.directory.at('outputs', name),
      uri,
    })
    outputs[name] = { uri: output.type === 'uri_file' ? `${uri}${name}` : uri, jobOutputType: output.type, ...published }
  }
  return outputs
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
