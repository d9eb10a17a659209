import { lockAuthorization } from '../../kernel/authz/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'

/** Principals and memberships in memory, for questions that follow groups in both directions. */
export interface Directory {
  /** Id to whether its credentials work. */
  readonly enabled: ReadonlyMap<string, boolean>
  readonly isGroup: ReadonlySet<string>
  /** Pairs of group and direct member. */
  readonly memberships: readonly (readonly [group: string, member: string])[]
}

export async function readDirectory(db: Executor): Promise<Directory> {
  const principals = await db.selectFrom('principals').select(['id', 'kind', 'enabled']).execute()
  const memberships = await db.selectFrom('group_members').select(['group_id', 'member_id']).execute()
  return {
    enabled: new Map(principals.map((row) => [row.id, row.enabled])),
    isGroup: new Set(principals.filter((row) => row.kind === 'Group').map((row) => row.id)),
    memberships: memberships.map((row) => [row.group_id, row.member_id]),
  }
}

/** As {@link readDirectory}, for a change that depends on it: other changes of access wait for the end of the transaction. */
export async function readDirectoryForChange(tx: Executor): Promise<Directory> {
  await lockAuthorization(tx)
  return readDirectory(tx)
}

/** All groups of a principal, transitively; a cycle ends the walk. */
export function groupsOf(directory: Directory, principalId: string): string[] {
  return closure(principalId, (id) => directory.memberships.filter(([, member]) => member === id).map(([group]) => group))
}

/** Everybody in a group, transitively, groups included. */
export function membersOf(directory: Directory, groupId: string): string[] {
  return closure(groupId, (id) => directory.memberships.filter(([group]) => group === id).map(([, member]) => member))
}

/** Can somebody act as this principal: an enabled one, or a group with such a member? */
export function isUsable(directory: Directory, principalId: string): boolean {
  if (directory.enabled.get(principalId) !== true) return false
  if (!directory.isGroup.has(principalId)) return true
  return membersOf(directory, principalId).some((id) => !directory.isGroup.has(id) && directory.enabled.get(id) === true)
}

function closure(start: string, next: (id: string) => readonly string[]): string[] {
  const seen = new Set<string>([start])
  for (const id of seen) for (const found of next(id)) seen.add(found)
  seen.delete(start)
  return [...seen]
}
