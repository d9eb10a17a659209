/** Exit codes of the original command line. */
export const exits = { failure: 1, usage: 2, missing: 3 } as const

/** An end that `az` reports as one line `ERROR: …` and an exit code. */
export class AzFailure extends Error {
  override readonly name = 'AzFailure'
  readonly exitCode: number
  /** Lines for the reader after the first one. */
  readonly hints: readonly string[]

  constructor(message: string, exitCode: number = exits.failure, hints: readonly string[] = []) {
    super(message)
    this.exitCode = exitCode
    this.hints = hints
  }
}

/** A mistake in the command line itself. */
export function usage(message: string, hints: readonly string[] = []): AzFailure {
  return new AzFailure(message, exits.usage, hints)
}

/** What the original can and this one does not. */
export function notSupported(what: string, instead?: string): AzFailure {
  return new AzFailure(`(NotSupported) ${what}`, exits.failure, instead === undefined ? [] : [instead])
}
