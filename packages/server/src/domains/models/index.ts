import { modelOperations } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import { systemActor } from '../../kernel/auth/index.ts'
import { ok, route } from '../../kernel/http/index.ts'
import { reconcileKind } from '../../kernel/resources/index.ts'
import type { TaskHandler } from '../../kernel/tasks/index.ts'
import { mountArtifacts } from '../tracking/index.ts'
import { modelBehaviours } from './behaviours.ts'
import { modelLineage } from './lineage.ts'
import { forgetManifests, readManifest } from './manifest.ts'
import { aliasRoutes, modelRoutes } from './mlflow/model-routes.ts'
import { versionMount } from './mlflow/present.ts'
import { versionRoutes } from './mlflow/version-routes.ts'
import './tables.ts'
import { registryVersionType, versionId } from './versions.ts'

export { importVersion } from './import-version.ts'
export { materialiseModel, type ModelFile } from './manifest.ts'
export { registerShareGuard, type ShareGuard, type ShareRequest } from './share-guards.ts'
export { findModelVersion } from './versions.ts'

/** Registered models and versions of workspaces and registries: one object, seen as Azure's and as MLflow's. */
export function modelsDomain(ctx: Context): DomainModule {
  mountArtifacts(ctx, versionMount, async (workspaceId, [name, version]) => {
    if (name === undefined || version === undefined) return { files: [] }
    const files = await readManifest(ctx.db.kysely, versionId(workspaceId, name, version))
    return {
      files: files.map((file) => ({ ...file, path: `${versionMount}/${name}/${version}/${file.path}`, contentType: undefined })),
    }
  })
  const behaviours = modelBehaviours(ctx)
  return {
    name: 'models',
    behaviours,
    routes: [
      ...modelRoutes(ctx),
      ...aliasRoutes(ctx),
      ...versionRoutes(ctx),
      route(modelOperations.lineage, async ({ scope }) => ok(await modelLineage(ctx, scope))),
    ],
    subscriptions: [
      {
        reader: 'models.forget',
        types: ['workspaces.deleted', 'registries.deleted', 'resourceGroups.deleted'],
        handle: (event) => forgetManifests(ctx.db.kysely, event.subject),
      },
    ],
    tasks: Object.fromEntries(
      behaviours
        .filter(({ kind }) => kind.type === registryVersionType)
        .map((behaviour) => [reconcileKind(behaviour), settleRegistryVersion(ctx)]),
    ),
  }
}

/** Files were pinned with the write itself: what is left is to say so, or to remove the version. */
function settleRegistryVersion(ctx: Context): TaskHandler {
  return async (task) => {
    await ctx.db.transaction(async (tx) => {
      const version = await ctx.resources.find(task.key, tx)
      if (version === undefined) return
      if (version.status['provisioningState'] === 'Deleting') await ctx.resources.removeIn(tx, systemActor, version)
      else await ctx.resources.updateStatus(tx, version.id, { provisioningState: 'Succeeded' })
    })
  }
}
