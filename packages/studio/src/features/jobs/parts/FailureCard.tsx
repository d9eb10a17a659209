import { Stack } from '../../../ui/Card.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { ErrorPanel } from '../../../ui/Feedback.tsx'
import { likelyReason, type JobFailure } from '../failure.ts'

interface FailureCardProps {
  readonly title: string
  readonly failure: JobFailure
  /** How many of the last lines are shown. */
  readonly lines: number
}

/** Why it failed, as far as it can be told: the likely reason, what the platform saw, and the last lines. */
export function FailureCard({ title, failure, lines }: FailureCardProps) {
  const reason = likelyReason(failure)
  const message = failure.message ?? 'No reason was recorded.'
  const last = (failure.lastLogLines ?? []).slice(-lines)
  return (
    <Stack gap={2}>
      <ErrorPanel
        title={reason ?? title}
        error={{ message: reason ? `${title}: ${message}` : message, ...(failure.code && { code: failure.code }) }}
      />
      {last.length > 0 && <CodeBlock code={last.join('\n')} label="Last lines of the log" />}
    </Stack>
  )
}
