import { systemActor } from '../../kernel/auth/index.ts'
import { computeKinds, computeOperations, notFound } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import { ok, route, type ApiReply, type ApiRequest } from '../../kernel/http/index.ts'
import type { KindBehaviour } from '../../kernel/resources/index.ts'
import { probeHost } from './probe-host.ts'
import { computeResourceType, resolveCompute, runnableComputeTypes, slotsOf } from './resolve-compute.ts'

/** Compute targets: names for shares of this host, and kinds of Azure that are kept but run nothing. */
export function computeDomain(ctx: Context): DomainModule {
  const [kind] = computeKinds
  if (kind === undefined) throw new Error('The contract lost the kind of computes.')
  return {
    name: 'compute',
    behaviours: [computeBehaviour(kind)],
    routes: [route(computeOperations.capabilities, (request) => capabilities(ctx, request))],
    subscriptions: [
      {
        reader: 'compute: local compute of a new workspace',
        types: ['workspaces.created'],
        handle: (event) => createLocalCompute(ctx, event.subject),
      },
    ],
  }
}

function computeBehaviour(kind: KindBehaviour['kind']): KindBehaviour {
  return {
    kind,
    immutableMembers: ['computeType'],
    defaults: ({ body }) => ({ ...body, location: body.location ?? 'local' }),
    present(resource) {
      const type = String(resource.properties['computeType'] ?? '')
      const runs = runnableComputeTypes.includes(type.toLowerCase())
      const inner = (resource.properties['properties'] ?? {}) as Record<string, unknown>
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
                  message: `Jobs do not run on computes of type ${type} here; use type AmlCompute or the compute 'local'.`,
                },
              },
            ],
        createdOn: resource.createdAt.toISOString(),
        modifiedOn: resource.modifiedAt.toISOString(),
        ...resource.properties,
        ...resource.status,
        properties: { ...inner, currentNodeCount: runs ? 1 : 0, targetNodeCount: runs ? 1 : 0, allocationState: 'Steady' },
      }
    },
  }
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
  const { unsupported } = await resolveCompute(ctx.db.kysely, workspaceId, name)
  const host = unsupported === undefined ? await probeHost(ctx) : undefined
  const slots = (resource === undefined ? undefined : slotsOf(resource.properties)) ?? ctx.config.engine.maxConcurrentJobs
  return ok({
    name,
    runsJobs: unsupported === undefined,
    ...(unsupported === undefined ? {} : { reason: unsupported }),
    isolation: ctx.config.isolation,
    slots: Math.min(slots, ctx.config.engine.maxConcurrentJobs),
    host: host ?? null,
  })
}
