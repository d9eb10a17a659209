import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  ageingMs,
  orderOfTurns,
  planQueue,
  reserveAllAfterMs,
  slotPool,
  type Pool,
  type QueueState,
  type WaitingQueue,
} from './plan-queue.ts'

const pools = ['host/cores', 'host/gpus', 'nodes:a', 'quota:b'] as const

const queues = fc.uniqueArray(
  fc.record({
    id: fc.integer({ min: 1, max: 40 }),
    priority: fc.integer({ min: 1, max: 3 }),
    submitter: fc.constantFrom('ana', 'ben', 'cleo'),
    project: fc.constantFrom('x', 'y'),
    ready: fc.integer({ min: 0, max: 6 }),
    waitedMs: fc.integer({ min: 0, max: 4 * ageingMs }),
    stopped: fc.boolean(),
    amounts: fc.tuple(fc.nat(3), fc.nat(2), fc.nat(1), fc.nat(2)),
  }),
  { selector: (queue) => queue.id, maxLength: 12 },
)

const nowMs = 1_000_000_000
const states: fc.Arbitrary<QueueState> = fc
  .record({ queues, limits: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat(6), fc.nat(3), fc.nat(3), fc.nat(4)) })
  .map(({ queues: drafts, limits }) => ({
    nowMs,
    holding: [],
    pools: [slotPool, ...pools].map((id, index): Pool => ({
      id,
      limit: limits[index] ?? 0,
      used: 0,
      shared: id.startsWith('host'),
    })),
    waiting: drafts.map(({ amounts, waitedMs, project, ...queue }): WaitingQueue => ({
      ...queue,
      experiment: `${queue.submitter}/${project}`,
      stopped: queue.stopped && queue.id % 4 === 0,
      waitingSinceMs: nowMs - waitedMs,
      draws: [{ pool: slotPool, amount: 1 }, ...pools.map((pool, index) => ({ pool, amount: amounts[index] ?? 0 }))],
    })),
  }))

function usedAfter(state: QueueState, starts: readonly number[]): Map<string, number> {
  const used = new Map<string, number>()
  for (const id of starts)
    for (const draw of state.waiting.find((queue) => queue.id === id)?.draws ?? [])
      used.set(draw.pool, (used.get(draw.pool) ?? 0) + draw.amount)
  return used
}

it('never takes more of a pool than it has, and never starts more than is ready or what is stopped', () => {
  fc.assert(
    fc.property(states, (state) => {
      const { starts } = planQueue(state)
      const used = usedAfter(state, starts)
      for (const pool of state.pools) expect(used.get(pool.id) ?? 0).toBeLessThanOrEqual(pool.limit)
      for (const queue of state.waiting) {
        const count = starts.filter((id) => id === queue.id).length
        expect(count).toBeLessThanOrEqual(queue.stopped ? 0 : queue.ready)
      }
    }),
  )
})

it('says of every queue with steps left why they wait, and leaves nothing idle that somebody could use', () => {
  fc.assert(
    fc.property(states, (state) => {
      const { starts, waits } = planQueue(state)
      const used = usedAfter(state, starts)
      for (const queue of state.waiting) {
        const left = queue.ready - starts.filter((id) => id === queue.id).length
        expect(waits.has(queue.id)).toBe(left > 0)
        const wait = waits.get(queue.id)
        if (wait?.kind !== 'lacks' || wait.reserved) continue
        const pool = state.pools.find((candidate) => candidate.id === wait.pool)
        const amount = queue.draws.find((draw) => draw.pool === wait.pool)?.amount ?? 0
        expect((used.get(wait.pool) ?? 0) + amount).toBeGreaterThan(pool?.limit ?? 0)
      }
    }),
  )
})

it('does not depend on the order in which queues are listed', () => {
  fc.assert(
    fc.property(states, (state) => {
      const reversed = { ...state, waiting: state.waiting.toReversed() }
      expect(planQueue(reversed)).toEqual(planQueue(state))
      expect(orderOfTurns(reversed, 50)).toEqual(orderOfTurns(state, 50))
    }),
  )
})

const slots = (limit: number, used = 0): Pool => ({ id: slotPool, limit, used, shared: true })
const oneSlot = [{ pool: slotPool, amount: 1 }]
const queue = (id: number, given: Partial<WaitingQueue> = {}): WaitingQueue => ({
  id,
  priority: 2,
  submitter: 'ana',
  experiment: 'ana/x',
  ready: 1,
  waitingSinceMs: nowMs,
  stopped: false,
  draws: oneSlot,
  ...given,
})

