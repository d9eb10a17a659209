/** A run of text with one look. Colours are the eight of the terminal, by name. */
export interface AnsiSegment {
  readonly text: string
  readonly color?: AnsiColor
  readonly isBold?: boolean
  readonly isDim?: boolean
}

export type AnsiColor = 'black' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | 'white'

const colors: readonly AnsiColor[] = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']

interface AnsiState {
  color?: AnsiColor
  isBold?: boolean
  isDim?: boolean
}

// CSI sequences, OSC sequences (titles, links) and single-character escapes.
// oxlint-disable-next-line no-control-regex
const escapePattern = /\u001B(?:\[([\d;:]*)([@-~])|\][^\u0007\u001B]*(?:\u0007|\u001B\\)|[@-Z\\^_])/g

/**
 * Splits one log line into segments. Colours and weights are kept, every other control sequence is dropped; a
 * carriage return starts the line over, as progress bars mean it.
 */
export function parseAnsi(line: string): readonly AnsiSegment[] {
  const text = afterLastReturn(line)
  const segments: AnsiSegment[] = []
  let state: AnsiState = {}
  let end = 0
  const add = (part: string) => {
    if (part) segments.push({ text: part, ...state })
  }
  for (const match of text.matchAll(escapePattern)) {
    add(text.slice(end, match.index))
    end = match.index + match[0].length
    if (match[2] === 'm') state = applyCodes(state, match[1] ?? '')
  }
  add(text.slice(end))
  return segments
}

/** The line as plain text, for search, copy and download. */
export function stripAnsi(line: string): string {
  return afterLastReturn(line).replaceAll(escapePattern, '')
}

function afterLastReturn(line: string): string {
  const trimmed = line.endsWith('\r') ? line.slice(0, -1) : line
  return trimmed.slice(trimmed.lastIndexOf('\r') + 1)
}

function applyCodes(state: AnsiState, codes: string): AnsiState {
  let next = { ...state }
  const numbers = codes.split(/[;:]/).map(Number)
  for (let position = 0; position < numbers.length; position += 1) {
    const code = numbers[position] ?? 0
    // 38;5;n and 38;2;r;g;b: palettes beyond the eight are skipped, they are unreadable on one of the themes.
    if (code === 38 || code === 48) position += numbers[position + 1] === 2 ? 4 : 2
    else next = applyCode(next, code)
  }
  return next
}

function applyCode(state: AnsiState, code: number): AnsiState {
  const { color, ...withoutColor } = state
  if (code === 0) return {}
  if (code === 1) return { ...state, isBold: true }
  if (code === 2) return { ...state, isDim: true }
  if (code === 22) return color ? { color } : {}
  if (code === 39) return withoutColor
  const named = colors[code >= 90 ? code - 90 : code - 30]
  return named && ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) ? { ...state, color: named } : state
}
