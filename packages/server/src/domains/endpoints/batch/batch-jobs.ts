import { notFound, type Resource } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../../context.ts'
import { ok, type ApiReply, type ApiRequest } from '../../../kernel/http/index.ts'
import { findResources, presentResource } from '../../../kernel/resources/index.ts'
import { objectOf } from '../types.ts'
import { batchEndpointType } from './types.ts'

const jobType = 'Microsoft.MachineLearningServices/workspaces/jobs'

/** A job as Azure shows it below its endpoint; under its own address it is the pipeline job that it is. */
export function presentBatchJob(endpointId: string, job: Resource) {
  const { properties } = job
  const tags = objectOf(properties['tags'])
  return {
    id: `${endpointId}/jobs/${job.name}`,
    name: job.name,
    type: `${batchEndpointType}/jobs`,
    properties: {
      name: job.name,
      status: String(properties['status']),
      provisioningState: 'Succeeded',
      description: properties['description'] ?? '',
      tags,
      properties: objectOf(properties['properties']),
      inputData: withAzureTypes(properties['inputs'], 'jobInputType'),
      outputData: withAzureTypes(properties['outputs'], 'jobOutputType'),
      experimentName: properties['experimentName'] ?? null,
      interactionEndpoints: {},
    },
    systemData: job.systemData,
  }
}

/** Below endpoints the types of inputs and outputs are spelled `UriFolder`; clients do not know them otherwise. */
function withAzureTypes(entries: unknown, member: 'jobInputType' | 'jobOutputType') {
  return Object.fromEntries(
    Object.entries(objectOf(entries)).map(([name, value]) => {
      const type = String(objectOf(value)[member] ?? 'literal')
      return [name, { ...objectOf(value), [member]: azureTypes[type] ?? type }]
    }),
  )
}

const azureTypes: Readonly<Record<string, string>> = {
  literal: 'Literal',
  uri_file: 'UriFile',
  uri_folder: 'UriFolder',
  mltable: 'MLTable',
  mlflow_model: 'MLFlowModel',
  custom_model: 'CustomModel',
  triton_model: 'TritonModel',
}

interface JobsQuery {
  readonly $top?: number | undefined
  readonly $skiptoken?: string | undefined
}

const pageSize = 100

/** The jobs of an endpoint or of one of its deployments, newest first. Jobs that were deleted are gone here too. */
export async function listBatchJobs(ctx: Context, request: ApiRequest<JobsQuery>): Promise<ApiReply> {
  await ctx.resources.require(request.scope)
  const limit = request.query.$top ?? pageSize
  const before = Number(request.query.$skiptoken)
  const rows = await ctx.db.kysely
    .selectFrom('batch_invocations')
    .innerJoin('resources', 'resources.id', 'batch_invocations.job_id')
    .select(['batch_invocations.sequence', 'batch_invocations.job_id'])
    .where(columnOf(request.scope), '=', request.scope.toLowerCase())
    .$if(Number.isSafeInteger(before) && before > 0, (query) => query.where('batch_invocations.sequence', '<', before))
    .orderBy(sql`batch_invocations.sequence desc`)
    .limit(limit + 1)
    .execute()
  const page = rows.slice(0, limit)
  const found = new Map(
    (
      await findResources(
        ctx.db.kysely,
        page.map((row) => row.job_id),
      )
    ).map((job) => [job.id.toLowerCase(), job]),
  )
  const behaviour = ctx.resources.kinds.require(jobType)
  const endpointId = endpointOf(request.scope)
  const value = page.flatMap((row) => {
    const job = found.get(row.job_id)
    return job === undefined ? [] : [presentBatchJob(endpointId, presentResource(behaviour, job, request.origin))]
  })
  const last = page.at(-1)?.sequence
  return ok({ value, nextLink: rows.length > limit && last !== undefined ? nextLinkOf(request, last) : null })
}

export async function getBatchJob(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const { jobName = '', ...others } = request.params
  const parent = request.scope.replace(/\/jobs\/[^/]+$/i, '')
  const endpointId = endpointOf(parent)
  const jobId = `${endpointId.split('/').slice(0, -2).join('/')}/jobs/${jobName}`
  const row = await ctx.db.kysely
    .selectFrom('batch_invocations')
    .select('job_id')
    .where('job_id', '=', jobId.toLowerCase())
    .where(columnOf(parent), '=', parent.toLowerCase())
    .executeTakeFirst()
  const job = row === undefined ? undefined : await ctx.resources.find(row.job_id)
  if (job === undefined)
    throw notFound('Batch job', jobName, `It was not started by '${others['deploymentName'] ?? others['batchEndpointName']}'.`)
  return ok(presentBatchJob(endpointId, presentResource(ctx.resources.kinds.require(jobType), job, request.origin)))
}

function columnOf(scope: string): 'batch_invocations.endpoint_id' | 'batch_invocations.deployment_id' {
  return /\/deployments\/[^/]+$/i.test(scope) ? 'batch_invocations.deployment_id' : 'batch_invocations.endpoint_id'
}

function endpointOf(scope: string): string {
  return scope.replace(/\/deployments\/[^/]+$/i, '')
}

function nextLinkOf(request: ApiRequest, sequence: number): string {
  const url = new URL(request.url, request.origin)
  url.searchParams.set('$skiptoken', String(sequence))
  return url.href
}
