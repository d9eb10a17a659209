import { treeDigest } from '../storage/index.ts'
import { codeUriOf } from './prepare-attempt.ts'
import type { DriverParts } from './driver-parts.ts'
import type { Attempt, EngineParts } from './engine-types.ts'
import type { ResolvedInput } from './resolve-inputs.ts'
import { differencesOf, keyFieldsOf, reuseKeyOf, type KeyFields, type ReuseDecision } from './reuse-key.ts'
import { notePhase } from './transitions.ts'
import type { StepOutputs } from './types.ts'

export interface ReuseSource {
  readonly jobName: string
  readonly outputs: StepOutputs
}

/** Computes the step's key, has it recorded with the decision, and says what to take over, if anything. */
export async function decideReuse(
  parts: DriverParts,
  attempt: Attempt,
  contents: { readonly lockHash: string | undefined; readonly inputs: Readonly<Record<string, ResolvedInput>> },
): Promise<ReuseSource | undefined> {
  const fields = await keyOf(parts, attempt, contents)
  const key = reuseKeyOf(fields)
  const { decision, source } = await decide(parts, attempt, fields, key)
  // A forced run never serves as a source, so its key stays out of the index.
  const isSource = !attempt.forceRerun && attempt.step.spec.deterministic
  notePhase(parts, attempt, { to: 'Inputs', reuse: { key: isSource ? key : null, fields, decision } })
  return source
}

async function keyOf(
  parts: EngineParts,
  attempt: Attempt,
  contents: { readonly lockHash: string | undefined; readonly inputs: Readonly<Record<string, ResolvedInput>> },
): Promise<KeyFields> {
  const { ctx } = parts
  const digestOf = (uri: string): Promise<string> => treeDigest(ctx, { workspaceId: attempt.workspaceId, uri })
  const codeUri = await codeUriOf(parts, attempt)
  const inputs: Record<string, string | null> = {}
  for (const [name, input] of Object.entries(contents.inputs)) {
    inputs[name] = input.uri === undefined ? (input.value ?? null) : (input.digest ?? (await digestOf(input.uri)))
  }
  return keyFieldsOf(attempt.step.spec, {
    codeDigest: codeUri === undefined ? null : await digestOf(codeUri),
    lockHash: contents.lockHash ?? null,
    inputs,
  })
}

async function decide(
  parts: DriverParts,
  attempt: Attempt,
  fields: KeyFields,
  key: string,
): Promise<{ decision: ReuseDecision; source?: ReuseSource }> {
  const { spec } = attempt.step
  if (!spec.mayReuse) return { decision: { reused: false, reason: 'not-in-pipeline' } }
  if (!spec.deterministic) return { decision: { reused: false, reason: 'not-deterministic' } }
  if (attempt.forceRerun) return { decision: { reused: false, reason: 'forced' } }
  const { id: stepId, name } = attempt.step
  const { componentId } = spec
  const found = await parts.reads.candidates.add({ stepId, name, componentId, workspaceId: attempt.workspaceId, key })
  if (found === undefined) return { decision: { reused: false, reason: 'no-earlier-run' } }
  const jobName = nameOf(found.resource_id)
  if (!found.same) {
    const differences = differencesOf(fields, found.key_fields)
    return { decision: { reused: false, reason: 'fields-differ', jobName, differences } }
  }
  if (await outputsExist(parts, attempt, found.outputs))
    return { decision: { reused: true, reason: 'found', jobName }, source: { jobName, outputs: found.outputs } }
  return { decision: { reused: false, reason: 'output-gone', jobName } }
}

async function outputsExist({ ctx }: EngineParts, attempt: Attempt, outputs: StepOutputs): Promise<boolean> {
  for (const output of Object.values(outputs)) {
    if (output.files === 0) continue
    const digest = await treeDigest(ctx, { workspaceId: attempt.workspaceId, uri: output.uri }).catch(() => undefined)
    if (digest !== output.digest) return false
  }
  return true
}

function nameOf(resourceId: string): string {
  return resourceId.slice(resourceId.lastIndexOf('/') + 1)
}
