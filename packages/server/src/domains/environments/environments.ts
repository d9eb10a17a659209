import {
  environmentContainerKinds,
  environmentMappingKind,
  environmentOperations,
  environmentVersionKinds,
  invalid,
  workspaceOf,
  type EnvironmentBuild,
  type EnvironmentDrift,
  type EnvironmentPlan,
} from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import { ok, route, type ApiReply, type ApiRequest } from '../../kernel/http/index.ts'
import { startAsyncOperation, settleAsyncOperations } from '../../kernel/operations/async-operations.ts'
import type { ResourceWrite } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { hostPythons } from './host-pythons.ts'
import { operationHeaders } from '../../kernel/resources/routes.ts'
import { readTail } from '../../kernel/safe/index.ts'
import { enqueueTask, type TaskHandler } from '../../kernel/tasks/index.ts'
import { containerBehaviour, registryDataPlane, versionBehaviour } from '../storage/index.ts'
import { collectEnvironments } from './collect-environments.ts'
import { curatedContainerAt, curatedVersionAt } from './curated.ts'
import { definitionHash } from './definition.ts'
import { buildLogPath, ensureEnvironment } from './ensure-environment.ts'
import { driftStatus, planRequest, planVersion, refuseDrift } from './planned-version.ts'

const buildTask = 'environments.build'
const logTailBytes = 8 * 1024

/** Environment assets and their builds on this host. */
export function environmentsDomain(ctx: Context): DomainModule {
  const statuses = new WeakMap<ResourceWrite, JsonObject>()
  return {
    name: 'environments',
    behaviours: [
      ...environmentContainerKinds.map((kind) => ({
        ...containerBehaviour(kind),
        ...registryDataPlane(ctx, kind),
        standIn: (id: string) => curatedContainerAt(ctx, id),
      })),
      ...environmentVersionKinds.map((kind) =>
        versionBehaviour(kind, {
          ...registryDataPlane(ctx, kind),
          standIn: (id) => curatedVersionAt(ctx, id),
          immutableMembers: ['image', 'condaFile', 'build', 'pipRequirements', 'pyproject', 'interpreter'],
          async validate(tx, write) {
            refuseEmpty(write.body.properties)
            statuses.set(write, await driftStatus(ctx, tx, { id: write.id, properties: write.body.properties }))
          },
          statusOnWrite: (write) => ({ provisioningState: 'Succeeded', ...statuses.get(write) }),
        }),
      ),
      { kind: environmentMappingKind },
    ],
    routes: [
      route(environmentOperations.testMapping, async ({ body }) => ok(await testMapping(ctx, body))),
      route(environmentOperations.build, (request) => startBuild(ctx, request)),
      route(environmentOperations.getBuild, async (request) => ok(await buildOf(ctx, request))),
      route(environmentOperations.buildLog, (request) => buildLog(ctx, request)),
      route(environmentOperations.collect, async ({ body }) => {
        const limitBytes = typeof body.limitGb === 'number' ? body.limitGb * 1e9 : ctx.config.environmentsLimitBytes
        return ok(await collectEnvironments(ctx, { limitBytes, dryRun: body.dryRun === true }))
      }),
    ],
    timers: [
      {
        name: 'collect environments',
        everyMs: 3_600_000,
        run: async () => void (await collectEnvironments(ctx, { limitBytes: ctx.config.environmentsLimitBytes, dryRun: false })),
      },
    ],
    tasks: { [buildTask]: buildHandler(ctx) },
  }
}

function refuseEmpty(properties: Readonly<Record<string, unknown>>): void {
  const { image, condaFile, build, pipRequirements, pyproject, interpreter } = properties
  if ((image ?? condaFile ?? build ?? pipRequirements ?? pyproject ?? interpreter) == null)
    throw invalid("An environment needs 'condaFile', 'image', 'build', 'pipRequirements', 'pyproject' or 'interpreter'.", {
      target: 'properties.condaFile',
    })
}

async function hashOf(
  ctx: Context,
  request: ApiRequest,
): Promise<{ id: string; hash: string; drift: readonly EnvironmentDrift[] }> {
  const version = await ctx.resources.require(request.scope)
  const { definition, drift } = await planVersion(ctx, ctx.db.kysely, version)
  return { id: version.id, hash: definitionHash(definition, ctx.config.wheelDirectories), drift }
}

interface MappingTest {
  readonly reference?: string | null | undefined
  readonly image?: string | null | undefined
  readonly condaFile?: string | null | undefined
}

async function testMapping(ctx: Context, body: MappingTest): Promise<EnvironmentPlan> {
  const { reference, image, condaFile } = body
  const { definition, drift } = await planRequest(ctx, ctx.db.kysely, {
    name: reference ?? 'test',
    image: image ?? undefined,
    condaFile: condaFile ?? undefined,
  })
  return {
    pythonVersion: definition.pythonVersion ?? (await hostPythons(ctx)).own,
    requirements: [...definition.pipRequirements],
    drift: [...drift],
  }
}

/** What cannot be built is refused here, before the operation starts. */
async function startBuild(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const { id, drift } = await hashOf(ctx, request)
  await refuseDrift(ctx, workspaceOf(id) ?? '', request.params['environmentName'] ?? id, drift)
  const operationId = await ctx.db.transaction(async (tx) => {
    await enqueueTask(tx, { kind: buildTask, key: id.toLowerCase() })
    return startAsyncOperation(tx, ctx, request.actor, { resourceId: id, kind: 'build' })
  })
  return { status: 202, headers: operationHeaders(request, id, operationId) }
}

/** Builds once; a failed build is an answer, not something to try again by itself. */
function buildHandler(ctx: Context): TaskHandler {
  return async (task) => {
    const version = await ctx.resources.find(task.key)
    let error: { code: string; message: string } | undefined
    if (version === undefined) error = { code: 'ResourceNotFound', message: 'The environment was deleted.' }
    else {
      const workspaceId = version.id.slice(0, version.id.toLowerCase().lastIndexOf('/environments/'))
      await ensureEnvironment(ctx, { workspaceId, reference: version.id }).catch((failure: unknown) => {
        error = { code: 'EnvironmentBuildFailed', message: failure instanceof Error ? failure.message : String(failure) }
      })
    }
    await settleAsyncOperations(ctx.db.kysely, ctx.clock.now(), {
      resourceId: task.key,
      provisioningState: error === undefined ? 'Succeeded' : 'Failed',
      ...(error === undefined ? {} : { error }),
    })
  }
}

async function buildOf(ctx: Context, request: ApiRequest): Promise<EnvironmentBuild> {
  const { hash, drift } = await hashOf(ctx, request)
  const row = await ctx.db.kysely
    .selectFrom('environment_builds')
    .selectAll()
    .where('definition_hash', '=', hash)
    .executeTakeFirst()
  const { bytes } = await readTail(buildLogPath(ctx, hash), -logTailBytes, logTailBytes)
  return {
    state: row?.state ?? 'NotBuilt',
    lockHash: row?.lock_hash ?? null,
    tool: row?.tool ?? null,
    cached: row?.cached ?? null,
    seconds: row?.seconds ?? null,
    packages: row?.packages ?? [],
    error: row?.error ?? null,
    logTail: bytes.toString('utf8'),
    drift: [...drift],
  }
}

async function buildLog(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const { hash } = await hashOf(ctx, request)
  const { offset } = request.query as { offset?: number }
  const { bytes, nextOffset } = await readTail(buildLogPath(ctx, hash), offset ?? 0, 1024 * 1024)
  return ok({ content: bytes.toString('utf8'), nextOffset })
}
