import { existsSync } from 'node:fs'
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestServer, until, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ContentStore } from '../kernel/content/index.ts'
import { openDatabase, type Db } from '../kernel/db/database.ts'
import { createTestDatabase } from '../kernel/db/test-database.ts'
import { verifyAuditChain } from '../kernel/events/index.ts'
import { loadRootKey, SecretStore } from '../kernel/secrets/index.ts'
import { systemClock } from '../kernel/clock.ts'
import { backupInstance } from './backup.ts'
import { startForeignPostgres } from './foreign-postgres.fixture.ts'
import { restoreInstance } from './restore.ts'

const postgres15 = '/usr/lib/postgresql/15/bin'

describe('backup and restore', () => {
  let server: TestServer
  let directory: string
  let digest: string

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fulcrum-backup-'))
    server = await startTestServer()
    const { ctx } = server
    digest = (await ctx.content.put(Buffer.from('a model'))).digest
    await ctx.db.transaction((tx) => ctx.secrets.put(tx, { scope: 'workspace', name: 'token', value: 'hidden' }))
    await server.createUser('Zoë\t"quoted"\\ \n line')
    await until('sealed events', async () => {
      const open = await ctx.db.kysely.selectFrom('events').select('id').where('sequence', 'is', null).execute()
      return open.length === 0
    })
    const rootKeyText = await readFile(join(ctx.config.dataDirectory, 'keys', 'root.key'), 'utf8')
    await backupInstance({
      db: ctx.db,
      content: ctx.content,
      rootKeyText,
      directory: join(directory, 'copy'),
      now: ctx.clock.now(),
    })
  })
  afterAll(async () => {
    await server.close()
    await rm(directory, { recursive: true, force: true })
  })

  async function restoreInto(db: Db, name: string) {
    const content = await ContentStore.open({ directory: join(directory, name), durable: false })
    await restoreInstance({ db, content, directory: join(directory, 'copy') })
    const secrets = new SecretStore(await loadRootKey(join(directory, 'copy', 'root.key')), systemClock)
    expect((await secrets.get(db.kysely, { scope: 'workspace', name: 'token' })).value.toString()).toBe('hidden')
    expect(await content.has(digest)).toBe(true)
    const people = await db.kysely.selectFrom('principals').select('name').execute()
    expect(people.map((person) => person.name)).toContain('Zoë\t"quoted"\\ \n line')
    expect(await verifyAuditChain(db.kysely)).toMatchObject({ intact: true })
  }

  it('bring everything back: rows, secrets, content and an intact audit chain', async () => {
    await using target = await createTestDatabase({ migrated: false })
    await restoreInto(target.db, 'same-version')
  })

  it('refuse a target that is not empty, and a damaged file', async () => {
    await using used = await createTestDatabase()
    await used.db.kysely
      .insertInto('principals')
      .values({ id: 'x', kind: 'User', name: 'x', display_name: 'x', created_at: new Date() })
      .execute()
    await expect(restoreInto(used.db, 'used')).rejects.toThrow(/not empty/)
    await using target = await createTestDatabase({ migrated: false })
    const path = join(directory, 'copy', 'tables', 'generations.copy')
    const before = await readFile(path)
    await appendFile(path, 'forged\t1\n')
    await expect(restoreInto(target.db, 'damaged')).rejects.toThrow(/damaged/)
    await import('node:fs/promises').then((files) => files.writeFile(path, before))
  })

  it.skipIf(!existsSync(postgres15))(
    'go from the embedded version to PostgreSQL 15 (needs its server on this host)',
    async () => {
      await using foreign = await startForeignPostgres(postgres15)
      const db = openDatabase({ connectionString: foreign.connectionString })
      await restoreInto(db, 'version-15')
      await db.close()
    },
  )
})
