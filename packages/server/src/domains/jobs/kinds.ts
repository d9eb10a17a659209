import { conflict, invalid, jobKinds, jobProperties, type JobProperties } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { canonicalJson } from '../../kernel/canonical-json.ts'
import type { KindBehaviour, ResourceBody, ResourceWrite, StoredResource } from '../../kernel/resources/index.ts'
import { containerBehaviour, versionBehaviour } from '../storage/index.ts'
import { membersOf } from './component-members.ts'
import { mapEntries } from './data-types.ts'
import { askedServices, presentServices } from './services.ts'
import { addressOf, mlflowAddressOf } from '../workspaces/index.ts'
import { nameOf, workspaceIdOf } from './job-ids.ts'
import { terminalStatuses } from './planner.ts'
import { cancelJobIn } from './cancel.ts'
import { submitJobIn } from './submit.ts'
import { findJobByResource } from './job-store.ts'
import { scheduleBehaviour } from './schedules/schedules.ts'

/** What jobs, components and schedules add to the generic resource. */
export function jobBehaviours(ctx: Context): KindBehaviour[] {
  const [components, componentVersions, jobs, schedules] = jobKinds
  if (components === undefined || componentVersions === undefined || jobs === undefined || schedules === undefined)
    throw new Error('The contract lost a kind of job.')
  return [
    containerBehaviour(components),
    componentVersionBehaviour(componentVersions),
    jobBehaviour(ctx, jobs),
    scheduleBehaviour(schedules),
  ]
}

/** Versions of components, of workspaces and of registries. */
export function componentVersionBehaviour(kind: KindBehaviour['kind']): KindBehaviour {
  return versionBehaviour(kind, {
    // Anonymous ones are named by a hash of their text; the code they name may be newer. Jobs fixed what they run when submitted.
    async validate(_tx, { id, body, existing }) {
      const specs = [existing, body].map((version) => canonicalJson(version?.properties['componentSpec'] ?? null))
      if (existing === undefined || specs[0] === specs[1] || existing.properties['isAnonymous'] === true) return
      throw conflict(`'${id}' exists and its 'componentSpec' cannot be changed; create a new version instead.`)
    },
    defaults: ({ body }) => ({
      ...body,
      properties: {
        isAnonymous: false,
        isArchived: false,
        tags: {},
        ...body.properties,
        properties: body.properties['properties'] ?? {},
      },
    }),
  })
}

/** Members of a job that may change after submission. */
const changeable = new Set(['displayName', 'description', 'tags', 'isArchived', 'properties', 'status', 'services'])

function jobBehaviour(ctx: Context, kind: KindBehaviour['kind']): KindBehaviour {
  return {
    kind,
    defaults: ({ id, body, existing }) => completeJob(id, body, existing),
    async validate(_tx, write) {
      if (write.existing === undefined) return
      refuseChangedSpec(write, write.existing)
      const archived = write.body.properties['isArchived'] === true && write.existing.properties['isArchived'] !== true
      if (archived && !terminalStatuses.includes(String(write.existing.status['status']))) {
        throw conflict(
          `Job '${nameOf(write.id)}' is still ${String(write.existing.status['status'])}; only jobs that have ended can be archived. Cancel it first.`,
        )
      }
    },
    statusOnWrite: ({ existing }) => (existing === undefined ? { status: 'NotStarted' } : {}),
    async afterWrite(tx, resource, write) {
      if (write.existing === undefined) await submitJobIn(tx, ctx, write, resource)
    },
    async beforeDelete(tx, resource) {
      if (terminalStatuses.includes(String(resource.status['status']))) return
      throw conflict(
        `Job '${resource.name}' is still ${String(resource.status['status'])}. Cancel it and wait for its end before deleting it.`,
      )
    },
    async afterDelete(tx, resource, actor) {
      const job = await findJobByResource(tx, resource.id)
      if (job === undefined) return
      await cancelJobIn(tx, ctx, actor, job)
      await tx.deleteFrom('jobs').where('id', '=', job.id).execute()
    },
    present: (resource, origin) => presentJob(ctx, resource, origin),
  }
}

/** Maps are never null for clients. */
const mapMembers = {
  Command: ['tags', 'properties', 'inputs', 'outputs', 'environmentVariables'],
  Pipeline: ['tags', 'properties', 'inputs', 'outputs', 'settings', 'jobs'],
  Other: ['tags', 'properties', 'inputs', 'outputs'],
} as const

