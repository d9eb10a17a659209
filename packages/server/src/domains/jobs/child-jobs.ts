import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { writeInParts } from '../../kernel/db/write-in-parts.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { jobResourceType, nameOf } from './job-ids.ts'
import { writeAutoML } from './automl/plan-automl.ts'
import { writeSweep } from './sweep/parse-sweep.ts'
import type { StepInput, StepSpec } from './types.ts'

/** Child jobs: the steps of pipelines and the trials of sweeps, resources of their own. */

export interface ChildJob {
  readonly resourceId: string
  readonly properties: JsonObject
}

/** Written in bulk: a pipeline may have 30,000. */
export async function insertChildJobs(
  tx: Executor,
  ctx: Context,
  draft: { readonly actor: Actor; readonly workspaceId: string; readonly children: readonly ChildJob[] },
): Promise<void> {
  const { actor, workspaceId, children } = draft
  const now = ctx.clock.now()
  await writeInParts(
    children,
    (part) =>
      JSON.stringify(part.map(({ resourceId, properties }) => ({ id: resourceId, name: nameOf(resourceId), properties }))),
    (text) =>
      sql`insert into resources (id, display_id, type, display_type, name, parent_id, workspace_id, resource_group, properties, status,
      created_by, created_by_type, created_at, modified_by, modified_by_type, modified_at)
    select lower(child.id), child.id, ${jobResourceType.toLowerCase()}, ${jobResourceType}, child.name, ${workspaceId.toLowerCase()},
      ${workspaceId.toLowerCase()}, ${workspaceId.split('/')[4]?.toLowerCase() ?? null}, child.properties, '{"status": "NotStarted"}'::jsonb,
      ${actor.name}, ${actor.kind}, ${now}::timestamptz, ${actor.name}, ${actor.kind}, ${now}::timestamptz
    from jsonb_to_recordset(${text}::jsonb) child(id text, name text, properties jsonb)`.execute(tx),
  )
}

function controlProperty(spec: StepSpec): Record<string, string> {
  return spec.control === undefined ? {} : { 'fulcrum.controlFlow': spec.control.kind }
}

function textOf(input: StepInput): string {
  if (input.kind === 'stepOutput') return `\${{parent.jobs.${input.step}.outputs.${input.output}}}`
  if (input.kind === 'text') return input.parts.map(textOf).join('')
  return input.kind === 'literal' ? (input.value ?? '') : ''
}

/** A step as the job that clients see; a control-flow node is a pipeline without steps of its own. */
export function childProperties(parentName: string, stepName: string, spec: StepSpec): JsonObject {
  const outputs = Object.fromEntries(
    Object.entries(spec.outputs).map(([name, output]) => [name, { jobOutputType: output.type, mode: output.mode }]),
  )
  const inputs = Object.fromEntries(
    Object.entries(spec.inputs).map(([name, input]) => {
      if (input.kind === 'literal') return [name, { jobInputType: 'literal', value: input.value ?? null }]
      if (input.kind === 'data') return [name, { jobInputType: input.type, uri: input.uri, mode: input.mode }]
      return [name, { jobInputType: 'literal', value: textOf(input) }]
    }),
  )
  const program = {
    command: spec.command,
    codeId: spec.codeId ?? null,
    environmentId: spec.environmentId ?? null,
    environmentVariables: spec.environmentVariables,
  }
  return {
    displayName: spec.displayName,
    experimentName: spec.experimentName,
    isArchived: false,
    tags: {},
    parentJobName: parentName,
    properties: {
      'azureml.parentRunId': parentName,
      'azureml.pipelinerunid': parentName,
      'azureml.moduleName': stepName,
      ...controlProperty(spec),
    },
    componentId: spec.componentId ?? null,
    computeId: spec.computeId ?? null,
    inputs,
    outputs,
    ...jobMembers(spec, program),
  }
}

/** What kind of job the child is. */
function jobMembers(spec: StepSpec, program: JsonObject): JsonObject {
  if (spec.control !== undefined) return { jobType: 'Pipeline', settings: {}, jobs: {} }
  if (spec.sweep === undefined) return { jobType: 'Command', ...program }
  if (spec.automl !== undefined) return { jobType: 'AutoML', taskDetails: writeAutoML(spec), environmentId: spec.environmentId }
  return { jobType: 'Sweep', trial: program, ...writeSweep(spec.sweep) }
}
