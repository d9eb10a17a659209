import { AppError, batchEndpointOperations } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import type { DomainModule } from '../../../domain.ts'
import { route } from '../../../kernel/http/index.ts'
import { getBatchJob, listBatchJobs } from './batch-jobs.ts'
import { batchBehaviours } from './behaviours.ts'
import { reconcileBatchDeployment } from './controller.ts'
import { invokeBatch } from './invoke.ts'
import './tables.ts'
import { batchDeploymentType } from './types.ts'

/** Batch endpoints and deployments: their invocations are jobs. */
export function batchEndpointsDomain(ctx: Context): DomainModule {
  return {
    name: 'batch-endpoints',
    behaviours: batchBehaviours(ctx),
    tasks: { [`reconcile:${batchDeploymentType.toLowerCase()}`]: (task) => reconcileBatchDeployment(ctx, task) },
    routes: [
      route(batchEndpointOperations.invoke, (request) => invokeBatch(ctx, request)),
      route(batchEndpointOperations.listJobs, (request) => listBatchJobs(ctx, request)),
      route(batchEndpointOperations.getJob, (request) => getBatchJob(ctx, request)),
      route(batchEndpointOperations.invokeDeployment, (request) => invokeBatch(ctx, request)),
      route(batchEndpointOperations.listDeploymentJobs, (request) => listBatchJobs(ctx, request)),
      route(batchEndpointOperations.getDeploymentJob, (request) => getBatchJob(ctx, request)),
      route(batchEndpointOperations.listKeys, async ({ scope }) => {
        const endpoint = await ctx.resources.require(scope)
        throw new AppError(
          'BadRequest',
          `Batch endpoint '${endpoint.name}' has no keys: callers use their own token (authMode AADToken).`,
          { target: 'properties.authMode' },
        )
      }),
    ],
  }
}
