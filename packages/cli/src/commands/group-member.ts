import type { Principal } from '@fulcrum/contract'
import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { openSession, type Session } from '../session.ts'

const membersOf = ({ subscriptionId }: Session, group: string): string =>
  `/subscriptions/${subscriptionId}/providers/Fulcrum.Identity/groups/${encodeURIComponent(group)}/members`

export async function listMembers(group: string, options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  const members: Principal[] = []
  for await (const member of session.client.list<Principal>(membersOf(session, group))) members.push(member)
  await print(members, options)
}

export async function addMembers(group: string, names: readonly string[], options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  const added: Principal[] = []
  for (const name of names)
    added.push(await session.client.put<Principal>(`${membersOf(session, group)}/${encodeURIComponent(name)}`, {}))
  await print(added, options)
}

export async function removeMembers(group: string, names: readonly string[], options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  for (const name of names) await session.client.delete(`${membersOf(session, group)}/${encodeURIComponent(name)}`)
  process.stderr.write(`Removed from '${group}': ${names.join(', ')}.\n`)
}
