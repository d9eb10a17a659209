import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import { systemActor } from '../../kernel/auth/index.ts'
import { issuerRoutes } from './issuer/issuer-routes.ts'
import { WorkloadTokens, type WorkloadToken, type WorkloadTokenDraft } from './issuer/workload-tokens.ts'
import { oauthRoutes } from './oauth/oauth-routes.ts'
import { ensurePrincipalIn } from './principals.ts'
import { identityRoutes } from './routes.ts'
import { findPrincipal, type PrincipalRow } from './store.ts'
import './tables.ts'

export { groupsOf, readDirectory, readDirectoryForChange } from './directory.ts'
export { escalationContext, findRole, refuseLosingLastOwner } from './guards.ts'
export { issuerOf, type WorkloadToken, type WorkloadTokenDraft } from './issuer/workload-tokens.ts'
export { addMemberIn } from './memberships.ts'
export { ensurePrincipalIn, removePrincipalIn } from './principals.ts'
export { findPrincipal, findPrincipals, type PrincipalKind, type PrincipalRow } from './store.ts'

/** Name of the user that the first start creates; Owner of the subscription. */
export const administratorName = 'admin'

/** The first start's administrator. @returns `undefined` when it was deleted (others own the subscription then) */
export function findAdministrator(ctx: Context): Promise<PrincipalRow | undefined> {
  return findPrincipal(ctx.db.kysely, administratorName, 'User')
}

const tokensOf = new WeakMap<Context, WorkloadTokens>()

function workloadTokens(ctx: Context): WorkloadTokens {
  const known = tokensOf.get(ctx)
  if (known !== undefined) return known
  const created = new WorkloadTokens(ctx)
  tokensOf.set(ctx, created)
  return created
}

/** A signed token for a workload, at most 15 minutes; accepted by our own API and verifiable by others through our key set. */
export function mintWorkloadToken(ctx: Context, draft: WorkloadTokenDraft): Promise<WorkloadToken> {
  return workloadTokens(ctx).mint(draft)
}

/** Users, groups, service principals, their credentials, sign-in, and the tokens of workloads. */
export function identityDomain(ctx: Context): DomainModule {
  const tokens = workloadTokens(ctx)
  return {
    name: 'identity',
    routes: [...identityRoutes(ctx), ...issuerRoutes(ctx, tokens), ...oauthRoutes(ctx, tokens)],
    verifyJwt: (jwt) => tokens.verify(jwt),
    bootstrap: async () => {
      const isEmpty = (await ctx.db.kysely.selectFrom('principals').select('id').limit(1).executeTakeFirst()) === undefined
      if (!isEmpty) return
      await ctx.db.transaction((tx) =>
        ensurePrincipalIn(tx, ctx, systemActor, {
          kind: 'User',
          name: administratorName,
          properties: { displayName: 'Administrator' },
        }),
      )
    },
  }
}
