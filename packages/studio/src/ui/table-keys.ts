export interface Sort {
  readonly column: string
  readonly isDescending: boolean
}

/** First click on a column sorts upwards, the second downwards. */
export function nextSort(sort: Sort | undefined, column: string): Sort {
  return { column, isDescending: sort?.column === column ? !sort.isDescending : false }
}

/** @returns the row a key leads to, or undefined when the key moves nothing */
export function moveActive(key: string, active: number, count: number): number | undefined {
  if (count === 0) return undefined
  const clamp = (row: number) => Math.min(count - 1, Math.max(0, row))
  switch (key) {
    case 'j':
    case 'ArrowDown':
      return clamp(active + 1)
    case 'k':
    case 'ArrowUp':
      return clamp(active - 1)
    case 'Home':
      return 0
    case 'End':
      return count - 1
    case 'PageDown':
      return clamp(active + 20)
    case 'PageUp':
      return clamp(active - 20)
    default:
      return undefined
  }
}

/** "status:desc" in the URL. */
export function parseSort(text: string | undefined): Sort | undefined {
  const match = /^([\w.-]+):(asc|desc)$/.exec(text ?? '')
  return match?.[1] ? { column: match[1], isDescending: match[2] === 'desc' } : undefined
}

export function printSort(sort: Sort): string {
  return `${sort.column}:${sort.isDescending ? 'desc' : 'asc'}`
}
