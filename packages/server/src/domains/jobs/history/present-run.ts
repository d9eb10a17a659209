import type { Context } from '../../../context.ts'
import type { StoredResource } from '../../../kernel/resources/index.ts'
import { addressOf } from '../../workspaces/index.ts'
import { findRun } from '../../tracking/index.ts'
import { nameOf, workspaceIdOf } from '../job-ids.ts'

/** A job in the shape of Azure's run history. */

/** Output types as run history spells them; with `uri_folder` clients do not find an output. */
const typeNames: Readonly<Record<string, string>> = {
  uri_file: 'UriFile',
  uri_folder: 'UriFolder',
  mltable: 'MLTable',
  custom_model: 'CustomModel',
  mlflow_model: 'MLFlowModel',
  triton_model: 'TritonModel',
}
const dataNames: Readonly<Record<string, string>> = { UriFile: 'uri_file', UriFolder: 'uri_folder', MLTable: 'mltable' }
const runTypes: Readonly<Record<string, string>> = { Pipeline: 'azureml.PipelineRun', Sweep: 'hyperdrive', AutoML: 'automl' }

export function runFacts(ctx: Context, job: StoredResource, status: string) {
  const { properties: given, status: is } = job
  const parent = given['parentJobName']
  return {
    runId: job.name,
    runUuid: job.name,
    rootRunId: typeof parent === 'string' ? parent : job.name,
    ...(typeof parent === 'string' ? { parentRunId: parent } : {}),
    status,
    createdUtc: job.createdAt.toISOString(),
    createdTimeUtc: job.createdAt.toISOString(),
    startTimeUtc: textOrNull(is['startTime']),
    endTimeUtc: textOrNull(is['endTime']),
    lastModifiedUtc: job.modifiedAt.toISOString(),
    createdBy: { userName: job.createdBy },
    lastModifiedBy: { userName: job.modifiedBy },
    userId: job.createdBy,
    displayName: textOrNull(given['displayName']),
    name: job.name,
    description: textOrNull(given['description']),
    hidden: given['isArchived'] === true,
    runType: runTypes[String(given['jobType'])] ?? 'azureml.scriptrun',
    runTypeV2: { orchestrator: '', traits: [] },
    tags: texts(given['tags']),
    properties: { ...texts(given['properties']), ...texts(is['properties']) },
    parameters: {},
    target: targetOf(given['computeId']),
    compute: { target: targetOf(given['computeId']) },
    warnings: [],
    inputs: references(given['inputs'], 'jobInputType', (name) => `azureml://jobs/${job.name}/inputs/${name}`),
    outputs: references(
      { ...(given['outputs'] as object | undefined), ...(is['outputs'] as object | undefined) },
      'jobOutputType',
      (name) => `azureml://jobs/${job.name}/outputs/${name}`,
    ),
    services: {
      Studio: { type: 'Studio', endpoint: `${addressOf(ctx)}/studio${workspaceIdOf(job.id)}/jobs/${job.name}` },
    },
    ...errorOf(is['error']),
  }
}

/** {@link runFacts} with the experiment that the run was logged to. */
export async function presentRun(ctx: Context, job: StoredResource) {
  const workspaceId = workspaceIdOf(job.id).toLowerCase()
  const run = await findRun({ ctx, workspaceId }, job.name)
  return {
    ...runFacts(ctx, job, String(job.status['status'] ?? 'NotStarted')),
    experimentId: run?.experiment_id ?? String(job.properties['experimentName'] ?? 'Default'),
    dataContainerId: `dcid.${job.name}`,
  }
}

/**
 * From 1.35 on `azure-ai-ml` compares the types of data outputs with the spelling of the control plane; with run history's own it does
 * not find them. Those of models it still wants as they are.
 */
export function spelledFor<Run extends { readonly outputs: Readonly<Record<string, { assetId: string; type: string }>> }>(
  run: Run,
  userAgent: string | undefined,
): Run {
  const [, major, minor] = /\bazure-ai-ml\/(\d+)\.(\d+)/.exec(userAgent ?? '') ?? []
  if (major === undefined || (Number(major) === 1 && Number(minor) < 35)) return run
  const outputs = Object.entries(run.outputs).map(([name, { assetId, type }]) => [
    name,
    { assetId, type: dataNames[type] ?? type },
  ])
  return { ...run, outputs: Object.fromEntries(outputs) }
}

/** `{error: {error: {code, message}}}`, the form of which clients print the inner part. */
function errorOf(value: unknown) {
  if (typeof value !== 'object' || value === null) return {}
  const { code, message, likelyReason, lastLogLines } = value as Readonly<Record<string, unknown>>
  const lines = Array.isArray(lastLogLines) ? lastLogLines.map(String) : []
  return {
    error: {
      error: {
        code: String(code ?? 'UserError'),
        message: String(message ?? ''),
        details: [
          ...(typeof likelyReason === 'string' ? [{ code: 'LikelyReason', message: likelyReason }] : []),
          ...(lines.length === 0 ? [] : [{ code: 'LastLogLines', message: lines.join('\n') }]),
        ],
      },
    },
  }
}

function references(values: unknown, typeMember: string, assetIdOf: (name: string) => string) {
  const entries = Object.entries((values ?? {}) as Record<string, Record<string, unknown> | null>)
  return Object.fromEntries(
    entries.flatMap(([name, value]) => {
      const type = typeNames[String(value?.[typeMember] ?? 'uri_folder')]
      return type === undefined ? [] : [[name, { assetId: assetIdOf(name), type }]]
    }),
  )
}

function targetOf(computeId: unknown): string {
  return typeof computeId === 'string' && computeId !== '' ? nameOf(computeId) : 'local'
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function texts(value: unknown): Record<string, string> {
  const entries = Object.entries((value ?? {}) as Record<string, unknown>)
  return Object.fromEntries(
    entries.filter(([, text]) => text !== null && text !== undefined).map(([key, text]) => [key, String(text)]),
  )
}
