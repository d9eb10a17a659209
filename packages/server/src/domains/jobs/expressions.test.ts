import { describe, expect, it, test } from 'vitest'
import { parseDurationMs } from './duration.ts'
import { checkCommand, fillCommand, parseBinding } from './expressions.ts'

describe('commands', () => {
  const values = { inputs: { data: '/in/data', lr: undefined, n: '5' }, outputs: { model: '/out/model' } }
  test.each([
    ['train ${{inputs.data}} ${{ outputs.model }}', 'train /in/data /out/model'],
    ['train $[[--lr ${{inputs.lr}}]] --n ${{inputs.n}}', 'train  --n 5'],
    ['train $[[--n ${{inputs.n}}]] $HOME ${NAME}', 'train --n 5 $HOME ${NAME}'],
    ['a $[[ x ${{inputs.lr}} ${{inputs.n}} ]] b', 'a  b'],
  ])('%s', (template, expected) => {
    expect(fillCommand(template, values)).toBe(expected)
  })

  it('names what has no value and what is misspelt', () => {
    expect(() => fillCommand('train ${{inputs.lr}}', values)).toThrow(/has no value/)
    expect(() => checkCommand('train ${{inputs.dta}}', { target: 'command', inputs: ['data'], outputs: [] })).toThrow(
      /Did you mean 'data'/,
    )
    expect(() => checkCommand('train ${{parent.inputs.data}}', { target: 'command', inputs: ['data'], outputs: [] })).toThrow(
      /only/,
    )
  })
})

test('a binding is one expression and nothing else', () => {
  expect(parseBinding('${{parent.jobs.a.outputs.b}}')).toEqual(['parent', 'jobs', 'a', 'outputs', 'b'])
  expect(parseBinding(' ${{ parent.inputs.x }} ')).toEqual(['parent', 'inputs', 'x'])
  expect(parseBinding('m-${{parent.inputs.x}}')).toBeUndefined()
})

test.each([
  ['PT1H', 3_600_000],
  ['PT1M30S', 90_000],
  ['PT0.5S', 500],
  ['P1DT1S', 86_401_000],
  [60, 60_000],
  ['3600', 3_600_000],
])('duration %s', (text, expected) => {
  expect(parseDurationMs(text, 'timeout')).toBe(expected)
})

test.each(['1h', 'P', 'PT', 'PT0S', '-5'])('refuses duration %s', (text) => {
  expect(() => parseDurationMs(text, 'timeout')).toThrow(/timeout/)
})