function completeJob(id: string, body: ResourceBody, existing: StoredResource | undefined): ResourceBody {
  const { status: _status, services, ...given } = body.properties
  // As they are read, they carry what the server knows of them.
  const asked = mapEntries(askedServices(services), (service) => {
    const { status: _state, endpoint: _endpoint, errorMessage: _error, ...wanted } = membersOf(service)
    return wanted
  })
  const properties = jobProperties.parse(withoutState(given, existing))
  const completed: JobProperties = {
    ...properties,
    displayName: properties.displayName || String(existing?.properties['displayName'] ?? nameOf(id)),
    experimentName: properties.experimentName || String(existing?.properties['experimentName'] ?? 'Default'),
    isArchived: properties.isArchived ?? false,
    // As it is presented, see below.
    computeId: properties.computeId || undefined,
    ...Object.fromEntries(
      mapMembers[properties.jobType === 'Pipeline' || properties.jobType === 'Command' ? properties.jobType : 'Other'].map(
        (member) => [member, properties[member] ?? {}],
      ),
    ),
    ...(Object.keys(asked).length === 0 ? {} : { services: asked }),
    outputs: askedOutputs(properties.outputs, existing) as JobProperties['outputs'],
  }
  const name = properties.experimentName ?? ''
  if (name.length > 255) throw invalid('experimentName may have 255 characters at most.', { target: 'properties.experimentName' })
  return { ...body, properties: completed }
}

function refuseChangedSpec(write: ResourceWrite, existing: StoredResource): void {
  const [before, after] = [existing.properties, write.body.properties]
  for (const member of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (changeable.has(member) || canonicalJson(before[member] ?? null) === canonicalJson(after[member] ?? null)) continue
    throw conflict(`Job '${nameOf(write.id)}' exists and its '${member}' cannot be changed; submit it under another name.`, {
      target: `properties.${member}`,
    })
  }
}

type Outputs = Record<string, Record<string, unknown> | null>

function presentOutputs(resource: StoredResource): Outputs {
  const given = (resource.properties['outputs'] ?? {}) as Outputs
  const found = (resource.status['outputs'] ?? {}) as Record<string, { uri: string; jobOutputType: string }>
  return Object.fromEntries(
    [...new Set([...Object.keys(given), ...Object.keys(found)])].map((name) => [
      name,
      {
        jobOutputType: found[name]?.jobOutputType ?? 'uri_folder',
        mode: 'ReadWriteMount',
        ...given[name],
        ...(found[name] === undefined ? {} : { uri: found[name].uri }),
      },
    ]),
  )
}

/** Clients archive or rename a job by writing what they read: what the server says of a job is no wish. */
function withoutState(given: Readonly<Record<string, unknown>>, existing: StoredResource | undefined): Record<string, unknown> {
  const isState = (member: string): boolean =>
    existing !== undefined &&
    !['properties', 'outputs'].includes(member) &&
    member in existing.status &&
    !(member in existing.properties)
  return Object.fromEntries(Object.entries(given).filter(([member]) => !isState(member)))
}

/** Likewise an output as it was presented stands for what was asked for. */
function askedOutputs(outputs: unknown, existing: StoredResource | undefined): Outputs {
  const written = (outputs ?? {}) as Outputs
  if (existing === undefined) return written
  const presented = presentOutputs(existing)
  const asked = (existing.properties['outputs'] ?? {}) as Outputs
  return Object.fromEntries(
    Object.entries(written).flatMap(([name, output]): [string, Outputs[string]][] => {
      if (canonicalJson(output) !== canonicalJson(presented[name] ?? null)) return [[name, output]]
      return name in asked ? [[name, asked[name] ?? null]] : []
    }),
  )
}

/** Azure's response shape: what was asked, status, services, and outputs with the URIs they were stored under. */
function presentJob(ctx: Context, resource: StoredResource, origin: string | undefined) {
  const { provisioningState: _state, outputs: _published, properties: extra, waitingReason, ...status } = resource.status
  const workspaceId = workspaceIdOf(resource.id)
  // Clients append `&tid=…` to it.
  const studioUrl = `${addressOf(ctx, origin)}/studio${workspaceId}/jobs/${resource.name}?wsid=${workspaceId}`
  return {
    ...resource.properties,
    ...status,
    // Only while it waits.
    ...(typeof waitingReason === 'string' && status['status'] === 'Queued' ? { waitingReason } : {}),
    // Never null: the oldest client looks into it.
    computeId: resource.properties['computeId'] ?? '',
    properties: { ...(resource.properties['properties'] as object | undefined), ...(extra as object | undefined) },
    outputs: presentOutputs(resource),
    services: {
      ...presentServices(resource),
      Studio: { jobServiceType: 'Studio', endpoint: studioUrl },
      Tracking: { jobServiceType: 'Tracking', endpoint: mlflowAddressOf(ctx, workspaceId, origin) },
    },
  }
}
