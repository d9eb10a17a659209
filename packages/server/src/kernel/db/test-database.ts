import { request } from 'node:http'
import { Client, type ClientConfig } from 'pg'
import { inject } from 'vitest'
import { openDatabase, type Db } from './database.ts'
import { silentLog, type DatabaseLog } from './log.ts'

/** What the global set-up tells test files: where to ask for the run's server. */
export interface TestDatabaseAddress {
  readonly socketPath: string
}

/** The run's server and the migrated database that tests clone. */
export interface TestServer {
  readonly poolConfig: ClientConfig
  readonly template: string
}

declare module 'vitest' {
  interface ProvidedContext {
    fulcrumTestDatabase: TestDatabaseAddress
  }
}

/** A database of its own for a test file, gone when disposed. */
export interface TestDatabase extends AsyncDisposable {
  readonly db: Db
  readonly poolConfig: ClientConfig
  readonly connectionString: string
  drop(): Promise<void>
}

export interface TestDatabaseOptions {
  /** `false` gives an empty database instead of a migrated one. */
  readonly migrated?: boolean
  readonly poolSize?: number
  readonly log?: DatabaseLog
}

/** Clones the run's migrated template, about 60 ms; the first call of a run starts the server and migrates. */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { migrated = true, poolSize = 5, log = silentLog } = options
  const server = await askForServer(inject('fulcrumTestDatabase'))
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`
  await administer(server.poolConfig, `create database ${name} template ${migrated ? server.template : 'template0'}`)
  const poolConfig = { ...server.poolConfig, database: name }
  const db = openDatabase({ poolConfig, poolSize, log })
  const drop = async (): Promise<void> => {
    await db.close()
    await administer(server.poolConfig, `drop database if exists ${name} with (force)`)
  }
  return { db, poolConfig, connectionString: connectionStringOf(poolConfig), drop, [Symbol.asyncDispose]: drop }
}

/** Runs one statement on the server's own database, outside a transaction. */
export async function administer(server: ClientConfig, statement: string): Promise<void> {
  const client = new Client({ ...server, database: 'postgres' })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

function connectionStringOf({ user = '', password, host = '', port = 5432, database = '' }: ClientConfig): string {
  return `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(String(password))}@${encodeURIComponent(host)}:${port}/${database}`
}

function askForServer({ socketPath }: TestDatabaseAddress): Promise<TestServer> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path: '/' }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (part: string) => (body += part))
      response.on('end', () => (response.statusCode === 200 ? resolve(JSON.parse(body) as TestServer) : reject(new Error(body))))
    })
    call.on('error', reject).end()
  })
}
