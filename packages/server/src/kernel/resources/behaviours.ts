import { AppError, nearest } from '@fulcrum/contract'
import type { KindBehaviour, WriteGuard, WriteObserver } from './types.ts'

/** The kinds this server serves, by lower-case type. */
export class KindRegistry {
  readonly #byType = new Map<string, KindBehaviour>()
  readonly #observers = new Map<string, WriteObserver[]>()
  readonly guards: WriteGuard[] = []

  register(behaviours: readonly KindBehaviour[]): void {
    for (const behaviour of behaviours) {
      const type = behaviour.kind.type.toLowerCase()
      if (this.#byType.has(type)) throw new Error(`Kind '${behaviour.kind.type}' is registered twice.`)
      this.#byType.set(type, behaviour)
    }
  }

  /** Runs `observer` in the transaction of every write to a kind, after its own hooks: for what a later domain adds to a resource. */
  observe(type: string, observer: WriteObserver): void {
    const known = this.#observers.get(type.toLowerCase()) ?? []
    this.#observers.set(type.toLowerCase(), [...known, observer])
  }

  observersOf(type: string): readonly WriteObserver[] {
    return this.#observers.get(type.toLowerCase()) ?? []
  }

  all(): KindBehaviour[] {
    return [...this.#byType.values()]
  }

  find(type: string): KindBehaviour | undefined {
    return this.#byType.get(type.toLowerCase())
  }

  require(type: string): KindBehaviour {
    const behaviour = this.find(type)
    if (behaviour !== undefined) return behaviour
    const hint = nearest(
      type,
      this.all().map((known) => known.kind.type),
    )
    throw new AppError(
      'NotSupported',
      `Resource type '${type}' is not offered by this server.${hint === undefined ? '' : ` Did you mean '${hint}'?`}`,
    )
  }
}
