import { invalid } from '@fulcrum/contract'

const ranges = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const

const names: readonly (readonly string[])[] = [
  [],
  [],
  [],
  ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
]

/** The five fields of a cron expression as sets of allowed values; `undefined` = any. */
export function parseCron(expression: string): (ReadonlySet<number> | undefined)[] {
  const fields = expression.trim().split(/\s+/)
  if (fields.length !== 5)
    throw invalid(`trigger.expression '${expression}' must have five fields: minute hour day-of-month month day-of-week.`, {
      target: 'trigger.expression',
    })
  return fields.map((field, index) => parseCronField(field, index, expression))
}

function parseCronField(field: string, index: number, expression: string): ReadonlySet<number> | undefined {
  if (field === '*' || field === '?') return undefined
  const values = new Set<number>()
  for (const part of field.split(',')) {
    const found = parseCronPart(part, index)
    if (found === undefined) {
      const [low, high] = ranges[index] ?? []
      throw invalid(`trigger.expression '${expression}': '${field}' is no valid field ${index + 1} (${low}–${high}).`, {
        target: 'trigger.expression',
      })
    }
    for (const value of found) values.add(index === 4 && value === 7 ? 0 : value)
  }
  return values
}

/** `5`, `mon-fri`, `*` with a step, `10-30/5` → its values; `undefined` when it is none. */
function parseCronPart(part: string, index: number): number[] | undefined {
  const [low = 0, high = 0] = ranges[index] ?? []
  const [range = '', stepText] = part.split('/')
  const step = stepText === undefined ? 1 : Number(stepText)
  const [first = '', last] = range.split('-')
  const from = range === '*' ? low : cronNumber(first, index)
  const open = stepText === undefined ? from : high
  const to = range === '*' ? high : last === undefined ? open : cronNumber(last, index)
  if (!Number.isInteger(step) || step < 1 || from === undefined || to === undefined || to < from) return undefined
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, count) => from + count * step)
}

function cronNumber(text: string, index: number): number | undefined {
  const [low = 0, high = 0] = ranges[index] ?? []
  const named = text === '' ? -1 : (names[index]?.indexOf(text.toLowerCase()) ?? -1)
  const value = named >= 0 ? named : Number(text)
  return text === '' || !Number.isInteger(value) || value < low || value > high ? undefined : value
}
