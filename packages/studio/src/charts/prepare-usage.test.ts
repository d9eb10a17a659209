import { expect, it } from 'vitest'
import { prepareUsage } from './prepare-usage.ts'

const text = (amount: number) => String(amount)

it('shows few units one by one, and many or parts of them as one bar', () => {
  expect(prepareUsage(1, 3, text)).toEqual({
    percent: expect.closeTo(33.33, 1),
    units: [true, false, false],
    tone: 'calm',
    text: '1 of 3',
  })
  expect(prepareUsage(50, 100, text)).toMatchObject({ percent: 50, units: [], tone: 'calm' })
  expect(prepareUsage(0.5, 2, text).units).toEqual([])
})

it('says when all is taken, when there is no limit, and when there is nothing to take', () => {
  expect(prepareUsage(3, 2, text)).toMatchObject({ percent: 100, units: [true, true], tone: 'full' })
  expect(prepareUsage(3, null, text)).toMatchObject({ percent: 0, units: [], text: '3 in use, no limit' })
  expect(prepareUsage(0, 0, text)).toMatchObject({ text: 'none here', tone: 'calm' })
})
