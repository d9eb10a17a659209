import type { Context } from '../context.ts'
import type { DomainModule } from '../domain.ts'
import { platformDomain } from './platform/index.ts'
import { trackingDomain } from './tracking/index.ts'

/** Every domain, in the order in which they may call each other. */
export function createDomains(ctx: Context): DomainModule[] {
  return [platformDomain(ctx), trackingDomain(ctx)]
}
