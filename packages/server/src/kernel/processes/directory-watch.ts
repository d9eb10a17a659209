import { watch, type FSWatcher } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

const watchedPollMs = 500
const unwatchedPollMs = 100

/** Tells who follows a process that it has written one of these files. Where the host cannot watch directories, they are looked at more often. */
export class DirectoryWatch implements Disposable {
  #watcher: FSWatcher | undefined
  #changed = new AbortController()

  constructor(directory: string, files: readonly string[]) {
    try {
      this.#watcher = watch(directory, { persistent: false }, (_event, name) => {
        if (name !== null && files.includes(name)) this.#changed.abort()
      })
      this.#watcher.on('error', () => this[Symbol.dispose]())
    } catch {
      // Too many watches, or a file system without them.
    }
  }

  /** Waits for something new since the last wait, but never for long; `signals` end the wait at once. */
  async wait(signals: readonly AbortSignal[]): Promise<void> {
    const pollMs = this.#watcher === undefined ? unwatchedPollMs : watchedPollMs
    await delay(pollMs, undefined, { signal: AbortSignal.any([...signals, this.#changed.signal]) }).catch(() => undefined)
    if (this.#changed.signal.aborted) this.#changed = new AbortController()
  }

  [Symbol.dispose](): void {
    this.#watcher?.close()
    this.#watcher = undefined
  }
}
