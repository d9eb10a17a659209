export interface JsonToken {
  readonly kind: 'key' | 'string' | 'number' | 'word' | 'plain'
  readonly text: string
  readonly offset: number
}

/** Splits printed JSON into coloured parts; the parts joined are the input. */
export function tokenizeJson(json: string): readonly JsonToken[] {
  const tokens: JsonToken[] = []
  const pattern = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g
  let end = 0
  for (const match of json.matchAll(pattern)) {
    const text = match[1] ?? match[3] ?? match[4] ?? ''
    if (match.index > end) tokens.push({ kind: 'plain', text: json.slice(end, match.index), offset: end })
    const kind = match[1] ? (match[2] ? 'key' : 'string') : match[3] ? 'number' : 'word'
    tokens.push({ kind, text, offset: match.index })
    end = match.index + text.length
  }
  if (end < json.length) tokens.push({ kind: 'plain', text: json.slice(end), offset: end })
  return tokens
}

/** Prints a JSON value as YAML that reads back to the same value. Members that are undefined are left out. */
export function toYaml(value: unknown): string {
  return isNested(value) ? `${nested(value, 0)}\n` : `${scalar(value)}\n`
}

function nested(value: object, depth: number): string {
  const indent = '  '.repeat(depth)
  if (Array.isArray(value)) return value.map((item) => `${indent}- ${inList(item, depth)}`).join('\n')
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(
      ([name, member]) => `${indent}${plain(name)}:${isNested(member) ? `\n${nested(member, depth + 1)}` : ` ${scalar(member)}`}`,
    )
    .join('\n')
}

/** The first line of a nested item stands right after its dash. */
function inList(item: unknown, depth: number): string {
  return isNested(item) ? nested(item, depth + 1).trimStart() : scalar(item)
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}

function scalar(value: unknown): string {
  if (typeof value === 'string') return plain(value)
  if (Array.isArray(value)) return '[]'
  if (typeof value === 'object' && value !== null) return '{}'
  return String(value ?? null)
}

/** Quotes what YAML would read as something other than this text. */
function plain(text: string): string {
  const isSafe =
    /^[A-Za-z_/][\w ./@+-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text) && text.trim() === text
  return isSafe ? text : JSON.stringify(text)
}
