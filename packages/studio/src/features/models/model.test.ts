import { expect, it } from 'vitest'
import { columnsOf, parseCard, typeOf } from './model.ts'

it('reads headings, tables, code and text of a model card, and undoes escapes', () => {
  const card =
    '# churn, version 1\n\nSays who\nleaves.\n\n| | |\n|---|---|\n| Job | train\\_1 |\n| A\\|B | `x` |\n\n```json\n{"a": 1}\n```\n'
  expect(parseCard(card)).toEqual([
    { kind: 'heading', level: 1, text: 'churn, version 1' },
    { kind: 'text', text: 'Says who leaves.' },
    {
      kind: 'table',
      rows: [
        ['Job', 'train_1'],
        ['A|B', 'x'],
      ],
    },
    { kind: 'code', text: '{"a": 1}' },
  ])
})

it('keeps markup as text and survives a fence without end', () => {
  expect(parseCard('<script>alert(1)</script>')).toEqual([{ kind: 'text', text: '<script>alert(1)</script>' }])
  expect(parseCard('```\nopen')).toEqual([{ kind: 'code', text: 'open' }])
})

it('reads columns of both kinds, and nothing from what is no list', () => {
  const [column, tensor] = columnsOf([{ name: 'hour', type: 'long' }, { 'tensor-spec': { dtype: 'float64', shape: [-1, 8] } }])
  expect([column, tensor].map((spec) => spec && typeOf(spec))).toEqual(['long', 'tensor float64 [-1, 8]'])
  expect(columnsOf('text')).toEqual([])
})
