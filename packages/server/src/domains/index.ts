import type { Context } from '../context.ts'
import type { DomainModule } from '../domain.ts'
import { accessDomain } from './access/index.ts'
import { identityDomain } from './identity/index.ts'
import { platformDomain } from './platform/index.ts'
import { trackingDomain } from './tracking/index.ts'
import { workspacesDomain } from './workspaces/index.ts'

/** Every domain, in the order in which they may call each other. */
export function createDomains(ctx: Context): DomainModule[] {
  return [platformDomain(ctx), identityDomain(ctx), accessDomain(ctx), workspacesDomain(ctx), trackingDomain(ctx)]
}
