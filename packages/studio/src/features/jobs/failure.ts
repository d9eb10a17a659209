import { stripAnsi } from '../../ui/ansi.ts'
import { isErrorLine } from '../../ui/log-buffer.ts'

/** What a job or a step says of its failure. */
export interface JobFailure {
  readonly code?: string
  readonly message?: string
  readonly lastLogLines?: readonly string[]
}

/**
 * The line that most likely says why: what a Python traceback ends with, else the last line that looks like a failure.
 * @returns undefined when no line does, or when the message says it already
 */
export function likelyReason({ message, lastLogLines = [] }: JobFailure): string | undefined {
  const lines = lastLogLines.map((line) => stripAnsi(line).trimEnd())
  const traceback = lines.findLastIndex((line) => line.startsWith('Traceback (most recent call last)'))
  const raised = traceback < 0 ? undefined : lines.slice(traceback + 1).find((line) => /^[\w.]+(:|$)/.test(line))
  const reason = raised ?? lines.findLast((line) => isErrorLine(line))
  return reason && !message?.includes(reason) ? reason.trim() : undefined
}
