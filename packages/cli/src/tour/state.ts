import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What the tour remembers, so that a tour that was ended goes on where it stopped. Holds tokens: readable by its owner only. */
export interface TourState {
  /** Part of the names that must be new. */
  readonly id: string
  /** Seconds of each step that is complete, all its attempts together. */
  completed: Record<string, number>
  /** Seconds of attempts that were cut off. */
  spent: Record<string, number>
  /** Job names by what they are for; a failed job is followed by one with a new name. */
  jobs: Record<string, string>
  /** Tokens of demo principals. */
  tokens: Record<string, string>
  /** Facts that later steps use. */
  facts: Record<string, string>
}

export class TourStore {
  readonly #path: string
  readonly state: TourState

  constructor(path: string, state: TourState) {
    this.#path = path
    this.state = state
  }

  async save(): Promise<void> {
    const temporary = `${this.#path}.${process.pid}`
    await writeFile(temporary, JSON.stringify(this.state, undefined, 2), { mode: 0o600 })
    await rename(temporary, this.#path)
  }
}

export async function openTourStore(dataDirectory: string): Promise<TourStore> {
  const path = join(dataDirectory, 'tour.json')
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  const fresh: TourState = { id: randomBytes(3).toString('hex'), completed: {}, spent: {}, jobs: {}, tokens: {}, facts: {} }
  return new TourStore(path, text === undefined ? fresh : (JSON.parse(text) as TourState))
}
