import { Readable } from 'node:stream'
import { AppError, conflict, notFound, runHistoryOperations, workspaceId } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../../context.ts'
import { issueCredential, systemActor } from '../../../kernel/auth/index.ts'
import { ok, route, type ApiReply, type ApiRequest, type Route } from '../../../kernel/http/index.ts'
import { listResources, type StoredResource } from '../../../kernel/resources/index.ts'
import { jobId, jobResourceType, workspaceIdOf } from '../job-ids.ts'
import { findJob } from '../job-store.ts'
import { findLogFiles, type LogFiles } from '../log-files.ts'
import { terminalStatuses } from '../planner.ts'
import { jobScopes } from '../run-identity.ts'
import { serviceInstances } from '../services.ts'
import { activityLogPath, writeActivityLog } from './activity-log.ts'
import { signLogLink, verifyLogLink } from './log-links.ts'
import { presentRun, runFacts, spelledFor } from './present-run.ts'

/** How long after its end the first look at a job still says Finalizing: clients print no log of a job that was over when they came. */
const holdMs = 300_000
const chunkBytes = 1024 * 1024

/** The run history of jobs. */
export function runHistoryRoutes(ctx: Context): Route[] {
  return [
    route(runHistoryOperations.run, async (request) => ok(await presentRun(ctx, await requireJob(ctx, request.scope)))),
    route(runHistoryOperations.details, (request) => showDetails(ctx, request)),
    route(runHistoryOperations.children, (request) => listChildren(ctx, request)),
    route(runHistoryOperations.serviceInstances, async (request) => {
      const job = await requireJob(ctx, request.scope)
      return ok({ instances: serviceInstances(job, (await submitterOf(ctx, job)) === request.actor.id) })
    }),
    route(runHistoryOperations.update, (request) => updateRun(ctx, request)),
    route(runHistoryOperations.data, async (request) => {
      const job = await ctx.resources.find(`${request.scope}/jobs/${request.body.runId}`)
      if (job === undefined) throw notFound('Run', request.body.runId)
      return ok({ runMetadata: spelledFor(await presentRun(ctx, job), request.headers['user-agent']) })
    }),
    route(runHistoryOperations.token, (request) => renewToken(ctx, request)),
    route(runHistoryOperations.log, (request) => sendLog(ctx, request)),
  ]
}

async function requireJob(ctx: Context, id: string): Promise<StoredResource> {
  const job = await ctx.resources.find(id)
  if (job === undefined) throw notFound('Run', id.slice(id.lastIndexOf('/') + 1))
  return job
}

async function showDetails(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const job = await requireJob(ctx, request.scope)
  const status = await statusToShow(ctx, job)
  const { inputs: _inputs, createdUtc: _created, ...facts } = runFacts(ctx, job, status)
  const activity = activityLogPath(job)
  const files = (await (await findLogFiles(ctx, job.id))?.list()) ?? []
  const paths = [...files.map((file) => file.path), ...(activity === undefined ? [] : [activity])]
  const base = `${request.origin}/history/v1.0${workspaceIdOf(job.id)}/runs/${encodeURIComponent(job.name)}/logs`
  const links = paths.map((path): [string, string] => [
    path,
    `${base}/${path.split('/').map(encodeURIComponent).join('/')}?${signLogLink(ctx, job.id, path)}`,
  ])
  return ok({ ...facts, runDefinition: null, logFiles: Object.fromEntries(links) })
}

async function statusToShow(ctx: Context, job: StoredResource): Promise<string> {
  const status = String(job.status['status'] ?? 'NotStarted')
  const first =
    await sql`insert into job_reads (resource_id) values (${job.id.toLowerCase()}) on conflict do nothing returning 1`.execute(
      ctx.db.kysely,
    )
  if (first.rows.length === 0 || (status !== 'Completed' && status !== 'Failed')) return status
  const endedAt = Date.parse(String(job.status['endTime'] ?? ''))
  return ctx.clock.now().getTime() - endedAt < holdMs ? 'Finalizing' : status
}

