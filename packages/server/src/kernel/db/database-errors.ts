/**
 * The connection to PostgreSQL was refused or lost. Trying again later can succeed (`retryable`); `outcomeUnknown` says that the loss
 * happened during COMMIT, so that the change may or may not have been made.
 */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError'
  readonly retryable = true
  readonly outcomeUnknown: boolean

  constructor(cause: unknown, outcomeUnknown = false) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`The database is not reachable at the moment: ${reason}`, { cause })
    this.outcomeUnknown = outcomeUnknown
  }
}

/** Embedded PostgreSQL could not be started or kept running; the message says why and what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError'
}

/** Another live process owns the data directory. */
export class DataDirectoryInUseError extends Error {
  override readonly name = 'DataDirectoryInUseError'
}

/** The database's schema and this program do not fit together. */
export class SchemaVersionError extends Error {
  override readonly name = 'SchemaVersionError'
}

/** A backup is damaged or incomplete, or the target of a restore is not fit for it. */
export class BackupError extends Error {
  override readonly name = 'BackupError'
}

const unavailableSystemCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
])
/** admin shutdown, crash shutdown, cannot connect now, idle session timeout, too many connections */
const unavailableSqlStates = new Set(['57P01', '57P02', '57P03', '57P05', '53300'])
/** What `pg` and `pg-pool` say without a code when a socket goes away. */
const unavailableMessages =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect|timeout expired)/

/** The SQLSTATE or system error code of an error, if it has one. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Whether an error of `pg` means that the server or the connection went away, rather than that the statement was wrong. */
export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof DatabaseUnavailableError) return true
  const code = errorCode(error)
  if (code !== undefined) return unavailableSystemCodes.has(code) || unavailableSqlStates.has(code) || code.startsWith('08')
  return error instanceof Error && unavailableMessages.test(error.message)
}

/** Whether the transaction lost against another one (deadlock, serialization failure, migration) and can simply be run again. */
export function isTransactionConflict(error: unknown): boolean {
  const code = errorCode(error)
  return code === '40P01' || code === '40001' || isStalePlan(error)
}

/** Whether a prepared statement gives other columns than when it was prepared: a migration came in between. */
export function isStalePlan(error: unknown): boolean {
  return errorCode(error) === '0A000' && error instanceof Error && error.message.includes('cached plan must not change')
}
