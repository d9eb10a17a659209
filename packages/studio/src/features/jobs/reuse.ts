/** Values of a reuse key in a cell: digests by their first digits, nothing as a dash. */
export function printField(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return isDigest(text) ? `${text.replace(/^sha256:/, '').slice(0, 12)}…` : text
}

/** Whether a value says only that the content is another one. */
export function isDigest(value: unknown): boolean {
  return typeof value === 'string' && /^(sha256:)?[0-9a-f]{40,64}$/.test(value)
}

/** The two ends of a long text. */
export function shorten(text: string, length = 60): string {
  if (text.length <= length) return text
  const end = Math.floor((length - 1) / 2)
  return `${text.slice(0, length - 1 - end)}…${text.slice(-end)}`
}
