import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { builtCommand, startBuiltPlatform, type BuiltPlatform } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAsWithout, expectNoOrphans, prepareWorkspace, runWave } from './matrix.ts'

/** `npm run crash -- --seeds 200` sets how many; one wave is what the slow group runs. */
const seeds = Number(process.env['FULCRUM_CRASH_MATRIX'] ?? 4)
/** All waves share one platform; the pipelines of a wave run at once. */
const waveSize = seeds > 20 ? 8 : 4
const waves = Array.from({ length: Math.ceil(seeds / waveSize) }, (_unused, wave) =>
  Array.from({ length: Math.min(waveSize, seeds - wave * waveSize) }, (_other, index) => wave * waveSize + index + 1),
)

describe.skipIf(!existsSync(builtCommand))('crash matrix (needs the build)', () => {
  let platform: BuiltPlatform
  let directory: string
  let calm: Awaited<ReturnType<typeof runWave>>
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fulcrum-matrix-'))
    platform = await startBuiltPlatform({ FULCRUM_ISOLATION: 'none', FULCRUM_MAX_CONCURRENT_JOBS: '6' })
    await prepareWorkspace(platform)
    calm = await runWave(platform, [0], { directory, fire: false })
    await expectAsWithout(platform, 0, { nodes: calm.nodes.get(0) ?? [], calm: calm.nodes.get(0) ?? [], directory })
  }, 300_000)
  afterAll(async () => {
    await platform?.[Symbol.asyncDispose]()
    if (directory !== undefined) await rm(directory, { recursive: true, force: true })
  })

  it.each(waves)('pipelines end as without the crash (seeds %i …)', { timeout: 600_000 }, async (...wave) => {
    const numbers = wave.filter((seed): seed is number => typeof seed === 'number')
    const { kills, nodes } = await runWave(platform, numbers, { directory, fire: true })
    expect(kills.length).toBeGreaterThan(0)
    for (const seed of numbers)
      await expectAsWithout(platform, seed, { nodes: nodes.get(seed) ?? [], calm: calm.nodes.get(0) ?? [], directory })
    await expectNoOrphans(platform)
    process.stdout.write(`seeds ${numbers.join(', ')} passed; killed ${kills.join(', ')}\n`)
  })
})
