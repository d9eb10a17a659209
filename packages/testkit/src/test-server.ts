import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  authorityPath,
  bumpAuthorizationGeneration,
  configFromEnv,
  createApp,
  createContext,
  createDomains,
  createTestDatabase,
  insertResource,
  issueCredential,
  registerDomains,
  startEngine,
  startGatewayOf,
  studioDirectory,
  studioFiles,
  systemActor,
  type Config,
  type Context,
  type ContextOverrides,
} from '@fulcrum/server'
import { freePort } from './free-port.ts'
import { apiOf, type TestApi } from './test-api.ts'
import { withTls } from './test-tls.ts'

export interface TestServerOptions {
  /** Runs the engine in this process as well; default true. */
  readonly engine?: boolean
  /** Listens on a free loopback port; default false: requests are injected. */
  readonly listen?: boolean
  /** Listens on a further free port with TLS; default false. `config.https.port` is that port. */
  readonly tls?: boolean
  /** Serves predictions as well, on a free loopback port; default false. */
  readonly gateway?: boolean
  /** Serves the built studio as well; default false. */
  readonly studio?: boolean
  readonly config?: Partial<Config>
  readonly overrides?: ContextOverrides
}

export interface TestServer extends AsyncDisposable {
  readonly ctx: Context
  /** `http://127.0.0.1:port` when listening. */
  readonly url: string
  /** `https://localhost:port` when listening with TLS. */
  readonly httpsUrl: string
  /** PEM file of the authority that signed its certificate. */
  readonly authorityPath: string
  /** Speaks as the administrator that bootstrap creates. */
  readonly admin: TestApi
  /** Speaks with a token, or without any. */
  api(token?: string): TestApi
  /** A user of this name, without any rights. @returns its principal id */
  createUser(name: string): Promise<string>
  /** Assigns a role (its GUID, see `roleIds`) at a scope, past the rules that people are bound by. */
  grant(principalId: string, roleDefinitionId: string, scope: string): Promise<void>
  /** A token of a principal: by default its personal one, valid for an hour. */
  tokenOf(principalId: string): Promise<string>
  close(): Promise<void>
}

/** The whole server in this process, on a database and a directory of its own. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const database = await createTestDatabase({ poolSize: 12 })
  const directory = await mkdtemp(join(tmpdir(), 'fulcrum-server-'))
  const draft: Config = {
    ...configFromEnv({ FULCRUM_HOME: directory, FULCRUM_LOG_LEVEL: 'warn' }),
    durable: false,
    databaseUrl: database.connectionString,
    ...(options.gateway === true ? { gateway: { host: '127.0.0.1', port: await freePort() } } : {}),
    ...options.config,
  }
  const { tls, config } = await withTls(draft, options.tls === true)
  const ctx = await createContext(config, { db: database.db, ...options.overrides })
  const domains = createDomains(ctx)
  registerDomains(ctx, domains)
  const app = createApp(ctx, domains, options.studio === true ? [studioFiles(studioDirectory)] : [])
  const engine = options.engine === false ? undefined : startEngine(ctx, domains)
  if (engine === undefined) for (const domain of domains) await domain.bootstrap?.()
  await engine?.ready
  const gateway = options.gateway === true ? await startGatewayOf(ctx) : undefined
  const url =
    options.listen === true ? await app.listen({ host: '127.0.0.1', port: options.config?.http?.port ?? 0 }) : 'http://127.0.0.1'
  await app.ready()
  tls?.serve((request, response) => app.routing(request, response))

  const tokenOf = async (principalId: string): Promise<string> =>
    (await issueCredential(ctx.db.kysely, ctx, { kind: 'pat', principalId, name: 'test', lifetimeMs: 3_600_000 })).token
  const api = (token?: string): TestApi => apiOf(app, token)
  const createUser = async (name: string): Promise<string> => {
    const id = ctx.ids.uuid()
    await ctx.db.kysely
      .insertInto('principals')
      .values({ id, kind: 'User', name, display_name: name, created_at: ctx.clock.now() })
      .execute()
    return id
  }
  const grant = async (principalId: string, roleDefinitionId: string, scope: string): Promise<void> => {
    const name = ctx.ids.uuid()
    await insertResource(ctx.db.kysely, {
      id: `${scope === '/' ? '' : scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
      type: 'Microsoft.Authorization/roleAssignments',
      body: { properties: { roleDefinitionId, principalId, principalType: 'User', scope } },
      status: {},
      actor: systemActor,
      now: ctx.clock.now(),
    })
    await bumpAuthorizationGeneration(ctx.db.kysely)
  }
  const admin = await ctx.db.kysely.selectFrom('principals').select('id').where('name', '=', 'admin').executeTakeFirst()
  const close = async (): Promise<void> => {
    await engine?.[Symbol.asyncDispose]()
    await gateway?.close()
    await tls?.close()
    await app.close()
    await ctx[Symbol.asyncDispose]()
    await database.drop()
    // The wrapper of a job that has just ended may still write its last status.
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
  return {
    ctx,
    url,
    httpsUrl: `https://localhost:${config.https.port}`,
    authorityPath: authorityPath(directory),
    api,
    tokenOf,
    createUser,
    grant,
    admin: api(admin === undefined ? undefined : await tokenOf(admin.id)),
    close,
    [Symbol.asyncDispose]: close,
  }
}
