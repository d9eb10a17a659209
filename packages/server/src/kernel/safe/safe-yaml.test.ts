import { type AppError, isAppError } from '@fulcrum/contract'
import { describe, expect, it } from 'vitest'
import { parseYaml } from './safe-yaml.ts'

function refusal(text: string, options = {}): AppError {
  try {
    parseYaml(text, { file: 'job.yml', ...options })
  } catch (error) {
    if (isAppError(error)) return error
    throw error
  }
  throw new Error('the YAML was accepted')
}

const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
for (let level = 1; level < 9; level += 1) {
  const [name, before] = [String.fromCharCode(97 + level), String.fromCharCode(96 + level)]
  bomb.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`)
}

describe('parseYaml refuses with file, line and column (case 78)', () => {
  it.each([
    ['a broken document', 'a: 1\n  b: 2\n', 1],
    ['an alias bomb', bomb.join('\n'), undefined],
    ['more than 100 aliases', `a: &a 1\nb:\n${'- *a\n'.repeat(101)}`, 103],
    ['deep nesting', `a: 1\nb: ${'['.repeat(65)}${']'.repeat(65)}`, 2],
    ['very deep nesting', '['.repeat(20_000), undefined],
    ['very deep block nesting', Array.from({ length: 800 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'), undefined],
    ['a foreign tag', 'a: 1\nb: !!js/function "function () {}"', 2],
    ['a local tag', 'a: !custom x', 1],
    ['a binary tag', 'a: !!binary aGk=', 1],
    ['duplicate keys', 'a: 1\nb: 1\na: 2', 3],
    ['a merge from a list of lists', 'a: &a [1]\nb:\n  <<: [*a]', undefined],
    ['a merge from a text', 'a: 1\nb:\n  <<: text', 3],
    ['an alias that contains itself', 'a: &a\n  b: *a', 2],
    ['a merge of itself', 'a: &a\n  <<: *a', 2],
    ['an alias without an anchor', 'a: *nowhere', 1],
    ['not-a-number', 'a: 1\nb: .nan', 2],
    ['infinity', 'a: -.inf', 1],
    ['a number that overflows', 'a: 1e999', 1],
    ['a key that is a map', '? {a: 1}\n: 2', 1],
    ['a prototype key', 'a: 1\n__proto__: {admin: true}', 2],
    ['a second document', 'a: 1\n---\nb: 2', undefined],
  ])('%s', (_, text, line) => {
    const error = refusal(text)
    expect([error.code, error.status]).toEqual(['InvalidYaml', 400])
    expect(error.message).toMatch(line === undefined ? /^job\.yml:\d+:\d+ \S/ : new RegExp(`^job\\.yml:${line}:\\d+ \\S`))
    expect(error.message.startsWith(`${error.target} `)).toBe(true)
  })

  it('a document of 50 MB, with 413', () => {
    const error = refusal('a: 1\n'.repeat(10_000_000))
    expect([error.code, error.status]).toEqual(['PayloadTooLarge', 413])
    expect(refusal('aaaa', { maximumBytes: 3 }).code).toBe('PayloadTooLarge')
    expect(parseYaml('aaaa', { maximumBytes: 4 }).value).toBe('aaaa')
  })

  it('a merge bomb of maps without expanding it', () => {
    const lines = ['a: &a {k: 1}']
    for (let level = 1; level < 20; level += 1)
      lines.push(`b${level}: &b${level} {<<: [*${level === 1 ? 'a' : `b${level - 1}`}, *a]}`)
    lines.push(`z: [${Array.from({ length: 40 }, () => '*b19').join(', ')}]`)
    expect(refusal(lines.join('\n')).message).toContain('more than 100 aliases')
  })
})

describe('parseYaml accepts', () => {
  const value = (text: string): unknown => JSON.parse(JSON.stringify(parseYaml(text).value))

  it('the core schema', () => {
    expect(value('a: 1\nb: [true, null, ~, 1.5, 0x1f, text, "1"]\nc: {d: 2020-01-01, e: yes}')).toEqual({
      a: 1,
      b: [true, null, null, 1.5, 31, 'text', '1'],
      c: { d: '2020-01-01', e: 'yes' },
    })
    expect(value('')).toBeNull()
    expect(value('1: one\ntrue: yes')).toEqual({ '1': 'one', true: 'yes' })
  })

  it('aliases and merge keys, where own members win over merged ones and earlier maps over later ones', () => {
    const text = 'base: &base {image: a, size: 1}\nother: &other {size: 2, zone: 3}\njob: {<<: [*base, *other], image: b}'
    expect(value(text)).toMatchObject({ job: { image: 'b', size: 1, zone: 3 } })
  })

  it('a quoted << as an ordinary key', () => {
    expect(value('"<<": 1')).toEqual({ '<<': 1 })
  })

  it('nesting of 64 levels and 100 aliases', () => {
    expect(value('['.repeat(63) + ']'.repeat(63))).toBeInstanceOf(Array)
    expect(value(`a: &a 1\nb:\n${'- *a\n'.repeat(100)}`)).toMatchObject({ a: 1 })
  })

  it('keys such as constructor as data, in maps without a prototype', () => {
    const parsed = parseYaml('constructor: 1\ntoString: 2').value
    expect(Object.getPrototypeOf(parsed)).toBeNull()
    expect(Object.entries(parsed as object)).toEqual([
      ['constructor', 1],
      ['toString', 2],
    ])
  })
})

describe('positions', () => {
  const parsed = parseYaml('type: command\ninputs:\n  rows:\n    - first\n    - path: x\n', { file: 'job.yml' })

  it('are those of the key, or of the list item', () => {
    expect(parsed.positionOf(['inputs', 'rows'])).toEqual({ line: 3, column: 3 })
    expect(parsed.positionOf(['inputs', 'rows', 1, 'path'])).toEqual({ line: 5, column: 7 })
    expect(parsed.positionOf(['inputs', 'rows', 0])).toEqual({ line: 4, column: 7 })
  })

  it('fall back to the nearest parent', () => {
    expect(parsed.positionOf(['inputs', 'missing'])).toEqual({ line: 2, column: 1 })
    expect(parsed.messageAt(['inputs', 'missing'], "needs 'missing'")).toBe("job.yml:2:1 needs 'missing'")
    expect(parseYaml('').positionOf(['a'])).toEqual({ line: 1, column: 1 })
  })
})
