import { join } from 'node:path'
import { AppError, invalid } from '@fulcrum/contract'
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import type { Context } from '../../context.ts'
import { ensureDirectory, removeTree } from '../safe/index.ts'

export type TableFormat = 'csv' | 'json' | 'parquet'

/** Stored content that becomes a table; several files of one format are read as one. */
export interface TableSource {
  readonly format: TableFormat
  readonly digests: readonly string[]
  /** Rows from which the types of CSV and JSON columns are guessed; default 20,480. */
  readonly sampleRows?: number
}

export type AnalyticsParameter = string | number | bigint | boolean | null

export interface AnalyticsOptions {
  /** After this the running query is interrupted; default 30,000. */
  readonly timeoutMs?: number
  /** Default 512. */
  readonly memoryMegabytes?: number
  /** Default 2. */
  readonly threads?: number
}

export interface AnalyticsRows {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Values as JSON has them: dates as ISO text, integers beyond 2^53 and decimals as text. */
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

/** One in-memory database with the registered tables and nothing else: no network, no files but its own, no settings. */
export interface AnalyticsSession {
  /** Makes a table `name` of stored content. @throws InvalidRequestContent it cannot be read in that format */
  register(name: string, source: TableSource): Promise<void>
  /**
   * Runs one statement; positional parameters `$1 …`. At most `limit` rows are read (default 10,000).
   * @throws InvalidRequestContent the statement or the data is wrong · QuotaExceeded time or memory ran out
   */
  rows(sql: string, parameters?: readonly AnalyticsParameter[], limit?: number): Promise<AnalyticsRows>
}

const extensions: Readonly<Record<TableFormat, string>> = { csv: 'csv', json: 'jsonl', parquet: 'parquet' }

/** The format that a file name's ending says, `.gz` allowed behind CSV and JSON. */
export function formatOf(path: string): TableFormat | undefined {
  const lower = path.toLowerCase().replace(/\.gz$/, '')
  if (/\.(?:csv|tsv|txt)$/.test(lower)) return 'csv'
  if (/\.(?:json|jsonl|ndjson)$/.test(lower)) return 'json'
  return lower.endsWith('.parquet') ? 'parquet' : undefined
}

/**
 * Gives `use` a session over stored content and removes its traces afterwards. Files are linked into a private directory, which is
 * the only place the database may read; with it open, external access and the configuration are locked.
 */
export async function withAnalytics<Result>(
  ctx: Pick<Context, 'config' | 'content' | 'ids'>,
  use: (session: AnalyticsSession) => Promise<Result>,
  options: AnalyticsOptions = {},
): Promise<Result> {
  const directory = join(ctx.config.dataDirectory, 'analytics', ctx.ids.base62(16))
  await ensureDirectory(directory)
  try {
    // Loaded with the first query: it takes 40 MB that a server which only moves bytes does without.
    const { DuckDBInstance } = await import('@duckdb/node-api')
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(options.threads ?? 2),
      memory_limit: `${options.memoryMegabytes ?? 512}MB`,
      temp_directory: join(directory, 'spill'),
      max_temp_directory_size: '4GB',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    })
    try {
      const connection = await instance.connect()
      try {
        await lock(connection, directory)
        return await use(new Session({ connection, content: ctx.content, directory, timeoutMs: options.timeoutMs ?? 30_000 }))
      } finally {
        connection.closeSync()
      }
    } finally {
      instance.closeSync()
    }
  } finally {
    await removeTree(directory)
  }
}

/** One query over files: each table of `tables` is registered first. */
export function queryFiles(
  ctx: Pick<Context, 'config' | 'content' | 'ids'>,
  tables: Readonly<Record<string, TableSource>>,
  query: {
    readonly sql: string
    readonly parameters?: readonly AnalyticsParameter[]
    readonly limit?: number
  } & AnalyticsOptions,
): Promise<AnalyticsRows> {
  return withAnalytics(
    ctx,
    async (session) => {
      for (const [name, source] of Object.entries(tables)) await session.register(name, source)
      return session.rows(query.sql, query.parameters, query.limit)
    },
    query,
  )
}

