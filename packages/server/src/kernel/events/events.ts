import { workspaceOf } from '@fulcrum/contract'
import type { Actor } from '../auth/actor.ts'
import type { Clock } from '../clock.ts'
import type { Executor } from '../db/schema.ts'
import type { Ids } from '../ids.ts'
import type { JsonObject } from '../tables.ts'

/** Something that happened. Written in the transaction of the change; audit, triggers and the live stream read it later. */
export interface EventDraft {
  /** Past tense, dotted: `models.versionRegistered`. */
  readonly type: string
  /** Resource id it happened to. */
  readonly subject: string
  /** The Azure action exercised. */
  readonly action: string
  readonly result?: 'success' | 'denied' | 'failed'
  readonly data?: JsonObject
}

export interface EventSource {
  readonly clock: Clock
  readonly ids: Ids
}

/** Appends an event to the outbox. Its place in the order is assigned after commit, by the sealer. */
export async function appendEvent(
  db: Executor,
  source: EventSource,
  actor: Actor,
  draft: EventDraft,
  requestId?: string,
): Promise<void> {
  await db
    .insertInto('events')
    .values({
      id: source.ids.uuid(),
      time: source.clock.now(),
      type: draft.type,
      subject: draft.subject,
      workspace_id: workspaceOf(draft.subject)?.toLowerCase() ?? null,
      actor: JSON.stringify({
        id: actor.id,
        name: actor.name,
        kind: actor.kind,
        onBehalfOf: actor.onBehalfOf,
        credentialId: actor.credentialId,
      }),
      action: draft.action,
      result: draft.result ?? 'success',
      request_id: requestId ?? null,
      data: JSON.stringify(draft.data ?? {}),
    })
    .execute()
}
