import { AppError, invalid, nameOf, workspaceOf } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { systemActor, type Actor } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { findResource, listResources, type StoredResource } from '../../kernel/resources/index.ts'
import { refreshed } from './decide-gate.ts'
import { withHistory, type ReleaseStatus } from './release-status.ts'
import { environmentOf, readGateRules, releaseType, statusOf } from './store.ts'

const finished = ['Completed', 'Failed', 'Canceled']

/** The status of a new release: what it stands for and who made it. @throws when the model version is missing or has no digest */
export async function initialStatus(ctx: Context, db: Executor, modelVersionId: string): Promise<ReleaseStatus> {
  const model = await findResource(db, modelVersionId)
  if (model === undefined)
    throw invalid(`Model version '${modelVersionId}' does not exist.`, { target: 'properties.modelVersionId' })
  const digest = model.status['digest']
  if (typeof digest !== 'string')
    throw new AppError('Conflict', `Model version '${model.id}' is not ready yet: its files are not pinned.`, {
      target: model.id,
    })
  const jobName = typeof model.properties['jobName'] === 'string' ? model.properties['jobName'] : undefined
  const workspaceId = workspaceOf(model.id) ?? model.id
  const root = jobName === undefined ? undefined : await rootJobOf(db, workspaceId, jobName)
  const awaited = root !== undefined && !finished.includes(String(root.status['status'])) ? root.id : undefined
  const status: ReleaseStatus = {
    provisioningState: 'Succeeded',
    model: { name: model.id.split('/').at(-3) ?? '', version: model.name, workspaceId, jobName: root?.name ?? jobName ?? null },
    digest,
    author: await authorOf(db, model),
    awaitedJobId: awaited ?? null,
    ready: awaited === undefined,
    gates: [],
    state: awaited === undefined ? 'open' : 'collecting',
    history: [],
  }
  return withHistory(
    status,
    ctx.clock.now(),
    `Release of ${status.model.name} version ${status.model.version} proposed`,
    status.author.name,
  )
}

/** Who registered the model version, as the audit log knows; a job counts as its submitter. */
async function authorOf(db: Executor, model: StoredResource): Promise<{ id: string; name: string }> {
  const event = await db
    .selectFrom('events')
    .select('actor')
    .where('subject', '=', model.id)
    .where('type', '=', 'models.versions.created')
    .orderBy('insert_id')
    .executeTakeFirst()
  if (event === undefined) {
    // A release without a known author would let the author decide it.
    throw new AppError('Conflict', `Nobody is recorded as having registered '${model.id}'; register it again.`, {
      target: model.id,
    })
  }
  return { id: event.actor.onBehalfOf ?? event.actor.id, name: event.actor.name }
}

/** The outermost job that a step belongs to. */
async function rootJobOf(db: Executor, workspaceId: string, jobName: string): Promise<StoredResource | undefined> {
  let job = await findResource(db, `${workspaceId}/jobs/${jobName}`)
  for (let depth = 0; job !== undefined && depth < 10; depth += 1) {
    const parent: unknown = job.properties['parentJobName'] ?? job.status['parentJobName']
    if (typeof parent !== 'string' || parent === '') return job
    job = await findResource(db, `${workspaceId}/jobs/${parent}`)
  }
  return job
}

/** Proposes a release for a model version that was registered in the environment where models are made. */
export async function proposeRelease(ctx: Context, modelVersionId: string): Promise<void> {
  const db = ctx.db.kysely
  if ((await readGateRules(db)).length === 0 || (await environmentOf(db, modelVersionId)) !== 'dev') return
  const shared = await sharedGroup(db)
  if (shared === undefined) return
  const [model, version] = [modelVersionId.split('/').at(-3), nameOf(modelVersionId)]
  const id = `${shared}/providers/Fulcrum.Delivery/releases/${model}-${version}`
  if ((await findResource(db, id)) !== undefined) return
  await ctx.resources.put(systemActor, id, { location: 'local', properties: { modelVersionId } }, { type: releaseType })
}

async function sharedGroup(db: Executor): Promise<string | undefined> {
  const groups = await listResources(db, {
    type: 'Microsoft.Resources/resourceGroups',
    limit: 1,
    tags: [{ key: 'fulcrum.environment', value: 'shrd' }],
  })
  return groups[0]?.id
}

/** The awaited job has ended: the release is ready for its first gate and its approvers are told. */
export async function openRelease(ctx: Context, release: StoredResource, actor: Actor = systemActor): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const current = await findResource(tx, release.id, { forUpdate: true })
    if (current === undefined || statusOf(current).ready) return
    const rules = await readGateRules(tx)
    const status: ReleaseStatus = { ...statusOf(current), ready: true, awaitedJobId: null }
    const opened = withHistory(refreshed(rules, status), ctx.clock.now(), 'Evidence collected, first gate open', actor.name)
    await ctx.resources.updateStatus(tx, current.id, { ...opened })
    await appendEvent(tx, ctx, actor, {
      type: 'releases.gateOpened',
      subject: current.id,
      action: 'Fulcrum.Delivery/releases/write',
      data: { gate: rules[0]?.name ?? '', approverGroupIds: rules[0]?.approverGroupIds ?? [], model: status.model },
    })
  })
}

/** Releases whose evidence a job was to bring. */
export async function releasesAwaiting(db: Executor, jobId: string): Promise<StoredResource[]> {
  return listResources(db, { type: releaseType, limit: 100, matching: [{ path: ['awaitedJobId'], anyOf: [jobId] }] })
}
