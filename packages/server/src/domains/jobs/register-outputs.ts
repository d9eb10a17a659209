import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { listResources } from '../../kernel/resources/index.ts'
import type { Attempt } from './engine-types.ts'
import type { StepOutputs } from './types.ts'

const machineLearning = 'Microsoft.MachineLearningServices/workspaces'
const modelTypes = new Set(['mlflow_model', 'custom_model', 'triton_model'])

/**
 * Outputs that carry an asset name become versions of that data asset or model, in the name of who submitted the job and in the
 * transaction that ends the step: once, or not at all. @throws Conflict the version exists
 */
export async function registerOutputs(
  tx: Executor,
  ctx: Context,
  attempt: Pick<Attempt, 'step' | 'workspaceId' | 'jobName' | 'submitter'>,
  outputs: StepOutputs,
): Promise<void> {
  for (const [name, output] of Object.entries(attempt.step.spec.outputs)) {
    const published = outputs[name]
    if (output.assetName === undefined || published === undefined) continue
    const isModel = modelTypes.has(output.type)
    const kind = isModel ? 'models' : 'data'
    const type = `${machineLearning}/${kind}/versions`
    const container = `${attempt.workspaceId}/${kind}/${output.assetName}`
    const version = output.assetVersion ?? (await nextVersion(tx, type, container))
    const properties = isModel
      ? { modelType: output.type, modelUri: published.uri, jobName: attempt.jobName }
      : {
          dataType: output.type,
          dataUri: published.uri,
          properties: { 'azureml.jobName': attempt.jobName, 'azureml.outputName': name },
        }
    await ctx.resources.putIn(tx, attempt.submitter, {
      id: `${container}/versions/${version}`,
      type,
      body: { properties },
      ifNoneMatch: '*',
    })
  }
}

/** One more than the greatest number among the versions. */
async function nextVersion(tx: Executor, type: string, container: string): Promise<string> {
  const known = await listResources(tx, { type, parentId: container, view: 'All', limit: 1000 })
  return String(Math.max(0, ...known.map((entry) => Number(entry.name)).filter(Number.isInteger)) + 1)
}
