import {
  groupOperations,
  membershipOperations,
  notFound,
  principalCollections,
  secretOperations,
  servicePrincipalOperations,
  signInOperations,
  userOperations,
  type PrincipalCollection,
  type PrincipalProperties,
} from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import {
  nextPage,
  ok,
  positionOf,
  route,
  type ApiReply,
  type ApiRequest,
  type PageQuery,
  type Route,
} from '../../kernel/http/index.ts'
import { describeCaller } from './me.ts'
import { addMemberIn, removeMember, requireMembership } from './memberships.ts'
import { presentPrincipal } from './present.ts'
import { deletePrincipal, putPrincipal } from './principals.ts'
import { addSecret, deleteSecret, listSecrets } from './secrets.ts'
import { signIn, signOut } from './session.ts'
import { issueUserCredential } from './user-credentials.ts'
import { findPrincipal, listMembers, listPrincipals } from './store.ts'
import { createToken, listTokens, revokeToken } from './tokens.ts'

const operationsOfCollection = {
  users: userOperations,
  groups: groupOperations,
  servicePrincipals: servicePrincipalOperations,
} as const

export function identityRoutes(ctx: Context): Route[] {
  return [
    ...(Object.keys(principalCollections) as PrincipalCollection[]).flatMap((collection) => principalRoutes(ctx, collection)),
    ...membershipRoutes(ctx),
    ...secretRoutes(ctx),
    ...signInRoutes(ctx),
  ]
}

function principalRoutes(ctx: Context, collection: PrincipalCollection): Route[] {
  const operations = operationsOfCollection[collection]
  const { kind, title, parameter } = principalCollections[collection]
  const nameIn = (request: ApiRequest): string => request.params[parameter] ?? ''
  const put = async (
    request: ApiRequest<unknown, { properties: PrincipalProperties }>,
    mustExist: boolean,
  ): Promise<ApiReply> => {
    const { row, created } = await putPrincipal(ctx, request.actor, {
      collection,
      name: nameIn(request),
      properties: request.body.properties,
      mustExist,
    })
    return { status: created ? 201 : 200, body: presentPrincipal(ctx.config.subscriptionId, row) }
  }
  return [
    route(operations.list, (request) => listPage(ctx, request, collection)),
    route(operations.get, async (request) => {
      const row = await findPrincipal(ctx.db.kysely, nameIn(request), kind)
      if (row === undefined) throw notFound(title, nameIn(request))
      return ok(presentPrincipal(ctx.config.subscriptionId, row))
    }),
    route(operations.put, (request) => put(request, false)),
    route(operations.patch, (request) => put(request, true)),
    route(operations.delete, async (request) => ({
      status: (await deletePrincipal(ctx, request.actor, { collection, name: nameIn(request) })) ? 200 : 204,
    })),
  ]
}

async function listPage(ctx: Context, request: ApiRequest<PageQuery>, collection: PrincipalCollection): Promise<ApiReply> {
  const limit = request.query.$top ?? 100
  const after = positionOf<string>(ctx.cursors, request)
  const rows = await listPrincipals(ctx.db.kysely, {
    kind: principalCollections[collection].kind,
    limit: limit + 1,
    ...(after === undefined ? {} : { after }),
  })
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  return ok({
    value: page.map((row) => presentPrincipal(ctx.config.subscriptionId, row)),
    nextLink: nextPage(ctx.cursors, request, last?.name),
  })
}

function membershipRoutes(ctx: Context): Route[] {
  const names = (request: ApiRequest) => ({
    group: request.params['groupName'] ?? '',
    member: request.params['memberName'] ?? '',
  })
  return [
    route(membershipOperations.listMembers, async (request) => {
      const group = await findPrincipal(ctx.db.kysely, names(request).group, 'Group')
      if (group === undefined) throw notFound('Group', names(request).group)
      const members = await listMembers(ctx.db.kysely, group.id)
      return ok({ value: members.map((row) => presentPrincipal(ctx.config.subscriptionId, row)), nextLink: null })
    }),
    route(membershipOperations.addMember, async (request) => {
      const { group, member } = names(request)
      return ctx.db.transaction(async (tx) => {
        const membership = await requireMembership(tx, group, member)
        const added = await addMemberIn(tx, ctx, request.actor, membership)
        return { status: added ? 201 : 200, body: presentPrincipal(ctx.config.subscriptionId, membership.member) }
      })
    }),
    route(membershipOperations.removeMember, async (request) => ({
      status: (await removeMember(ctx, request.actor, names(request))) ? 200 : 204,
    })),
  ]
}

function secretRoutes(ctx: Context): Route[] {
  const principal = (request: ApiRequest): string => request.params['servicePrincipalName'] ?? ''
  return [
    route(secretOperations.listSecrets, async (request) =>
      ok({ value: await listSecrets(ctx, principal(request)), nextLink: null }),
    ),
    route(secretOperations.issueUserCredential, async (request) => ({
      status: 201,
      body: await issueUserCredential(ctx, request.actor, { user: request.params['userName'] ?? '', ...request.body }),
    })),
    route(secretOperations.addSecret, async (request) => ({
      status: 201,
      body: await addSecret(ctx, request.actor, { principal: principal(request), ...request.body }),
    })),
    route(secretOperations.deleteSecret, async (request) => {
      const deleted = await deleteSecret(ctx, request.actor, {
        principal: principal(request),
        credentialId: request.params['credentialId'] ?? '',
      })
      return { status: deleted ? 200 : 204 }
    }),
  ]
}

function signInRoutes(ctx: Context): Route[] {
  return [
    route(signInOperations.signIn, (request) => signIn(ctx, request)),
    route(signInOperations.signOut, (request) => signOut(ctx, request.actor)),
    route(signInOperations.me, async (request) => ok(await describeCaller(ctx, request.actor))),
    route(signInOperations.listTokens, async (request) => ok({ value: await listTokens(ctx, request.actor), nextLink: null })),
    route(signInOperations.createToken, async (request) => ({
      status: 201,
      body: await createToken(ctx, request.actor, request.body),
    })),
    route(signInOperations.revokeToken, async (request) => {
      const tokenId = request.params['tokenId'] ?? ''
      if (!(await revokeToken(ctx, request.actor, tokenId))) throw notFound('Token', tokenId)
      return { status: 204 }
    }),
  ]
}
