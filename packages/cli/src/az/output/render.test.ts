import { describe, expect, test } from 'vitest'
import { query, unqueried } from './query.ts'
import { formatOf, render, type Format } from './render.ts'

const shown = (value: unknown, format: Format) => render(unqueried(value), format)
const queried = async (value: unknown, expression: string, format: Format) => render(await query(value, expression), format)

const endpoints = [
  { name: 'one', id: '/subscriptions/s', provisioning_state: 'Succeeded', traffic: { blue: 100 }, tags: {}, is_on: true },
  { name: 'two', id: '/subscriptions/t', provisioning_state: 'Failed', traffic: {}, tags: {}, is_on: false },
]

describe('json', () => {
  test('members are sorted by name at every depth, two blanks deep, without escapes of letters', async () => {
    expect(await shown({ b: { z: 1, a: 'ä' }, a: [], c: {} }, 'json')).toBe(
      '{\n  "a": [],\n  "b": {\n    "a": "ä",\n    "z": 1\n  },\n  "c": {}\n}\n',
    )
  })

  test('nothing is printed for nothing; a text is quoted', async () => {
    expect(await shown(undefined, 'json')).toBe('')
    expect(await queried(endpoints, '[0].missing', 'json')).toBe('')
    expect(await shown('[1, 2]', 'json')).toBe('"[1, 2]"\n')
    expect(await shown(false, 'json')).toBe('false\n')
  })
})

describe('tsv, as scripts read it', () => {
  test.each([
    ['[].name', 'one\ntwo\n'],
    ['[*].[name]', 'one\ntwo\n'],
    ['[0].name', 'one\n'],
    ["[?name=='two'].provisioning_state", 'Failed\n'],
    ["[? starts_with(@.name, 'o')].name", 'one\n'],
    ['[].{Second:provisioning_state, First:name}', 'Succeeded\tone\nFailed\ttwo\n'],
    ['[].[name, missing]', 'one\tNone\ntwo\tNone\n'],
    ['[].[name, is_on]', 'one\tTrue\ntwo\tFalse\n'],
    ['[].is_on', 'true\nfalse\n'],
    ['[].[name, traffic, tags]', 'one\t\t\ntwo\t\t\n'],
    ['[0].traffic', '100\n'],
    ['length(@)', '2\n'],
    ['missing', ''],
  ])('%s', async (expression, text) => {
    expect(await queried(endpoints, expression, 'tsv')).toBe(text)
  })

  test('without a query members come sorted, lists as their length', async () => {
    expect(await shown({ b: [1, 2], a: 'x', c: null }, 'tsv')).toBe('x\t2\tNone\n')
  })
})

describe('table', () => {
  test('scalar members but id, type and etag, sorted and capitalised', async () => {
    expect(await shown(endpoints, 'table')).toBe(
      'Is_on    Name    Provisioning_state\n-------  ------  --------------------\nTrue     one     Succeeded\nFalse    two     Failed\n',
    )
  })

  test('a query chooses and orders the columns', async () => {
    expect(await queried(endpoints, '[].{Name:name, State:provisioning_state}', 'table')).toBe(
      'Name    State\n------  ---------\none     Succeeded\ntwo     Failed\n',
    )
    expect(await queried(endpoints, '[].[name]', 'table')).toBe('Column1\n---------\none\ntwo\n')
    expect(await queried(endpoints, '[].name', 'table')).toBe('Result\n--------\none\ntwo\n')
  })
})

test('yaml quotes what would be read as something else', async () => {
  expect(await shown({ b: ['x', { c: 1 }], a: '1.0', d: 'yes', e: null, f: {}, g: [] }, 'yaml')).toBe(
    "a: '1.0'\nb:\n- x\n- c: 1\nd: 'yes'\ne: null\nf: {}\ng: []\n",
  )
})

test('none prints nothing; an unknown format and a broken query are mistakes', async () => {
  expect(await shown(endpoints, 'none')).toBe('')
  expect(formatOf('TSV')).toBe('tsv')
  expect(() => formatOf('xml')).toThrow("invalid choice: 'xml'")
  await expect(query(endpoints, '[?')).rejects.toThrow('invalid jmespath_type value')
})
