import { existsSync, readFileSync } from 'node:fs'
import { usage } from '../failure.ts'
import type { Option } from './option.ts'
import { Values, type Value } from './values.ts'

interface Found {
  readonly option: Option
  readonly flag: string
  /** What stood behind `=`, or was glued to a short flag. */
  readonly explicit: string | undefined
}

/**
 * Reads arguments by the rules of Python's argparse, which the original uses: `--flag value`, `--flag=value`, `-nvalue`, unique prefixes
 * of long flags, negative numbers and texts with blanks as values, `--` before words.
 * @throws a usage failure: unknown or ambiguous flags, missing values, missing required options, words where none belong
 */
export function parseArguments(args: readonly string[], known: readonly Option[], takesWords = false): Values {
  const given = new Map<string, Value>()
  const words: string[] = []
  const unknown: string[] = []
  let index = 0
  const isValue = (arg: string | undefined): arg is string => arg !== undefined && arg !== '--' && find(arg, known) === 'word'
  const takeValues = (most: number): string[] => {
    const taken: string[] = []
    for (let next = args[index]; taken.length < most && isValue(next); next = args[index]) {
      taken.push(next)
      index += 1
    }
    return taken
  }
  while (index < args.length) {
    const arg = args[index] ?? ''
    index += 1
    if (arg === '--') {
      words.push(...args.slice(index))
      break
    }
    const found = find(arg, known)
    if (found === 'word') words.push(arg)
    else if (found === 'unknown') unknown.push(arg, ...takeValues(Number.POSITIVE_INFINITY))
    else {
      const taken = takeValues(found.explicit === undefined ? mostValues(found.option) : 0)
      for (const flagged of spread(found, known)) store(given, flagged, taken)
    }
  }
  if (!takesWords) unknown.push(...words)
  if (!given.has('help')) check(known, given, unknown)
  return new Values(given, words.map(fromFile))
}

function check(known: readonly Option[], given: ReadonlyMap<string, Value>, unknown: readonly string[]): void {
  const missing = known.filter((option) => option.required && !given.has(option.name))
  if (missing.length > 0)
    throw usage(`the following arguments are required: ${missing.map((option) => option.flags.join('/')).join(', ')}`)
  if (unknown.length > 0) throw usage(`unrecognized arguments: ${unknown.join(' ')}`, suggestions(unknown, known))
}

function suggestions(unknown: readonly string[], known: readonly Option[]): string[] {
  const flags = known.flatMap((option) => option.flags).filter((flag) => flag.startsWith('--'))
  return unknown
    .filter((arg) => arg.startsWith('--'))
    .flatMap((arg) => {
      const name = arg.split('=')[0] ?? ''
      const near = flags.find((flag) => flag.startsWith(name.slice(0, 6)) || name.startsWith(flag))
      return near === undefined ? [] : [`Did you mean '${near}'?`]
    })
}

function mostValues(option: Option): number {
  if (option.takes === 'flag') return 0
  return option.takes === 'list' || option.takes === 'append' ? Number.POSITIVE_INFINITY : 1
}

/** `-yw`: a short flag without value, and further ones glued to it. */
function spread(found: Found, known: readonly Option[]): Found[] {
  const isGlued = found.option.takes === 'flag' && found.explicit !== undefined && !found.flag.startsWith('--')
  if (!isGlued) return [found]
  const next = find(`-${found.explicit}`, known)
  if (next === 'word' || next === 'unknown')
    throw usage(`argument ${found.option.flags.join('/')}: ignored explicit argument '${found.explicit}'`)
  return [{ ...found, explicit: undefined }, ...spread(next, known)]
}

function store(given: Map<string, Value>, { option, explicit }: Found, taken: readonly string[]): void {
  const label = `argument ${option.flags.join('/')}`
  const values = explicit === undefined ? taken : [explicit]
  switch (option.takes) {
    case 'flag':
      if (explicit !== undefined) throw usage(`${label}: ignored explicit argument '${explicit}'`)
      given.set(option.name, true)
      return
    case 'truth':
      given.set(option.name, values[0] === undefined ? true : truthOf(values[0], label))
      return
    case 'list':
      given.set(option.name, values.map(fromFile))
      return
    case 'append': {
      const before = given.get(option.name)
      given.set(option.name, [...(Array.isArray(before) ? before : []), ...values.map(fromFile)])
      return
    }
    case 'value': {
      const [value] = values
      if (value === undefined) throw usage(`${label}: expected one argument`)
      if (option.isNumber && !/^[+-]?\d+$/.test(value.trim())) throw usage(`${label}: invalid int value: '${value}'`)
      given.set(option.name, fromFile(value))
    }
  }
}

function truthOf(text: string, label: string): boolean {
  if (['true', 't', 'yes', 'y', '1'].includes(text.toLowerCase())) return true
  if (['false', 'f', 'no', 'n', '0'].includes(text.toLowerCase())) return false
  throw usage(`${label}: invalid choice: '${text}' (choose from 'true', 'false')`)
}

function find(arg: string, known: readonly Option[]): Found | 'word' | 'unknown' {
  if (!arg.startsWith('-') || arg === '-') return 'word'
  const exact = withFlag(arg, known)
  if (exact !== undefined) return { option: exact, flag: arg, explicit: undefined }
  const equals = arg.indexOf('=')
  const head = equals === -1 ? arg : arg.slice(0, equals)
  const tail = equals === -1 ? undefined : arg.slice(equals + 1)
  const before = tail === undefined ? undefined : withFlag(head, known)
  if (before !== undefined) return { option: before, flag: head, explicit: tail }
  const matches = arg.startsWith('--') ? byPrefix(head, tail, known) : glued(arg, known)
  const [only] = matches
  const several = new Set(matches.map((match) => match.option.name)).size > 1
  if (several) throw usage(`ambiguous option: ${head} could match ${matches.map((match) => match.flag).join(', ')}`)
  if (only !== undefined) return only
  return /^-(\d+|\d*\.\d+)$/.test(arg) || arg.includes(' ') ? 'word' : 'unknown'
}

const withFlag = (flag: string, known: readonly Option[]): Option | undefined =>
  known.find((option) => option.flags.includes(flag))

function byPrefix(head: string, tail: string | undefined, known: readonly Option[]): Found[] {
  return known.flatMap((option) =>
    option.flags.filter((flag) => flag.startsWith(head)).map((flag) => ({ option, flag, explicit: tail })),
  )
}

function glued(arg: string, known: readonly Option[]): Found[] {
  const option = withFlag(arg.slice(0, 2), known)
  const rest = arg.slice(2)
  return option === undefined ? [] : [{ option, flag: arg.slice(0, 2), explicit: rest.startsWith('=') ? rest.slice(1) : rest }]
}

/** `@path` stands for the content of a file, as in the original; other texts stay as they are. */
function fromFile(value: string): string {
  if (!value.startsWith('@') || value.length === 1 || !existsSync(value.slice(1))) return value
  return readFileSync(value.slice(1), 'utf8').replace(/[\r\n]+$/, '')
}
