import { stripAnsi } from './ansi.ts'

/**
 * The lines of one log, fed in chunks as they arrive: a chunk may end in the middle of a line. Reading is by
 * snapshot, as React's external stores want it.
 */
export interface LogBuffer {
  append(chunk: string): void
  /** Forgets everything; for a log that is read again from another place. */
  clear(): void
  /** The last line may still grow. The array changes identity with each change. */
  read(): readonly string[]
  subscribe(listener: () => void): () => void
}

/** @param initialText text that is there from the start */
export function createLogBuffer(initialText = ''): LogBuffer {
  let lines: readonly string[] = []
  let rest = ''
  let snapshot: readonly string[] | undefined
  const listeners = new Set<() => void>()
  const change = () => {
    snapshot = undefined
    for (const listener of listeners) listener()
  }
  const buffer: LogBuffer = {
    append(chunk) {
      if (!chunk) return
      const parts = (rest + chunk).split('\n')
      rest = parts.pop() ?? ''
      lines = parts.length > 0 ? lines.concat(parts) : lines
      change()
    },
    clear() {
      lines = []
      rest = ''
      change()
    },
    read() {
      snapshot ??= rest ? [...lines, rest] : lines
      return snapshot
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  buffer.append(initialText)
  return buffer
}

const errorPattern = /\b(error|exception|traceback|fatal|critical|panic|segmentation fault)\b|^\w*(Error|Exception):/i
const denialPattern = /\b(0|no) errors?\b|errors?[=:]\s*0\b/i

/** Whether a line looks like the report of a failure. */
export function isErrorLine(line: string): boolean {
  return errorPattern.test(line) && !denialPattern.test(line)
}

/** @returns the index of the first line that reports a failure, or -1 */
export function findFirstError(lines: readonly string[]): number {
  return lines.findIndex((line) => isErrorLine(stripAnsi(line)))
}

/** @returns indices of the lines that hold `query`, without regard to case; none for an empty query */
export function findMatches(lines: readonly string[], query: string): readonly number[] {
  if (!query) return []
  const wanted = query.toLowerCase()
  return lines.flatMap((line, index) => (stripAnsi(line).toLowerCase().includes(wanted) ? [index] : []))
}
