import { expect, test } from 'vitest'
import { writeInParts } from './write-in-parts.ts'

const rows = Array.from({ length: 2_500 }, (_, index) => index)
const textOf = (part: readonly number[]) => JSON.stringify(part)

test('rows arrive in their order, a part after the other and never two at once', async () => {
  const arrived: number[] = []
  let writing = 0
  await writeInParts(rows, textOf, async (text) => {
    writing += 1
    expect(writing).toBe(1)
    await new Promise((resolve) => setImmediate(resolve))
    arrived.push(...(JSON.parse(text) as number[]))
    writing -= 1
  })
  expect(arrived).toEqual(rows)
})

test('a part that fails ends it, whichever it is, and nothing after it is written', async () => {
  for (const failing of [0, 1, 2]) {
    let parts = 0
    const write = async (): Promise<void> => {
      parts += 1
      if (parts - 1 === failing) throw new Error(`part ${failing}`)
    }
    await expect(writeInParts(rows, textOf, write)).rejects.toThrow(`part ${failing}`)
    expect(parts).toBe(failing + 1)
  }
})

test('no rows, no statement', async () => {
  await writeInParts([], textOf, () => Promise.reject(new Error('not called')))
})
