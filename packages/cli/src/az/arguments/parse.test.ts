import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AzFailure } from '../failure.ts'
import { options } from './option.ts'
import { parseArguments } from './parse.ts'

const known = options(
  '--name/-n! --file/-f --endpoint-name/-e --set* --tags+ --no-wait? --yes/-y? --lines/-l# --public~ --version/-v',
)
const parse = (...args: string[]) => parseArguments(args, known)
const failureOf = (...args: string[]): string => {
  try {
    parse(...args)
  } catch (error) {
    if (error instanceof AzFailure) return `${error.exitCode} ${error.message}`
    throw error
  }
  return 'none'
}

describe('values', () => {
  test.each([[['--name', 'a']], [['--name=a']], [['-n', 'a']], [['-na']], [['-n=a']], [['--na', 'a']], [['--nam=a']]])(
    '%j is a name',
    (args) => {
      expect(parse(...args).text('name')).toBe('a')
    },
  )

  test('unique prefixes of long flags are taken', () => {
    expect(parse('-n', 'a', '--endpoint', 'house', '--f', 'x.yml').text('endpoint-name')).toBe('house')
    expect(parse('-n', 'a', '--f', 'x.yml').text('file')).toBe('x.yml')
  })

  test('--set keeps all values of all its uses, --tags those of its last', () => {
    const values = parse('-n', 'a', '--set', 'a.b=c', 'd=e f', '--tags', 'x=1', '--set', 'g=h', '--tags', 'y=2', 'z=3')
    expect(values.list('set')).toEqual(['a.b=c', 'd=e f', 'g=h'])
    expect(values.pairs('tags')).toEqual({ y: '2', z: '3' })
  })

  test('pairs may stand in one value, and values may hold blanks and equal signs', () => {
    expect(parse('-n', 'a', '--tags', 'blue=90 green=10').pairs('tags')).toEqual({ blue: '90', green: '10' })
    expect(parse('-n', 'a', '--tags', 'url=http://x/?a=b', 'text=two words').pairs('tags')).toEqual({
      url: 'http://x/?a=b',
      text: 'two words',
    })
  })

  test('flags glued together, truth values, numbers, negative numbers', () => {
    const values = parse('-yna', '--public', 'false', '--lines', '-5')
    expect([values.flag('yes'), values.text('name'), values.truth('public'), values.number('lines')]).toEqual([
      true,
      'a',
      false,
      -5,
    ])
    expect(parse('-n', 'a', '--public').truth('public')).toBe(true)
  })

  test('the last value wins, and -- ends the flags', () => {
    expect(parse('-n', 'a', '--name', 'b').text('name')).toBe('b')
    expect(parseArguments(['-n', 'a', '--', '--x'], known, true).words).toEqual(['--x'])
  })

  test('@path stands for the content of a file', () => {
    const directory = mkdtempSync(join(tmpdir(), 'az-'))
    writeFileSync(join(directory, 'name'), 'inside\n')
    expect(parse('-n', `@${join(directory, 'name')}`).text('name')).toBe('inside')
    expect(parse('-n', '@nowhere').text('name')).toBe('@nowhere')
    rmSync(directory, { recursive: true })
  })
})

describe('mistakes exit with 2', () => {
  test.each([
    [[], '2 the following arguments are required: --name/-n'],
    [['-n'], '2 argument --name/-n: expected one argument'],
    [['-n', 'a', '--n', 'b'], '2 ambiguous option: --n could match --name, --no-wait'],
    [['-n', 'a', '--unknown', 'b'], '2 unrecognized arguments: --unknown b'],
    [['-n', 'a', 'word'], '2 unrecognized arguments: word'],
    [['-n', 'a', '--lines', 'many'], "2 argument --lines/-l: invalid int value: 'many'"],
    [['-n', 'a', '--no-wait=x'], "2 argument --no-wait: ignored explicit argument 'x'"],
    [['-n', '--file', 'x'], '2 argument --name/-n: expected one argument'],
  ])('%j', (args, message) => {
    expect(failureOf(...args)).toBe(message)
  })
})

describe('whatever is given', () => {
  const word = fc.string({ minLength: 1 }).filter((text) => !text.startsWith('-') && !text.startsWith('@'))

  test('a value is what stands behind its flag, in every form', () => {
    fc.assert(
      fc.property(word, fc.array(word, { maxLength: 4 }), (name, sets) => {
        const values = parse('--name', name, '--set', ...sets)
        expect(values.text('name')).toBe(name)
        expect(values.list('set')).toEqual(sets)
        expect(parse(`--name=${name}`).text('name')).toBe(name)
      }),
    )
  })

  test('parsing either gives values or a failure with code 2', () => {
    const token = fc.oneof(fc.constantFrom('-n', '--name', '--set', '-y', '--lines', '--', '-', '--public'), fc.string())
    fc.assert(
      fc.property(fc.array(token), (args) => {
        expect(failureOf(...args)).toMatch(/^(none$|2 )/)
      }),
    )
  })
})
