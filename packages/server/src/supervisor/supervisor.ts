import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino, type Logger } from 'pino'
import { createContext, type Context } from '../context.ts'
import { issueCredential } from '../kernel/auth/index.ts'
import type { Config } from '../kernel/config/index.ts'
import { startEmbeddedPostgres } from '../kernel/db/embedded-postgres.ts'
import { migrate } from '../kernel/db/migrate.ts'
import { authorityPath } from '../kernel/tls/index.ts'
import { untilTold } from '../roles.ts'
import { superviseRole } from './children.ts'

const roles = ['api', 'engine', 'gateway'] as const
const dayMs = 86_400_000

/**
 * Runs the whole platform on this machine: database, api, engine, gateway; stops them cleanly when told.
 * Writes `connection.json` (mode 0600) into the data directory: where the API is and the administrator's token, for the CLI on this host.
 * Speaks to a parent process by IPC when there is one: `{ ready: { studioUrl, apiUrl } }`.
 */
export async function runSupervisor(config: Config): Promise<void> {
  const log = pino({ level: config.logLevel })
  await mkdir(config.dataDirectory, { recursive: true, mode: 0o700 })
  await using database =
    config.databaseUrl === undefined
      ? await startEmbeddedPostgres({ dataDirectory: join(config.dataDirectory, 'postgres'), durable: true, log })
      : undefined
  const databaseUrl = config.databaseUrl ?? database?.connectionString ?? ''
  await using ctx = await createContext({ ...config, databaseUrl })
  await ctx.db.waitUntilReady()
  await migrate(ctx.db, { log })
  await writePrivate(join(config.dataDirectory, 'database-url'), databaseUrl)
  const env = { ...process.env, FULCRUM_HOME: config.dataDirectory, FULCRUM_DATABASE_URL: databaseUrl }
  const children = roles.map((role) => superviseRole(role, { env, log }))
  const end = untilTold()
  try {
    const ready = await announce(
      ctx,
      children.map((child) => ({ role: child.role, pid: child.pid() })),
      log,
    )
    process.send?.({ ready })
    await end
    log.info('Stopping')
  } finally {
    await Promise.all(children.map((child) => child.stop()))
  }
}

async function announce(ctx: Context, processes: readonly { role: string; pid: number | undefined }[], log: Logger) {
  const { config } = ctx
  const apiUrl = `http://${config.http.host}:${config.http.port}`
  await waitForHealth(apiUrl)
  const adminId = await waitForAdministrator(ctx)
  const token = await issueCredential(ctx.db.kysely, ctx, {
    kind: 'pat',
    principalId: adminId,
    name: 'this host',
    lifetimeMs: 365 * dayMs,
  })
  const signIn = await issueCredential(ctx.db.kysely, ctx, {
    kind: 'set',
    principalId: adminId,
    name: 'sign-in link',
    lifetimeMs: dayMs,
    singleUse: true,
  })
  const connection = {
    apiUrl,
    httpsUrl: `https://localhost:${config.https.port}`,
    ...(config.https.certificate === undefined ? { authorityPath: authorityPath(config.dataDirectory) } : {}),
    gatewayUrl: `http://${config.gateway.host}:${config.gateway.port}`,
    subscriptionId: config.subscriptionId,
    tenantId: config.tenantId,
    token: token.token,
    processes,
    supervisorPid: process.pid,
  }
  await writePrivate(join(config.dataDirectory, 'connection.json'), JSON.stringify(connection, undefined, 2))
  const studioUrl = `${apiUrl}/login#token=${signIn.token}`
  log.info({ apiUrl }, 'Ready')
  return { apiUrl, studioUrl }
}

async function writePrivate(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}`
  await writeFile(temporary, text, { mode: 0o600 })
  await rename(temporary, path)
}

async function waitForHealth(apiUrl: string): Promise<void> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const healthy = await fetch(`${apiUrl}/health`).then(
      (response) => response.ok,
      () => false,
    )
    if (healthy) return
    if (Date.now() > deadline) throw new Error(`The API did not answer at ${apiUrl} within 60 s; see the log lines above.`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** The engine's bootstrap creates the administrator on the first start. */
async function waitForAdministrator(ctx: Context): Promise<string> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const row = await ctx.db.kysely
      .selectFrom('principals')
      .select('id')
      .where('kind', '=', 'User')
      .where('name', '=', 'admin')
      .executeTakeFirst()
    if (row !== undefined) return row.id
    if (Date.now() > deadline)
      throw new Error('The engine did not create the administrator within 60 s; see the log lines above.')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
