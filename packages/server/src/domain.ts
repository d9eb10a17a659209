import type { Actor } from './kernel/auth/index.ts'
import type { EventSubscription } from './kernel/events/index.ts'
import type { ErrorRenderers, Route, SignedRequest, UnroutedHandler } from './kernel/http/index.ts'
import type { KindBehaviour } from './kernel/resources/index.ts'
import type { TaskHandler } from './kernel/tasks/index.ts'

/** Periodic work of the engine; runs in one process at a time (leader by advisory lock). */
export interface Timer {
  readonly name: string
  readonly everyMs: number
  readonly run: (signal: AbortSignal) => Promise<void>
}

/**
 * Work of every engine process, not only the leader: claims rows by SKIP LOCKED.
 * Called whenever something may be due (poll or notification). @returns how much was done; more than 0 asks for another call at once
 */
export interface Loop {
  readonly name: string
  /** Notification channels that wake it. */
  readonly channels: readonly string[]
  readonly step: (signal: AbortSignal) => Promise<number>
  /** Called once after the last step, before the engine counts as stopped: hands back what the steps began. */
  readonly stop?: () => Promise<void>
}

/** What a domain gives the platform; `app.ts` and `engine.ts` put the parts together. */
export interface DomainModule {
  readonly name: string
  readonly behaviours?: readonly KindBehaviour[]
  readonly routes?: readonly Route[]
  readonly tasks?: Readonly<Record<string, TaskHandler>>
  readonly subscriptions?: readonly EventSubscription[]
  readonly timers?: readonly Timer[]
  readonly loops?: readonly Loop[]
  readonly renderers?: ErrorRenderers
  /** Answers requests that no operation matches, for example a dialect's own 404. */
  readonly unrouted?: UnroutedHandler
  /** Verifies JWTs of workloads; exactly one domain offers it. */
  readonly verifyJwt?: (jwt: string) => Promise<Actor>
  /** Verifies requests signed with a key; at most one domain offers it. */
  readonly verifySignedRequest?: (request: SignedRequest) => Promise<Actor | undefined>
  /** Idempotent first-start work (system rows); runs in the engine's leader before anything else. */
  readonly bootstrap?: () => Promise<void>
}
