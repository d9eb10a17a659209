import type { Context } from '../context.ts'
import type { DomainModule } from '../domain.ts'
import { accessDomain } from './access/index.ts'
import { deliveryDomain } from './delivery/index.ts'
import { computeDomain } from './compute/index.ts'
import { batchEndpointsDomain, endpointsDomain } from './endpoints/index.ts'
import { featuresDomain } from './features/index.ts'
import { jobsDomain } from './jobs/index.ts'
import { identityDomain } from './identity/index.ts'
import { instancesDomain } from './instances/index.ts'
import { monitoringDomain } from './monitoring/index.ts'
import { platformDomain } from './platform/index.ts'
import { modelsDomain } from './models/index.ts'
import { environmentsDomain } from './environments/index.ts'
import { registriesDomain } from './registries/index.ts'
import { storageDomain } from './storage/index.ts'
import { trackingDomain } from './tracking/index.ts'
import { workspacesDomain } from './workspaces/index.ts'

/** Every domain, in the order in which they may call each other. */
export function createDomains(ctx: Context): DomainModule[] {
  return [
    platformDomain(ctx),
    identityDomain(ctx),
    accessDomain(ctx),
    instancesDomain(ctx),
    workspacesDomain(ctx),
    storageDomain(ctx),
    environmentsDomain(ctx),
    computeDomain(ctx),
    trackingDomain(ctx),
    modelsDomain(ctx),
    jobsDomain(ctx),
    registriesDomain(ctx),
    featuresDomain(ctx),
    endpointsDomain(ctx),
    batchEndpointsDomain(ctx),
    deliveryDomain(ctx),
    monitoringDomain(ctx),
  ]
}
