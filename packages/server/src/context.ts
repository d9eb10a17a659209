import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { pino, type Logger } from 'pino'
import { AuthorizationService } from './kernel/authz/index.ts'
import { systemClock, type Clock } from './kernel/clock.ts'
import type { Config } from './kernel/config/index.ts'
import { ContentStore } from './kernel/content/index.ts'
import { openDatabase, type Db } from './kernel/db/database.ts'
import { CursorCodec } from './kernel/http/cursor.ts'
import { systemIds, type Ids } from './kernel/ids.ts'
import { ResourceService } from './kernel/resources/index.ts'
import { loadRootKey, SecretStore, type RootKey } from './kernel/secrets/index.ts'

/** Everything a use case may use; constructed once, here. */
export interface Context extends AsyncDisposable {
  readonly config: Config
  readonly log: Logger
  readonly clock: Clock
  readonly ids: Ids
  readonly db: Db
  readonly content: ContentStore
  readonly rootKey: RootKey
  readonly secrets: SecretStore
  readonly authorization: AuthorizationService
  readonly resources: ResourceService
  readonly cursors: CursorCodec
}

export interface ContextOverrides {
  readonly clock?: Clock
  readonly ids?: Ids
  readonly db?: Db
  readonly log?: Logger
}

/** Opens the store and the content store of `config.dataDirectory`; closes them in reverse order on dispose. */
export async function createContext(config: Config, overrides: ContextOverrides = {}): Promise<Context> {
  const clock = overrides.clock ?? systemClock
  const ids = overrides.ids ?? systemIds
  const log = overrides.log ?? pino({ level: config.logLevel })
  const db = overrides.db ?? openDatabase({ connectionString: requireUrl(config), log })
  const content = await ContentStore.open({ directory: join(config.dataDirectory, 'content'), durable: config.durable })
  const rootKey = await loadRootKey(join(config.dataDirectory, 'keys', 'root.key'))
  return {
    config,
    log,
    clock,
    ids,
    db,
    content,
    rootKey,
    secrets: new SecretStore(rootKey, clock),
    authorization: new AuthorizationService({ db: db.kysely, clock }),
    resources: new ResourceService({ db, clock, ids }),
    cursors: new CursorCodec(createHmac('sha256', rootKey.key).update('page tokens').digest()),
    async [Symbol.asyncDispose]() {
      if (overrides.db === undefined) await db.close()
    },
  }
}

function requireUrl(config: Config): string {
  if (config.databaseUrl === undefined) throw new Error('No database URL: the supervisor passes it as FULCRUM_DATABASE_URL.')
  return config.databaseUrl
}
