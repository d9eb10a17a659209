/** One range of bytes. */
export interface WantedRange {
  readonly start: number
  readonly endExclusive: number
}

/**
 * The range that a header asks for (RFC 9110 §14). `undefined`: none, or a form that may be ignored. Pure.
 * @returns `unsatisfiable` answers 416
 */
export function rangeOf(header: string | undefined, sizeBytes: number): WantedRange | 'unsatisfiable' | undefined {
  const match = header === undefined ? null : /^bytes=(\d*)-(\d*)$/.exec(header.trim())
  if (match === null || (match[1] === '' && match[2] === '')) return undefined
  const [, first = '', last = ''] = match
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const endExclusive = first === '' || last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes)
  return start >= sizeBytes || start >= endExclusive ? 'unsatisfiable' : { start, endExclusive }
}
