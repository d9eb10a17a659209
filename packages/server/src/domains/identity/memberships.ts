import { invalid, notFound } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { bumpAuthorizationGeneration } from '../../kernel/authz/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { membersOf, readDirectoryForChange } from './directory.ts'
import { refuseLosingLastOwner, requireGrantable } from './guards.ts'
import { presentPrincipal } from './present.ts'
import { findPrincipal, type PrincipalRow } from './store.ts'

export interface Membership {
  readonly group: PrincipalRow
  readonly member: PrincipalRow
}

/** The group and the (would-be) member that a request names. @throws ResourceNotFound */
export async function requireMembership(db: Executor, groupName: string, memberName: string): Promise<Membership> {
  const group = await findPrincipal(db, groupName, 'Group')
  if (group === undefined) throw notFound('Group', groupName)
  const member = await findPrincipal(db, memberName)
  if (member === undefined) throw notFound('Principal', memberName)
  return { group, member }
}

/**
 * Adds a member; the caller must be able to grant every role that the group holds, also through groups above it.
 * @returns false when it was a member already
 * @throws InvalidRequestContent a cycle · AuthorizationFailed
 */
export async function addMemberIn(tx: Executor, ctx: Context, actor: Actor, { group, member }: Membership): Promise<boolean> {
  const directory = await readDirectoryForChange(tx)
  if (directory.memberships.some(([of, id]) => of === group.id && id === member.id)) return false
  if (member.id === group.id || membersOf(directory, member.id).includes(group.id)) {
    throw invalid(`'${group.name}' is already inside '${member.name}': adding it the other way round would make a cycle.`, {
      target: 'memberName',
    })
  }
  await requireGrantable(tx, ctx, actor, { directory, holderId: group.id, recipientId: member.id })
  await tx.insertInto('group_members').values({ group_id: group.id, member_id: member.id }).execute()
  await bumpAuthorizationGeneration(tx)
  await announce(tx, ctx, actor, { group, member, verb: 'memberAdded', right: 'write' })
  return true
}

/** @returns false when it was no direct member · @throws LastOwner */
export async function removeMember(ctx: Context, actor: Actor, names: { group: string; member: string }): Promise<boolean> {
  return ctx.db.transaction(async (tx) => {
    const { group, member } = await requireMembership(tx, names.group, names.member)
    const before = await readDirectoryForChange(tx)
    const memberships = before.memberships.filter(([of, id]) => of !== group.id || id !== member.id)
    if (memberships.length === before.memberships.length) return false
    await requireGrantable(tx, ctx, actor, { directory: before, holderId: group.id, recipientId: member.id })
    await refuseLosingLastOwner(tx, ctx, { before, after: { ...before, memberships } })
    await tx.deleteFrom('group_members').where('group_id', '=', group.id).where('member_id', '=', member.id).execute()
    await bumpAuthorizationGeneration(tx)
    await announce(tx, ctx, actor, { group, member, verb: 'memberRemoved', right: 'delete' })
    return true
  })
}

async function announce(
  tx: Executor,
  ctx: Context,
  actor: Actor,
  event: Membership & { verb: string; right: 'write' | 'delete' },
): Promise<void> {
  await appendEvent(tx, ctx, actor, {
    type: `groups.${event.verb}`,
    subject: presentPrincipal(ctx.config.subscriptionId, event.group).id,
    action: `Fulcrum.Identity/groups/members/${event.right}`,
    data: { memberId: event.member.id, memberName: event.member.name },
  })
}
