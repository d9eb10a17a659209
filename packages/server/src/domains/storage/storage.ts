import { storageOperations } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import { ok, route } from '../../kernel/http/index.ts'
import { listKeys, regenerateKey } from './account-keys.ts'
import { renderBlobError } from './blob/errors.ts'
import { createDefaultDatastores, storageBehaviours } from './kinds.ts'
import { mirrorRoutes } from './mirrors.ts'
import { previewData } from './preview.ts'
import { refuseOddPlaces } from './place-guard.ts'
import { guardReferences } from './reference-guard.ts'
import { verifySigned } from './sas/verify.ts'
import { listSecrets, startPendingUpload } from './secrets.ts'
import { storageRoutes } from './storage-routes.ts'
import { workspaceKeyRoutes } from './workspace-keys.ts'

/** Storage accounts, datastores, data and code assets, and the Blob protocol behind them. */
export function storageDomain(ctx: Context): DomainModule {
  ctx.resources.kinds.observe('Microsoft.MachineLearningServices/workspaces', async (tx, workspace, { existing, actor }) => {
    if (existing === undefined) await createDefaultDatastores(tx, ctx, { workspace, actor })
  })
  ctx.resources.kinds.guards.push(
    async (_tx, write, type) => refuseOddPlaces(write, type),
    (tx, write, type) => guardReferences(ctx, tx, write, type),
  )
  return {
    name: 'storage',
    behaviours: storageBehaviours(ctx),
    routes: [
      route(storageOperations.listKeys, (request) => listKeys(ctx, request)),
      route(storageOperations.regenerateKey, (request) => regenerateKey(ctx, request)),
      ...workspaceKeyRoutes(ctx),
      route(storageOperations.listSecrets, (request) => listSecrets(ctx, request)),
      route(storageOperations.dataStartPendingUpload, (request) => startPendingUpload(ctx, request)),
      route(storageOperations.codesStartPendingUpload, (request) => startPendingUpload(ctx, request)),
      route(storageOperations.preview, async (request) => {
        const workspaceId = request.scope.replace(/^(.*\/workspaces\/[^/]+)\/.*$/i, '$1')
        return ok(await previewData(ctx, { workspaceId, reference: request.scope, rows: request.query.rows ?? 50 }))
      }),
      ...mirrorRoutes(ctx),
      ...storageRoutes(ctx),
    ],
    renderers: { blob: renderBlobError },
    verifySignedRequest: (request) => verifySigned(ctx, request),
  }
}
