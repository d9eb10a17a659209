import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { until } from '../../../testkit/src/until.ts'
import { openDatabase } from '../../src/kernel/db/database.ts'
import { startEmbeddedPostgres } from '../../src/kernel/db/embedded-postgres.ts'
import { silentLog } from '../../src/kernel/db/log.ts'
import { isAlive, signalProcess } from '../../src/kernel/db/process-identity.ts'
import { migrate } from '../../src/kernel/db/migrate.ts'
import { expectRight, hasEnded, random, seedsOr, startEngineProcess, startInstance, submit } from './pipeline-under-fire.ts'

/** PostgreSQL itself is killed at random moments while a pipeline runs; its supervisor starts it again, the engine goes on. */
it.each(seedsOr([1, 2]))(
  'a pipeline ends right although PostgreSQL is killed again and again (seed %i)',
  { timeout: 240_000 },
  async (seed) => {
    const directory = await mkdtemp(join(tmpdir(), 'fulcrum-pg-crash-'))
    const server = await startEmbeddedPostgres({ dataDirectory: directory, durable: true, log: silentLog })
    const db = openDatabase({ connectionString: server.connectionString, poolSize: 4 })
    await migrate(db)
    const instance = await startInstance({ db, connectionString: server.connectionString, drop: () => db.close() })
    const { ctx, environment } = instance
    const workspaceId = await submit(ctx)
    const next = random(seed)
    const engine = startEngineProcess(environment)
    let kills = 0
    const endedNow = (): Promise<boolean> => hasEnded(ctx, workspaceId).catch(() => false)
    try {
      while (kills < 4 && !(await endedNow())) {
        await delay(1_500 + next() * 2_000)
        const pid = await server.pid()
        // Between two lives of the server there is nothing to kill.
        if (pid === undefined || !isAlive(pid)) continue
        signalProcess(pid, 'SIGKILL')
        kills += 1
      }
      await until('end of the pipeline', endedNow, 150_000)
      expect(engine.exitCode).toBeNull()
    } finally {
      engine.kill('SIGKILL')
    }
    await expectRight(ctx, workspaceId)
    expect(kills).toBeGreaterThan(0)
    await instance[Symbol.asyncDispose]()
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  },
)
