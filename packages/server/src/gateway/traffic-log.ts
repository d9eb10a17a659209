/** The sampled traffic log: all failures, and up to a fixed number of successes per second. */

export interface TrafficLogEntry {
  readonly endpointId: string
  readonly deployment: string
  readonly time: Date
  readonly method: string
  readonly path: string
  readonly responseCode: number
  readonly modelStatusCode: number | null
  readonly reason: string | null
  readonly requestBytes: number
  readonly responseBytes: number
  readonly userAgent: string
  readonly requestId: string
  readonly clientRequestId: string | null
  readonly totalMs: number
  readonly queueMs: number
  readonly inferMs: number
  readonly mirrored: boolean
}

const successesPerSecond = 20
const limit = 2_000

export class TrafficLog {
  #entries: TrafficLogEntry[] = []
  #second = 0
  #successes = 0

  add(entry: TrafficLogEntry): void {
    if (this.#entries.length >= limit) return
    if (entry.responseCode < 400) {
      const second = Math.floor(entry.time.getTime() / 1000)
      if (second !== this.#second) {
        this.#second = second
        this.#successes = 0
      }
      this.#successes += 1
      if (this.#successes > successesPerSecond) return
    }
    this.#entries.push(entry)
  }

  take(): TrafficLogEntry[] {
    const taken = this.#entries
    this.#entries = []
    return taken
  }
}
