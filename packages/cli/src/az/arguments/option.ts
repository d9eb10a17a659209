/** How many values an option takes: one, none, none or a truth value, any number (the last wins), any number (all are kept). */
export type Takes = 'value' | 'flag' | 'truth' | 'list' | 'append'

export interface Option {
  /** As handlers ask for it: the long flag without dashes, e.g. `resource-group`. */
  readonly name: string
  /** Flags as they are written, e.g. `--name`, `-n`. */
  readonly flags: readonly string[]
  readonly takes: Takes
  readonly required: boolean
  readonly isNumber: boolean
}

const suffixes: Readonly<Record<string, Partial<Option>>> = {
  '!': { required: true },
  '?': { takes: 'flag' },
  '~': { takes: 'truth' },
  '+': { takes: 'list' },
  '*': { takes: 'append' },
  '#': { isNumber: true },
}

/**
 * Options from their short notation: `--name/-n!` required, `--web/-e?` a flag, `--public~` a flag that may have a truth value,
 * `--tags+` several values, `--set*` several values each time, `--lines/-l#` a whole number.
 */
export function options(notation: string): Option[] {
  return notation
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(optionOf)
}

function optionOf(word: string): Option {
  let text = word
  let option: Option = { name: '', flags: [], takes: 'value', required: false, isNumber: false }
  for (let suffix = suffixes[text.at(-1) ?? '']; suffix !== undefined; suffix = suffixes[text.at(-1) ?? '']) {
    option = { ...option, ...suffix }
    text = text.slice(0, -1)
  }
  const flags = text.split('/')
  return { ...option, flags, name: (flags[0] ?? '').replace(/^-+/, '') }
}

/** Flags that every command takes. */
export const globalOptions = options('--output/-o --query --subscription --debug? --verbose? --only-show-errors? --help/-h?')
