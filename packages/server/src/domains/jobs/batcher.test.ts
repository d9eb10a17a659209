import { expect, test } from 'vitest'
import { Batcher } from './batcher.ts'

/** A batcher that notes its batches and doubles numbers. */
function doubling() {
  const batches: number[][] = []
  const batcher = new Batcher<number, number>(async (items) => {
    batches.push([...items])
    if (items.includes(13)) throw new Error('unlucky')
    return items.map((item) => item * 2)
  })
  return { batcher, batches }
}

test('what comes while a batch is at work goes together in the next one, in the order of adding', async () => {
  const { batcher, batches } = doubling()
  const first = batcher.add(1)
  const later = first.then(() => Promise.all([batcher.add(2), batcher.add(3)]))
  expect([await first, ...(await later)]).toEqual([2, 4, 6])
  expect(batches).toEqual([[1], [2, 3]])
})

test('what is in no hurry goes with the next item that is, in its place', async () => {
  const { batcher, batches } = doubling()
  const unhurried = batcher.addUnhurried(1)
  const hurried = batcher.add(2)
  expect(await Promise.all([unhurried, hurried])).toEqual([2, 4])
  expect(batches).toEqual([[1, 2]])
})

test('alone, what is in no hurry is done all the same, and so is what comes after it', async () => {
  const { batcher, batches } = doubling()
  expect(await batcher.addUnhurried(4)).toBe(8)
  expect(await batcher.addUnhurried(5)).toBe(10)
  expect(batches).toEqual([[4], [5]])
})

test("one item's trouble is not that of the others", async () => {
  const { batcher } = doubling()
  const settled = await Promise.allSettled([batcher.add(1), batcher.addUnhurried(13), batcher.add(2)])
  expect(settled.map((entry) => entry.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})
