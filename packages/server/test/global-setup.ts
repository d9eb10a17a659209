import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, type ClientConfig } from 'pg'
import type { TestProject } from 'vitest/node'
import { openDatabase } from '../src/kernel/db/database.ts'
import { startEmbeddedPostgres } from '../src/kernel/db/embedded-postgres.ts'
import { silentLog } from '../src/kernel/db/log.ts'
import { migrate } from '../src/kernel/db/migrate.ts'
import { administer, type TestServer } from '../src/kernel/db/test-database.ts'

/**
 * One PostgreSQL for the whole run, started when the first test file asks for it, so that a run of pure tests does not pay for it.
 * FULCRUM_TEST_DATABASE_URL names an external server to use instead (its user needs CREATEDB).
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'fulcrum-test-'))
  const releases: (() => Promise<void>)[] = []
  let server: Promise<TestServer> | undefined
  const listener = createServer((_request, response) => {
    server ??= startServer(directory, releases)
    server.then(
      (address) => response.end(JSON.stringify(address)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  const socketPath = join(directory, 'address')
  await new Promise<void>((resolve) => listener.listen(socketPath, resolve))
  project.provide('fulcrumTestDatabase', { socketPath })
  return async () => {
    listener.close()
    await server?.catch(() => undefined)
    for (const release of releases.reverse()) await release()
    await rm(directory, { recursive: true, force: true })
  }
}

async function startServer(directory: string, releases: (() => Promise<void>)[]): Promise<TestServer> {
  const poolConfig = await serverAddress(directory, releases)
  const template = `template_${randomUUID().replaceAll('-', '')}`
  await administer(poolConfig, `create database ${template} template template0`)
  releases.push(() => administer(poolConfig, `drop database if exists ${template} with (force)`))
  await using db = openDatabase({ poolConfig: { ...poolConfig, database: template }, poolSize: 3 })
  await migrate(db)
  return { poolConfig, template }
}

async function serverAddress(directory: string, releases: (() => Promise<void>)[]): Promise<ClientConfig> {
  const url = process.env.FULCRUM_TEST_DATABASE_URL
  if (url !== undefined && url !== '') {
    const { user, host, port, password } = new Client({ connectionString: url })
    return { user, host, port, password: password ?? undefined }
  }
  const server = await startEmbeddedPostgres({ dataDirectory: join(directory, 'postgres'), durable: false, log: silentLog })
  releases.push(() => server.stop())
  return server.poolConfig
}