it("starts somebody's only job before the next of another's ten thousand steps, however long those have waited", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: ageingMs - 1 }), (held, waitedMs) => {
      const many = queue(1, { submitter: 'ben', experiment: 'ben/y', ready: 10_000, waitingSinceMs: nowMs - waitedMs })
      const holding = Array.from({ length: held }, () => ({ submitter: 'ben', experiment: 'ben/y', draws: oneSlot }))
      const plan = planQueue({ nowMs, pools: [slots(held + 1, held)], waiting: [many, queue(2)], holding })
      expect(plan.starts).toEqual([2])
    }),
  )
})

it('shares the host evenly between experiments that always have steps', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 1, max: 20 }), (experiments, limit) => {
      const waiting = Array.from({ length: experiments }, (_, index) =>
        queue(index + 1, { experiment: `ana/${index}`, ready: 100 }),
      )
      const { starts } = planQueue({ nowMs, pools: [slots(limit)], waiting, holding: [] })
      const counts = waiting.map(({ id }) => starts.filter((start) => start === id).length)
      expect(starts).toHaveLength(limit)
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
    }),
  )
})

it('prefers a higher priority, until a lower one has waited long enough', () => {
  const low = (waitedMs: number) => queue(1, { priority: 1, waitingSinceMs: nowMs - waitedMs })
  const state = (waitedMs: number): QueueState => ({
    nowMs,
    pools: [slots(1)],
    waiting: [low(waitedMs), queue(2, { priority: 3, submitter: 'ben', experiment: 'ben/x' })],
    holding: [],
  })
  expect(planQueue(state(0)).starts).toEqual([2])
  expect(planQueue(state(3 * ageingMs)).starts).toEqual([1])
})

/** A host over time: each step runs for a while; newcomers arrive with every tick. */
function ticksUntilServed(patient: WaitingQueue, newcomer: (tick: number) => WaitingQueue, host: readonly Pool[]): number {
  const tickMs = 30_000
  let running: { queue: WaitingQueue; until: number }[] = []
  let arrived: WaitingQueue[] = []
  for (let tick = 0; tick < 2_000; tick += 1) {
    const now = nowMs + tick * tickMs
    running = running.filter((entry) => entry.until > tick)
    arrived.push({ ...newcomer(tick), waitingSinceMs: now })
    const used = (id: string): number =>
      running.reduce((sum, entry) => sum + (entry.queue.draws.find((draw) => draw.pool === id)?.amount ?? 0), 0)
    const plan = planQueue({
      nowMs: now,
      pools: host.map((pool) => ({ ...pool, used: used(pool.id) })),
      waiting: [{ ...patient, waitingSinceMs: nowMs }, ...arrived],
      holding: running.map((entry) => entry.queue),
    })
    if (plan.starts.includes(patient.id)) return tick
    for (const id of plan.starts) {
      const found = arrived.find((entry) => entry.id === id)
      if (found !== undefined) running.push({ queue: found, until: tick + 1 + (id % 5) })
    }
    arrived = arrived.filter((entry) => !plan.starts.includes(entry.id))
  }
  return Number.POSITIVE_INFINITY
}

it('lets nobody starve behind a stream of jobs of higher priority', () => {
  const ticks = ticksUntilServed(
    queue(1, { priority: 1 }),
    (tick) => queue(tick + 2, { priority: 3, submitter: `p${tick}`, experiment: `p${tick}/x` }),
    [slots(2)],
  )
  expect(ticks).toBeLessThan(400)
})

it('keeps resources free for a large job past which small ones would slip for ever', () => {
  const host: Pool[] = [
    slots(8),
    { id: 'host/gpus', limit: 4, used: 0, shared: true },
    { id: 'host/cores', limit: 8, used: 0, shared: true },
  ]
  const large = [...oneSlot, { pool: 'host/gpus', amount: 4 }, { pool: 'host/cores', amount: 8 }]
  const ticks = ticksUntilServed(
    queue(1, { draws: large }),
    (tick) =>
      queue(tick + 2, {
        submitter: `p${tick}`,
        experiment: `p${tick}/x`,
        draws: [...oneSlot, { pool: tick % 2 === 0 ? 'host/gpus' : 'host/cores', amount: 1 }],
      }),
    host,
  )
  expect(ticks).toBeLessThan(reserveAllAfterMs / 30_000 + 20)
})
