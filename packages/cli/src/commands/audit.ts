import { OutcomeError } from '../cli-errors.ts'
import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { openSession } from '../session.ts'

interface Verification {
  readonly intact: boolean
  readonly verified: number
  readonly brokenSequence?: number
  readonly reason?: string
}

/** Walks the hash chain of the audit log. @throws OutcomeError when a record was changed */
export async function verifyAudit(options: GlobalOptions): Promise<void> {
  const session = await openSession(options)
  const result = await session.client.post<Verification>(
    `/subscriptions/${session.subscriptionId}/providers/Fulcrum.Audit/verify`,
  )
  await print(result, options)
  if (!result.intact) {
    throw new OutcomeError(`The audit log is not what was written, from record ${result.brokenSequence} on: ${result.reason}.`)
  }
}

export async function listAudit(
  options: GlobalOptions & { top?: string; type?: string; actor?: string; subject?: string },
): Promise<void> {
  const session = await openSession(options)
  const { value } = await session.client.get<{
    value: { time: string; type: string; actor: { name: string }; result: string; subject: string; sequence: number }[]
  }>(`/subscriptions/${session.subscriptionId}/providers/Fulcrum.Audit/events`, {
    query: { $top: options.top ?? '50', type: options.type, actor: options.actor, subject: options.subject },
  })
  if (options.output !== undefined && options.output !== 'table') return print(value, options)
  await print(
    value.map(({ sequence, time, actor, type, result, subject }) => ({
      sequence,
      time,
      actor: actor.name,
      type,
      result,
      subject: subject.split('/').slice(-2).join('/'),
    })),
    options,
  )
}
