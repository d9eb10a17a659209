import { notFound } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { whoCan, type Plane } from '../../kernel/authz/index.ts'
import { findPrincipal, findPrincipals, groupsOf, readDirectory } from '../identity/index.ts'

/** Why a principal may or may not act; takes names as well as ids. */
export async function explainAccess(ctx: Context, question: { principal: string; action: string; plane: Plane; scope: string }) {
  const row = await findPrincipal(ctx.db.kysely, question.principal)
  if (row === undefined) throw notFound('Principal', question.principal)
  const directory = await readDirectory(ctx.db.kysely)
  const actor: Actor = { id: row.id, name: row.name, kind: 'User', groups: groupsOf(directory, row.id) }
  const decision = await ctx.authorization.decide(actor, question.action, question.plane, question.scope)
  const disabled = row.enabled ? [] : [`'${row.name}' is disabled: none of its credentials works.`]
  return {
    principal: { id: row.id, name: row.name, type: row.kind, enabled: row.enabled },
    action: question.action,
    plane: question.plane,
    scope: question.scope,
    allow: decision.allow && row.enabled,
    by: decision.by,
    trail: [...disabled, ...decision.trail],
  }
}

export async function whoCanAct(ctx: Context, question: { action: string; plane: Plane; scope: string }) {
  const directory = await readDirectory(ctx.db.kysely)
  const memberships = new Map(
    [...directory.enabled].filter(([, enabled]) => enabled).map(([id]) => [id, groupsOf(directory, id)]),
  )
  const rows = whoCan(await ctx.authorization.tables(), { ...question, now: ctx.clock.now(), memberships }).filter((row) =>
    memberships.has(row.principalId),
  )
  const principals = new Map(
    (
      await findPrincipals(
        ctx.db.kysely,
        rows.map((row) => row.principalId),
      )
    ).map((row) => [row.id, row]),
  )
  return rows.map((row) => {
    const principal = principals.get(row.principalId)
    return {
      ...row,
      principalName: principal?.name ?? row.principalId,
      principalType: principal?.kind ?? row.principalType ?? 'User',
    }
  })
}

/** Which actions the caller may perform at the scope, in the order asked. */
export async function checkActions(
  ctx: Context,
  actor: Actor,
  question: { scope: string; actions: readonly (string | { action: string; plane: Plane })[] },
) {
  return Promise.all(
    question.actions.map(async (entry) => {
      const { action, plane } = typeof entry === 'string' ? { action: entry, plane: 'control' as const } : entry
      return { action, plane, allowed: await ctx.authorization.allows(actor, action, plane, question.scope) }
    }),
  )
}
