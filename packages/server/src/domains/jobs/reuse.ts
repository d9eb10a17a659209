import { sql } from 'kysely'
import { treeDigest } from '../storage/index.ts'
import { codeUriOf } from './prepare-attempt.ts'
import type { Attempt, EngineParts } from './engine-types.ts'
import type { ResolvedInput } from './resolve-inputs.ts'
import { differencesOf, keyFieldsOf, reuseKeyOf, type KeyFields, type ReuseDecision } from './reuse-key.ts'
import type { StepOutputs } from './types.ts'

export interface ReuseSource {
  readonly jobName: string
  readonly outputs: StepOutputs
}

interface Candidate {
  readonly resource_id: string
  readonly key_fields: KeyFields
  readonly outputs: StepOutputs
}

/** Computes the step's key, stores it with the decision, and says what to take over, if anything. */
export async function decideReuse(
  parts: EngineParts,
  attempt: Attempt,
  contents: { readonly lockHash: string | undefined; readonly inputs: Readonly<Record<string, ResolvedInput>> },
): Promise<ReuseSource | undefined> {
  const { ctx } = parts
  const { step } = attempt
  const fields = await keyOf(parts, attempt, contents)
  const key = reuseKeyOf(fields)
  const { decision, source } = await decide(parts, attempt, fields, key)
  await ctx.db.kysely
    .updateTable('steps')
    // A forced run never serves as a source, so its key stays out of the index.
    .set({
      reuse_key: attempt.forceRerun || !step.spec.deterministic ? null : key,
      key_fields: JSON.stringify(fields),
      reuse_decision: JSON.stringify(decision),
    })
    .where('id', '=', step.id)
    .where('attempt', '=', step.attempt)
    .execute()
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
  parts: EngineParts,
  attempt: Attempt,
  fields: KeyFields,
  key: string,
): Promise<{ decision: ReuseDecision; source?: ReuseSource }> {
  const { spec } = attempt.step
  if (!spec.mayReuse) return { decision: { reused: false, reason: 'not-in-pipeline' } }
  if (!spec.deterministic) return { decision: { reused: false, reason: 'not-deterministic' } }
  if (attempt.forceRerun) return { decision: { reused: false, reason: 'forced' } }
  const same = await findSame(parts, attempt, key)
  if (same !== undefined) {
    const jobName = nameOf(same.resource_id)
    if (await outputsExist(parts, attempt, same.outputs))
      return { decision: { reused: true, reason: 'found', jobName }, source: { jobName, outputs: same.outputs } }
    return { decision: { reused: false, reason: 'output-gone', jobName } }
  }
  const near = await findNearest(parts, attempt)
  if (near === undefined) return { decision: { reused: false, reason: 'no-earlier-run' } }
  return {
    decision: {
      reused: false,
      reason: 'fields-differ',
      jobName: nameOf(near.resource_id),
      differences: differencesOf(fields, near.key_fields),
    },
  }
}

async function findSame({ ctx }: EngineParts, attempt: Attempt, key: string): Promise<Candidate | undefined> {
  const rows = await sql<Candidate>`select s.resource_id, s.key_fields, s.outputs from steps s join jobs j on j.id = s.job_id
    where s.reuse_key = ${key} and s.outcome = 'Completed' and j.workspace_id = ${attempt.workspaceId.toLowerCase()} order by s.id desc limit 1`.execute(
    ctx.db.kysely,
  )
  return rows.rows[0]
}

/** The newest completed step of the same component, or else of the same name. */
async function findNearest({ ctx }: EngineParts, attempt: Attempt): Promise<Candidate | undefined> {
  const { step } = attempt
  const rows = await sql<Candidate>`select s.resource_id, s.key_fields, s.outputs from steps s join jobs j on j.id = s.job_id
    where s.outcome = 'Completed' and s.reuse_key is not null and s.id <> ${step.id} and j.workspace_id = ${attempt.workspaceId.toLowerCase()}
      and (s.name = ${step.name} or s.spec->>'componentId' = ${step.spec.componentId ?? ''})
    order by (s.spec->>'componentId' = ${step.spec.componentId ?? ''}) desc nulls last, s.id desc limit 1`.execute(ctx.db.kysely)
  return rows.rows[0]
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
