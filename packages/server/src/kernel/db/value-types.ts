import { types, type CustomTypesConfig } from 'pg'

const int8 = 20
const int8Array = 1016
const date = 1082

/**
 * How PostgreSQL values become JavaScript values: bigint → number (a `bigint` beyond 2^53 - 1, so that nothing is rounded silently),
 * date → `YYYY-MM-DD` text (a `Date` would shift it by the host's time zone), timestamptz → Date, json and jsonb → objects, numeric → text.
 */
export const valueTypes: CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format !== 'binary') {
      if (oid === int8) return parseInt8
      if (oid === int8Array) return parseInt8Array
      if (oid === date) return (text: string) => text
    }
    return types.getTypeParser(oid, format === 'binary' ? 'binary' : 'text')
  },
}

/** A bigint as a number where that is exact. */
export function parseInt8(text: string): number | bigint {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : BigInt(text)
}

function parseInt8Array(text: string): unknown {
  const parsed: unknown = parseTextArray(text)
  const convert = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(convert)
    return typeof item === 'string' ? parseInt8(item) : item
  }
  return convert(parsed)
}

function parseTextArray(text: string): unknown {
  const parser: (value: string) => unknown = valueTypesOfPg(int8Array)
  return parser(text)
}

/** The typings of `pg` list scalar types only; its table of parsers has the array types too. */
function valueTypesOfPg(oid: number): (value: string) => unknown {
  return types.getTypeParser(oid as typeof types.builtins.INT8)
}
