import { invalid } from '@fulcrum/contract'
import { resolveAssetUri } from '../storage/index.ts'
import { settleInput, sourceSteps } from './control-flow/settle-input.ts'
import type { DriverParts } from './driver-parts.ts'
import type { Attempt } from './engine-types.ts'
import type { StepOutputs } from './types.ts'

/** An input with everything known but its bytes: a literal, or a place. */
export interface ResolvedInput {
  readonly value: string | undefined
  readonly uri: string | undefined
  /** A registered model: its pinned files are what the job gets, whatever lies behind its address by now. */
  readonly modelVersionId?: string | undefined
  readonly mode: string
  /** Content digest when the producer recorded it. */
  readonly digest: string | undefined
  /** An earlier step published nothing there. */
  readonly empty: boolean
}

/** Follows assets to their places and step outputs to what was published. */
export async function resolveInputs({ ctx, reads }: DriverParts, attempt: Attempt): Promise<Record<string, ResolvedInput>> {
  const inputs: Record<string, ResolvedInput> = {}
  const names = sourceSteps(attempt.step.spec.inputs)
  const sources: ReadonlyMap<string, StepOutputs> =
    names.length === 0 ? new Map() : await reads.outputs.add({ jobId: attempt.step.job_id, names })
  for (const [name, given] of Object.entries(attempt.step.spec.inputs)) {
    const input = settleInput(given, sources)
    if (input.kind === 'literal') inputs[name] = { value: input.value, uri: undefined, mode: '', digest: undefined, empty: false }
    else if (input.kind === 'data' && input.empty === true)
      inputs[name] = { value: undefined, uri: input.uri, mode: input.mode, digest: undefined, empty: true }
    else if (input.kind === 'data') {
      const { uri, assetId } = await resolveAssetUri(ctx, attempt.workspaceId, input.uri)
      const model = assetId === undefined || !/\/models\//i.test(assetId) ? undefined : await ctx.resources.find(assetId)
      const digest = typeof model?.status['digest'] === 'string' ? model.status['digest'] : undefined
      inputs[name] = {
        value: undefined,
        uri,
        modelVersionId: digest === undefined ? undefined : model?.id,
        mode: input.mode,
        digest,
        empty: false,
      }
    } else if (input.kind === 'stepOutput') {
      const found = sources.get(input.step)?.[input.output]
      if (found === undefined)
        throw invalid(`Step '${input.step}' published no output '${input.output}'.`, { target: `inputs.${name}` })
      inputs[name] = { value: undefined, uri: found.uri, mode: input.mode, digest: found.digest, empty: found.files === 0 }
    }
  }
  return inputs
}
