import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAnsi, stripAnsi } from './ansi.ts'
import { formatBytes, formatDuration, formatNumber, formatRelative } from './format.ts'
import { createLogBuffer, findFirstError, findMatches } from './log-buffer.ts'
import { tokenizeJson, toYaml } from './source-text.ts'
import { describeStatus, jobStatuses } from './status.ts'
import { moveActive, nextSort, parseSort, printSort } from './table-keys.ts'

describe('ansi', () => {
  it('keeps colours and weights and drops other sequences', () => {
    expect(parseAnsi('\u001B[1;31mbad\u001B[0m \u001B[2Kok\u001B[38;5;200mx')).toEqual([
      { text: 'bad', color: 'red', isBold: true },
      { text: ' ' },
      { text: 'ok' },
      { text: 'x' },
    ])
    expect(parseAnsi('\u001B[92mnew\u001B[39mold')).toEqual([{ text: 'new', color: 'green' }, { text: 'old' }])
  })

  it('shows a progress bar as it ends', () => {
    expect(stripAnsi('10%\r50%\r100%\r')).toBe('100%')
  })

  it('has the same text with and without colours', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', '\u001B[31m', '\u001B[0m', '\u001B[', 'm', '\r', '\u001B]0;t\u0007', '1;2')),
        (parts) => {
          const line = parts.join('')
          expect(
            parseAnsi(line)
              .map(({ text }) => text)
              .join(''),
          ).toBe(stripAnsi(line))
        },
      ),
    )
  })
})

describe('log buffer', () => {
  it('gives the same lines however the text is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'bc', '\n', 'd\ne')), (chunks) => {
        const pieces = createLogBuffer()
        for (const chunk of chunks) pieces.append(chunk)
        expect(pieces.read()).toEqual(createLogBuffer(chunks.join('')).read())
      }),
    )
  })

  it('keeps its snapshot until something changes, and tells when', () => {
    const buffer = createLogBuffer('a')
    let changes = 0
    const leave = buffer.subscribe(() => (changes += 1))
    expect(buffer.read()).toBe(buffer.read())
    buffer.append('b\nc')
    expect(buffer.read()).toEqual(['ab', 'c'])
    leave()
    buffer.clear()
    expect(buffer.read()).toEqual([])
    expect(changes).toBe(1)
  })

  it('finds the first failure, and matches through colours', () => {
    const lines = ['0 errors so far', 'ok', '\u001B[31mValueError: bad\u001B[0m', 'error again']
    expect(findFirstError(lines)).toBe(2)
    expect(findMatches(lines, 'ERROR')).toEqual([0, 2, 3])
    expect(findMatches(lines, '')).toEqual([])
  })
})

describe('formats', () => {
  it('writes times, sizes and numbers with units', () => {
    expect([500, 4200, 9_970, 59_000, 187_000, 7_500_000, 273_600_000].map(formatDuration)).toEqual([
      '500 ms',
      '4.2 s',
      '10 s',
      '59 s',
      '3 min 07 s',
      '2 h 05 min',
      '3 d 4 h',
    ])
    expect([0, 1, 1023, 1500, 3_482_112_000].map(formatBytes)).toEqual(['0 B', '1 B', '1023 B', '1.46 KiB', '3.24 GiB'])
    expect([0.87314, 12_040, 1.2e-7, 3_400_000, 0, Number.NaN].map(formatNumber)).toEqual([
      '0.8731',
      '12,040',
      '1.20e-7',
      '3.4M',
      '0',
      'NaN',
    ])
    expect(formatRelative(0, 240_000)).toBe('4 min ago')
    expect(formatRelative(7_200_000, 0)).toBe('in 2 h')
  })
})

describe('statuses', () => {
  it('knows every job status of Azure, without case, and shows unknown words as they are', () => {
    for (const status of jobStatuses) expect(describeStatus(status.toUpperCase())).toEqual(describeStatus(status))
    expect(describeStatus('NotResponding')).toMatchObject({ word: 'Not responding', tone: 'warn', isLive: false })
    expect(describeStatus('Running').isLive).toBe(true)
    expect(describeStatus('BrandNew').word).toBe('Brand new')
  })

  it('never tells two tones apart by colour alone', () => {
    const shapes = new Map<string, Set<string>>()
    for (const status of [...jobStatuses, 'Succeeded', 'Skipped', 'Reused', 'Approved', 'Rejected']) {
      const { tone, shape } = describeStatus(status)
      shapes.set(shape, (shapes.get(shape) ?? new Set()).add(tone))
    }
    for (const tones of shapes.values()) expect(tones.size).toBe(1)
  })
})

describe('source text', () => {
  it('loses nothing of the JSON it colours', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.stringify(value, undefined, 2)
        expect(
          tokenizeJson(json)
            .map(({ text }) => text)
            .join(''),
        ).toBe(json)
      }),
    )
    expect(tokenizeJson('{"a":-1e3}').map(({ kind }) => kind)).toEqual(['plain', 'key', 'plain', 'number', 'plain'])
  })

  it('prints YAML with quotes where they are needed', () => {
    expect(toYaml({ a: 'yes', b: ['x', { c: 1, d: [] }], e: {}, f: null, 'g:h': 'a: b' })).toBe(
      'a: "yes"\nb:\n  - x\n  - c: 1\n    d: []\ne: {}\nf: null\n"g:h": "a: b"\n',
    )
  })
})

describe('table keys', () => {
  it('moves within the rows', () => {
    expect(moveActive('j', -1, 3)).toBe(0)
    expect(moveActive('j', 2, 3)).toBe(2)
    expect(moveActive('k', 0, 3)).toBe(0)
    expect(moveActive('End', 0, 3)).toBe(2)
    expect(moveActive('j', -1, 0)).toBeUndefined()
    expect(moveActive('q', 0, 3)).toBeUndefined()
  })

  it('sorts up, then down, and keeps the sort in the URL', () => {
    const up = nextSort(undefined, 'name')
    expect(nextSort(up, 'name').isDescending).toBe(true)
    expect(parseSort(printSort(up))).toEqual(up)
    expect(parseSort('name')).toBeUndefined()
  })
})
