import { storageError } from './storage-error.ts'

/** Conditions over blob index tags: `"project" = 'flights' AND "year" >= '2013'`; pure. */
export interface TagTerm {
  readonly key: string
  readonly operator: '=' | '<>' | '>' | '>=' | '<' | '<='
  readonly value: string
}

/** Terms joined by AND, the groups joined by OR. */
export type TagExpression = readonly (readonly TagTerm[])[]

const token = /\s*(?:(and|or)\b|(<>|>=|<=|=|<|>)|"((?:[^"]|"")*)"|'((?:[^']|'')*)'|(@container|[A-Za-z_][A-Za-z0-9_]*))/iy
const most = 10

/** @throws InvalidHeaderValue naming where the text stops making sense */
export function parseTagExpression(text: string, target: string): TagExpression {
  const groups: TagTerm[][] = [[]]
  let position = 0
  const next = (): RegExpExecArray => {
    token.lastIndex = position
    const match = token.exec(text)
    if (match === null) throw wrong(text, position, target)
    position = token.lastIndex
    return match
  }
  for (let terms = 0; ; terms += 1) {
    if (terms === most) throw wrong(text, position, target)
    const key = next()
    const operator = next()
    const value = next()
    const name = key[3] ?? key[5]
    if (name === undefined || operator[2] === undefined || value[4] === undefined) throw wrong(text, position, target)
    groups.at(-1)?.push({
      key: name.replaceAll('""', '"'),
      operator: operator[2] as TagTerm['operator'],
      value: value[4].replaceAll("''", "'"),
    })
    if (text.slice(position).trim() === '') return groups
    const joint = next()[1]?.toLowerCase()
    if (joint === 'or') groups.push([])
    else if (joint !== 'and') throw wrong(text, position, target)
  }
}

function wrong(text: string, position: number, target: string) {
  return storageError(
    400,
    target === 'where' ? 'InvalidQueryParameterValue' : 'InvalidHeaderValue',
    `The condition on tags cannot be read at character ${position + 1} of '${text.slice(0, 200)}'. Write "key" = 'value', joined by AND or OR; at most ${most} terms.`,
    target,
  )
}

export function tagsMatch(expression: TagExpression, tags: Readonly<Record<string, string>>): boolean {
  return expression.some((terms) => terms.every((term) => holds(term, tags[term.key])))
}

function holds({ operator, value }: TagTerm, actual: string | undefined): boolean {
  if (actual === undefined) return operator === '<>'
  switch (operator) {
    case '=':
      return actual === value
    case '<>':
      return actual !== value
    case '>':
      return actual > value
    case '>=':
      return actual >= value
    case '<':
      return actual < value
    case '<=':
      return actual <= value
  }
}

const tagText = /^[A-Za-z0-9 +\-./:=_]*$/

/** Refuses tags that Azure would: at most 10, keys 1 to 128 characters, values to 256, of its alphabet. */
export function requireTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(tags)
  const fits = entries.every(
    ([key, value]) => key.length >= 1 && key.length <= 128 && value.length <= 256 && tagText.test(key) && tagText.test(value),
  )
  if (!fits || entries.length > most)
    throw storageError(
      400,
      'InvalidTag',
      'A blob has at most 10 tags; keys have 1 to 128 and values up to 256 letters, digits, blanks and + - . / : = _.',
      'tags',
    )
  return tags
}
