import type { Clock } from '../../../kernel/clock.ts'

/** Counts events by key in windows of one minute, in this process; forgets all keys with the window. */
export class RateLimit {
  readonly #clock: Clock
  readonly #perMinute: number
  #windowStartMs = 0
  #counts = new Map<string, number>()

  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock
    this.#perMinute = perMinute
  }

  /** Seconds until the next window when `key` has used up this one. */
  exhausted(key: string): number | undefined {
    const nowMs = this.#turn()
    if ((this.#counts.get(key) ?? 0) < this.#perMinute) return undefined
    return Math.max(1, Math.ceil((this.#windowStartMs + 60_000 - nowMs) / 1000))
  }

  count(key: string): void {
    this.#turn()
    // A flood of made-up keys must not fill the memory: beyond this many they share one counter.
    const counted = this.#counts.has(key) || this.#counts.size < 10_000 ? key : ''
    this.#counts.set(counted, (this.#counts.get(counted) ?? 0) + 1)
  }

  #turn(): number {
    const nowMs = this.#clock.now().getTime()
    if (nowMs - this.#windowStartMs >= 60_000 || nowMs < this.#windowStartMs) {
      this.#windowStartMs = nowMs
      this.#counts = new Map()
    }
    return nowMs
  }
}
