import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { until } from '../../../testkit/src/until.ts'
import { createTestDatabase } from '../../src/kernel/db/test-database.ts'
import { expectRight, hasEnded, random, seedsOr, startEngineProcess, startInstance, submit } from './pipeline-under-fire.ts'

/** Engine processes are killed at random moments while a pipeline runs; with an even seed two of them run at once. */
it.each(seedsOr([1, 2, 3, 4]))(
  'a pipeline ends right although its engines are killed again and again (seed %i)',
  { timeout: 180_000 },
  async (seed) => {
    await using instance = await startInstance(await createTestDatabase({ poolSize: 4 }))
    const { ctx, environment } = instance
    const workspaceId = await submit(ctx)
    const next = random(seed)
    const engines = Array.from({ length: seed % 2 === 0 ? 2 : 1 }, () => startEngineProcess(environment))
    let kills = 0
    try {
      while (kills < 8 && !(await hasEnded(ctx, workspaceId))) {
        // The moment of the kill is what is random here: from the start of the process to well into its work.
        await delay(500 + next() * 2_500)
        const victim = Math.floor(next() * engines.length)
        engines[victim]?.kill('SIGKILL')
        engines[victim] = startEngineProcess(environment)
        kills += 1
      }
      await until('end of the pipeline', () => hasEnded(ctx, workspaceId), 120_000)
    } finally {
      for (const engine of engines) engine.kill('SIGKILL')
    }
    await expectRight(ctx, workspaceId)
    expect(kills).toBeGreaterThan(0)
  },
)