async function listChildren(
  ctx: Context,
  request: ApiRequest<{ $top?: number | undefined; $continuationToken?: string | undefined }>,
): Promise<ApiReply> {
  const job = await requireJob(ctx, request.scope)
  const limit = request.query.$top ?? 500
  const token = request.query.$continuationToken
  const binding = `children ${job.id.toLowerCase()}`
  const found = await listResources(ctx.db.kysely, {
    type: jobResourceType,
    parentId: workspaceIdOf(job.id),
    view: 'All',
    order: 'oldest',
    matching: [{ path: ['parentJobName'], anyOf: [job.name] }],
    limit: limit + 1,
    ...(token === undefined ? {} : { after: ctx.cursors.decode(binding, token) as number }),
  })
  const page = found.slice(0, limit)
  const last = page.at(-1)
  const more = found.length > limit && last !== undefined
  const next = new URL(request.url, request.origin)
  if (more) next.searchParams.set('$continuationToken', ctx.cursors.encode(binding, last.createdSequence))
  return ok({
    value: page.map((child) => ({
      ...runFacts(ctx, child, String(child.status['status'] ?? 'NotStarted')),
      experimentId: String(child.properties['experimentName'] ?? 'Default'),
    })),
    ...(more ? { continuationToken: next.searchParams.get('$continuationToken'), nextLink: next.toString() } : {}),
  })
}

interface RunChange {
  readonly displayName?: string | null | undefined
  readonly hidden?: boolean | null | undefined
  readonly description?: string | null | undefined
  readonly tags?: Readonly<Record<string, string | null>> | null | undefined
  readonly properties?: Readonly<Record<string, string | null>> | null | undefined
}

async function updateRun(ctx: Context, request: ApiRequest<unknown, RunChange>): Promise<ApiReply> {
  const job = await requireJob(ctx, request.scope)
  const { displayName, description, hidden, tags, properties } = request.body
  const merged = (member: string, added: RunChange['tags']) => ({
    [member]: { ...(job.properties[member] as object | undefined), ...added },
  })
  const change = {
    ...(typeof displayName === 'string' ? { displayName } : {}),
    ...(typeof description === 'string' ? { description } : {}),
    ...(typeof hidden === 'boolean' ? { isArchived: hidden } : {}),
    ...(tags ? merged('tags', tags) : {}),
    ...(properties ? merged('properties', properties) : {}),
  }
  const options = { type: jobResourceType, requestId: request.id }
  const { resource } = await ctx.resources.patch(request.actor, job.id, { properties: change }, options)
  return ok(await presentRun(ctx, resource))
}

/** A long job outlives the token it started with. */
async function renewToken(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const job = await requireJob(ctx, request.scope)
  const { actor } = request
  if (terminalStatuses.includes(String(job.status['status'])))
    throw conflict(`Job '${job.name}' has ended; it gets no further token.`)
  if (actor.boundTo?.toLowerCase() !== job.id.toLowerCase() && (await submitterOf(ctx, job)) !== actor.id)
    throw new AppError('AuthorizationFailed', `Only who submitted job '${job.name}' and the job itself get a token for it.`)
  if (actor.id === systemActor.id) throw conflict('Jobs of the platform run without a token.')
  const lifetimeMs = 24 * 3_600_000
  const issued = await issueCredential(ctx.db.kysely, ctx, {
    kind: 'job',
    principalId: actor.id,
    name: job.name,
    lifetimeMs,
    boundTo: job.id,
    scopes: actor.tokenScopes ?? jobScopes,
  })
  return ok({ token: issued.token, expiryTimeUtc: issued.expiresAt.toISOString() })
}

async function submitterOf(ctx: Context, job: StoredResource): Promise<string | undefined> {
  const step = await ctx.db.kysely
    .selectFrom('steps')
    .select('job_id')
    .where('resource_id', '=', job.id.toLowerCase())
    .executeTakeFirst()
  return step === undefined ? undefined : (await findJob(ctx.db.kysely, step.job_id))?.submitter.id
}

async function sendLog(ctx: Context, request: ApiRequest<{ se: string; sig: string }>): Promise<ApiReply> {
  const { path = '', jobName = '', subscriptionId = '', resourceGroupName = '', workspaceName = '' } = request.params
  const id = jobId(workspaceId(subscriptionId, resourceGroupName, workspaceName), jobName)
  verifyLogLink(ctx, id, path, request.query)
  const job = await requireJob(ctx, id)
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
  if (path === activityLogPath(job)) return { headers, raw: await writeActivityLog(ctx, job) }
  const logs = await findLogFiles(ctx, job.id)
  if (logs === undefined) throw notFound('Log', path)
  const first = await logs.read(path, 0, chunkBytes)
  return { headers, raw: Readable.from(wholeLog(logs, path, first)) }
}

/** A log up to the size it has now, whatever that is, in pieces. */
async function* wholeLog(logs: LogFiles, path: string, first: { bytes: Buffer; size: number }): AsyncGenerator<Buffer> {
  yield first.bytes
  for (let offset = first.bytes.length; offset < first.size;) {
    const { bytes } = await logs.read(path, offset, Math.min(chunkBytes, first.size - offset))
    if (bytes.length === 0) return
    offset += bytes.length
    yield bytes
  }
}
