import type { Resource } from '@fulcrum/contract'
import { UsageError } from '../cli-errors.ts'
import { sharedGroup } from '../nouns/run-noun.ts'
import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { openSession } from '../session.ts'

/** Approves or rejects the open gate of a release, or the one that is named. */
export async function decide(
  verdict: 'approve' | 'reject',
  name: string,
  options: GlobalOptions & { gate?: string; comment?: string },
): Promise<void> {
  const session = await openSession(options)
  const group =
    options.resourceGroup === undefined
      ? await sharedGroup(session)
      : `/subscriptions/${session.subscriptionId}/resourceGroups/${options.resourceGroup}`
  const id = `${group}/providers/Fulcrum.Delivery/releases/${encodeURIComponent(name)}`
  const gate = options.gate ?? openGate(await session.client.get(id))
  const body = { verdict, ...(options.comment === undefined ? {} : { comment: options.comment }) }
  await print(await session.client.post(`${id}/gates/${encodeURIComponent(gate)}/decide`, body), options)
}

function openGate(release: Resource): string {
  const gates = Array.isArray(release.properties['gates'])
    ? (release.properties['gates'] as { name: string; state: string }[])
    : []
  const open = gates.find((gate) => gate.state === 'open')
  if (open !== undefined) return open.name
  throw new UsageError(
    `No gate of '${release.name}' is open (${gates.map((gate) => `${gate.name} ${gate.state}`).join(', ') || 'there are no gates'}).`,
  )
}

/** Gates that wait for the caller. */
export async function inbox(options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  const { value } = await session.client.get<{ value: unknown[] }>(
    `/subscriptions/${session.subscriptionId}/providers/Fulcrum.Delivery/inbox`,
  )
  await print(value, options)
}
