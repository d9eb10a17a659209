import fc from 'fast-check'
import { expect, it } from 'vitest'
import { explainDifferences, labelOf, printField, shorten, splitChange } from './reuse.ts'

const digest = (letter: string) => `sha256:${letter.repeat(64)}`

it('says what a difference means, and which step it goes back to', () => {
  const inputs = { data: { value: '${{parent.jobs.clean.outputs.out}}' }, seed: { value: '2' } }
  const [data, seed, code, gone] = explainDifferences(
    [
      { field: 'inputs.data', before: digest('a'), now: digest('b') },
      { field: 'inputs.seed', before: '1', now: '2' },
      { field: 'code', before: digest('a'), now: digest('b') },
      { field: 'environmentVariables.MODE', before: 'fast', now: null },
    ],
    inputs,
  )
  expect(data).toMatchObject({
    label: 'Input data',
    upstream: 'clean',
    remark: expect.stringContaining('wrote different content'),
  })
  expect(seed).toMatchObject({ label: 'Input seed', upstream: undefined, remark: undefined })
  expect(code).toMatchObject({ label: 'Code', remark: 'Files of the code were changed.' })
  expect(gone).toMatchObject({ label: 'Environment variable MODE', remark: 'There is none any more.' })
  expect(labelOf('weather')).toBe('weather')
})

it('finds the place where two texts differ', () => {
  expect(splitChange('sleep 4; run', 'sleep 60; run')).toEqual({ start: 'sleep ', before: '4', now: '60', end: '; run' })
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, now) => {
      const parts = splitChange(before, now)
      expect(parts.start + parts.before + parts.end).toBe(before)
      expect(parts.start + parts.now + parts.end).toBe(now)
    }),
  )
})

it('prints digests short and long texts by their ends', () => {
  expect(printField(digest('a'))).toBe(`${'a'.repeat(12)}…`)
  expect([printField(null), printField(''), printField(3), printField('x')]).toEqual(['–', '–', '3', 'x'])
  expect(shorten('a'.repeat(40) + 'b'.repeat(40), 11)).toBe('aaaaa…bbbbb')
  expect(shorten('short')).toBe('short')
})