async function lock(connection: DuckDBConnection, directory: string): Promise<void> {
  await connection.run(`set timezone = 'UTC'`)
  await connection.run(`set allowed_directories = [${literal(directory)}]`)
  await connection.run('set enable_external_access = false')
  await connection.run('set lock_configuration = true')
}

class Session implements AnalyticsSession {
  readonly #connection: DuckDBConnection
  readonly #content: Context['content']
  readonly #directory: string
  readonly #timeoutMs: number
  #tables = 0

  constructor(options: { connection: DuckDBConnection; content: Context['content']; directory: string; timeoutMs: number }) {
    this.#connection = options.connection
    this.#content = options.content
    this.#directory = options.directory
    this.#timeoutMs = options.timeoutMs
  }

  async register(name: string, source: TableSource): Promise<void> {
    if (source.digests.length === 0) throw invalid(`Table '${name}' has no files.`, { target: name })
    const folder = join(this.#directory, `t${this.#tables}`)
    this.#tables += 1
    const paths: string[] = []
    for (const [index, digest] of source.digests.entries()) {
      const path = join(folder, `${String(index).padStart(6, '0')}.${extensions[source.format]}`)
      // Linked even for root: the database only reads.
      await this.#content.materialise(digest, path, { mode: 'hardlink' })
      paths.push(path)
    }
    const list = `[${paths.map(literal).join(', ')}]`
    const sample = Math.max(1, Math.trunc(source.sampleRows ?? 20_480))
    const reader = {
      csv: `read_csv(${list}, union_by_name = true, sample_size = ${sample}, compression = 'auto')`,
      json: `read_json(${list}, format = 'auto', union_by_name = true, sample_size = ${sample}, maximum_depth = 8)`,
      parquet: `read_parquet(${list}, union_by_name = true)`,
    }[source.format]
    await this.#guarded(() => this.#connection.run(`create view ${identifier(name)} as select * from ${reader}`))
  }

  async rows(sql: string, parameters: readonly AnalyticsParameter[] = [], limit = 10_000): Promise<AnalyticsRows> {
    const reader = await this.#guarded(() =>
      this.#connection.streamAndReadUntil(
        sql,
        limit,
        parameters.map((value): DuckDBValue => value),
      ),
    )
    const names = reader.deduplicatedColumnNames()
    const types = reader.columnTypes()
    return {
      columns: names.map((name, index) => ({ name, type: String(types[index] ?? '') })),
      rows: reader.getRowObjectsJson().slice(0, limit),
    }
  }

  async #guarded<Result>(work: () => Promise<Result>): Promise<Result> {
    let interrupted = false
    const timer = setTimeout(() => {
      interrupted = true
      this.#connection.interrupt()
    }, this.#timeoutMs)
    try {
      return await work()
    } catch (error) {
      throw translated(error, { interrupted, directory: this.#directory, timeoutMs: this.#timeoutMs })
    } finally {
      clearTimeout(timer)
    }
  }
}

function translated(
  error: unknown,
  { interrupted, directory, timeoutMs }: { interrupted: boolean; directory: string; timeoutMs: number },
): AppError {
  if (interrupted)
    return new AppError(
      'QuotaExceeded',
      `The query took longer than ${timeoutMs} ms and was stopped; read fewer rows or files.`,
      { cause: error },
    )
  // The excerpt of a statement of ours would show where files lie.
  const whole = (error instanceof Error ? error.message : String(error)).replaceAll(`${directory}/`, '')
  const message = whole.replace(/\s*LINE \d+: create view[\s\S]*$/, '').slice(0, 1_000)
  if (/^Out of Memory/i.test(message))
    return new AppError('QuotaExceeded', 'The query needs more memory than it may use; read fewer rows or files.', {
      cause: error,
    })
  return invalid(`The data cannot be read: ${message}`, { target: 'query', cause: error })
}

/** A quoted SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A quoted SQL text literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
