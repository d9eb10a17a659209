import { systemActor } from '../../kernel/auth/index.ts'
import { computeKinds, computeOperations, invalid, notFound } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import { ok, route, type ApiReply, type ApiRequest } from '../../kernel/http/index.ts'
import type { KindBehaviour, StoredResource } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { sealSecrets } from './compute-secrets.ts'
import { lifecycleRoutes } from './lifecycle.ts'
import { idleMsOf } from './plan-nodes.ts'
import { probeHost } from './probe-host.ts'
import {
  computeResourceType,
  isolationOf,
  resolveCompute,
  runnableComputeTypes,
  slotsOf,
  strictestIsolation,
} from './resolve-compute.ts'

/** Compute targets: names for shares of this host, and kinds of Azure that are kept but run nothing. */
export function computeDomain(ctx: Context): DomainModule {
  const [kind] = computeKinds
  if (kind === undefined) throw new Error('The contract lost the kind of computes.')
  return {
    name: 'compute',
    behaviours: [computeBehaviour(ctx, kind)],
    routes: [route(computeOperations.capabilities, (request) => capabilities(ctx, request)), ...lifecycleRoutes(ctx)],
    subscriptions: [
      {
        reader: 'compute: local compute of a new workspace',
        types: ['workspaces.created'],
        handle: (event) => createLocalCompute(ctx, event.subject),
      },
    ],
  }
}

function computeBehaviour(ctx: Context, kind: KindBehaviour['kind']): KindBehaviour {
  return {
    kind,
    immutableMembers: ['computeType'],
    answersAsOperation: true,
    async validate(_tx, { body }) {
      isolationOf(body.tags ?? {})
      checkScale(objectOf(objectOf(body.properties['properties'])['scaleSettings']))
    },
    defaults: (write) => ({ ...write.body, location: write.body.location ?? 'local', properties: sealSecrets(ctx, write) }),
    statusOnWrite: ({ existing, body }) => ({
      provisioningState: 'Succeeded',
      ...(existing === undefined && body.properties['computeType'] === 'ComputeInstance' ? { state: 'Running' } : {}),
    }),
    // Azure's update of a cluster has its scale one level higher than the cluster itself.
    patchProperties: (existing, { scaleSettings, ...patch }) => ({
      ...existing,
      ...patch,
      properties: {
        ...objectOf(existing['properties']),
        ...objectOf(patch['properties']),
        ...(scaleSettings === undefined ? {} : { scaleSettings }),
      },
    }),
    async afterDelete(tx, resource) {
      await tx.deleteFrom('compute_nodes').where('compute_id', '=', resource.id.toLowerCase()).execute()
    },
    present: presentCompute,
  }
}

/** @throws InvalidRequestContent scale settings that contradict each other */
function checkScale({ minNodeCount, maxNodeCount, nodeIdleTimeBeforeScaleDown: idle }: JsonObject): void {
  const target = 'properties.properties.scaleSettings'
  if (typeof minNodeCount === 'number' && typeof maxNodeCount === 'number' && minNodeCount > maxNodeCount)
    throw invalid(`minNodeCount is ${minNodeCount}, more than maxNodeCount (${maxNodeCount}).`, { target })
  if (typeof idle === 'string' && idleMsOf(idle) === undefined)
    throw invalid(`nodeIdleTimeBeforeScaleDown is '${idle}'; write an ISO 8601 duration such as PT120S.`, { target })
}

function presentCompute(resource: StoredResource): JsonObject {
  const { sealedSecrets: _sealed, ...properties } = resource.properties
  const { state, allocation, ...status } = resource.status
  const type = String(properties['computeType'] ?? '')
  const runs = runnableComputeTypes.includes(type.toLowerCase())
  return {
    description: '',
    computeLocation: resource.location ?? 'local',
    isAttachedCompute: false,
    provisioningErrors: runs
      ? []
      : [
          {
            error: {
              code: 'NotSupported',
              message: `Jobs do not run on computes of type ${type} here; use type AmlCompute or ComputeInstance, or the compute 'local'.`,
            },
          },
        ],
    createdOn: resource.createdAt.toISOString(),
    modifiedOn: resource.modifiedAt.toISOString(),
    ...properties,
    ...status,
    properties: {
      ...objectOf(properties['properties']),
      ...(type === 'Local' ? hostAllocation : {}),
      ...(type === 'AmlCompute' ? { ...newAllocation, ...objectOf(allocation) } : {}),
      ...(state === undefined ? {} : { state }),
    },
  }
}

/** This host is always there. */
const hostAllocation = { currentNodeCount: 1, targetNodeCount: 1, allocationState: 'Steady' }
/** A cluster that no engine has looked at yet. */
const newAllocation = { currentNodeCount: 0, targetNodeCount: 0, allocationState: 'Steady' }

function objectOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

/** Each workspace has a compute `local` that people can see and name; jobs may leave it out. */
async function createLocalCompute(ctx: Context, workspaceId: string): Promise<void> {
  const id = `${workspaceId}/computes/local`
  if ((await ctx.resources.find(workspaceId)) === undefined || (await ctx.resources.find(id)) !== undefined) return
  await ctx.resources.put(
    systemActor,
    id,
    {
      location: 'local',
      properties: { computeType: 'Local', description: 'Processes on this host.', properties: { vmSize: 'host' } },
    },
    { type: computeResourceType },
  )
}

async function capabilities(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const name = request.params['computeName'] ?? ''
  const workspaceId = request.scope.slice(0, request.scope.toLowerCase().lastIndexOf('/computes/'))
  const resource = await ctx.resources.find(`${workspaceId}/computes/${name}`)
  if (resource === undefined && name.toLowerCase() !== 'local') throw notFound('Compute', name, `This host is called 'local'.`)
  const { unsupported, isolation } = await resolveCompute(ctx.db.kysely, workspaceId, name)
  const host = unsupported === undefined ? await probeHost(ctx) : undefined
  const slots = (resource === undefined ? undefined : slotsOf(resource.properties)) ?? ctx.config.engine.maxConcurrentJobs
  return ok({
    name,
    runsJobs: unsupported === undefined,
    ...(unsupported === undefined ? {} : { reason: unsupported }),
    isolation: strictestIsolation(ctx.config.isolation, isolation),
    slots: Math.min(slots, ctx.config.engine.maxConcurrentJobs),
    host: host ?? null,
  })
}
