/** A mistake in how the command was called or in a file it was given; the message says what to do. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}

/** What the command did came to a bad end that is nobody's mistake here, e.g. a job that failed. */
export class OutcomeError extends Error {
  override readonly name = 'OutcomeError'
}
