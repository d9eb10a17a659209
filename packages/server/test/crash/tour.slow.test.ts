import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { builtCommand, startBuiltPlatform, type BuiltPlatform } from '@fulcrum/testkit'
import { random, seedsOr } from './pipeline-under-fire.ts'
import { rolesOf } from './processes.ts'

const killsAtMost = 8
const attemptsAtMost = 12

/**
 * The whole platform as a user runs it; api, engine, gateway and PostgreSQL are killed at random moments while the tour trains,
 * decides, stages and releases. `fulcrum tour` is called again until it is complete, as a person would.
 */
it.skipIf(!existsSync(builtCommand)).each(seedsOr([11]))(
  'the tour ends right although every role and PostgreSQL are killed again and again (seed %i; needs the build)',
  { timeout: 900_000 },
  async (seed) => {
    await using platform = await startBuiltPlatform()
    const kills = await tourUnderFire(platform, random(seed))
    expect(kills.length).toBeGreaterThan(3)
    await expectReleased(platform)
  },
)

/** Runs the tour to its end while processes die. @returns which were killed */
async function tourUnderFire(platform: BuiltPlatform, next: () => number): Promise<string[]> {
  const kills: string[] = []
  const done = new AbortController()
  const fire = (async () => {
    while (!done.signal.aborted && kills.length < killsAtMost) {
      // The moment is what is random here.
      await delay(4_000 + next() * 12_000, undefined, { signal: done.signal }).catch(() => undefined)
      const victims = done.signal.aborted ? [] : rolesOf(platform.supervisorPid)
      const victim = victims[Math.floor(next() * victims.length)]
      if (victim === undefined) continue
      process.kill(victim.pid, 'SIGKILL')
      kills.push(victim.name)
    }
  })()
  try {
    for (let attempt = 1; ; attempt += 1) {
      const { code, output } = await platform.cli('tour')
      if (code === 0) return kills
      if (attempt === attemptsAtMost)
        throw new Error(
          `The tour did not end in ${attemptsAtMost} attempts after killing ${kills.join(', ')}:\n${output.slice(-3_000)}`,
        )
      await delay(2_000)
    }
  } finally {
    done.abort()
    await fire
  }
}

async function expectReleased(connection: BuiltPlatform): Promise<void> {
  const get = async <Body>(path: string, method = 'GET'): Promise<Body> => (await connection.call(method, path)) as Body
  const subscription = `/subscriptions/${connection.subscriptionId}`
  const release = await get<{ properties: { state: string } }>(
    `${subscription}/resourceGroups/rg-flights-shrd/providers/Fulcrum.Delivery/releases/flight-delay-2`,
  )
  expect(release.properties.state).toBe('released')
  expect(await get(`${subscription}/providers/Fulcrum.Audit/verify`, 'POST')).toMatchObject({ intact: true })
  const dev = `${subscription}/resourceGroups/rg-flights-dev/providers/Microsoft.MachineLearningServices/workspaces/mlw-flights-dev`
  const jobs = await get<{ value: { name: string; properties: { jobType: string; status: string } }[] }>(
    `${dev}/jobs?jobType=Pipeline`,
  )
  const completed = jobs.value.filter((job) => job.properties.status === 'Completed')
  expect(completed.length).toBeGreaterThanOrEqual(2)
  for (const job of completed) {
    const steps = await get<{ nodes: { name: string; phases: { name: string }[] }[] }>(`${dev}/jobs/${job.name}/steps`)
    expect(steps.nodes.length).toBe(4)
    for (const node of steps.nodes) {
      const phases = node.phases.map((phase) => phase.name)
      expect(
        phases.filter((name) => name === 'Completed'),
        `${job.name} ${node.name}: ${phases.join(', ')}`,
      ).toHaveLength(1)
      expect(phases.at(-1)).toBe('Completed')
    }
  }
}
