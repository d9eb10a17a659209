import { stripAnsi } from '../../ui/ansi.ts'
import { isErrorLine } from '../../ui/log-buffer.ts'

/** What a job or a step says of its failure. */
export interface JobFailure {
  readonly code?: string
  readonly message?: string
  /** The server's sentence about it, where it has one. */
  readonly likelyReason?: string
  readonly lastLogLines?: readonly string[]
}

/**
 * Why it most likely failed: what the server says of it, else the line that says it: what a Python traceback ends with, else the last line that looks like a failure.
 * @returns undefined when no line does, or when the message says it already
 */
export function likelyReason({ message, likelyReason: said, lastLogLines = [] }: JobFailure): string | undefined {
  if (said !== undefined) return said
  const lines = lastLogLines.map((line) => stripAnsi(line).trimEnd())
  const traceback = lines.findLastIndex((line) => line.startsWith('Traceback (most recent call last)'))
  const raised = traceback < 0 ? undefined : lines.slice(traceback + 1).find((line) => /^[\w.]+(:|$)/.test(line))
  const reason = raised ?? lines.findLast((line) => isErrorLine(line))
  return reason && !message?.includes(reason) ? reason.trim() : undefined
}
