import { useMutation } from '@tanstack/react-query'
import { ShieldCheck } from 'lucide-react'
import { api } from '../../../api.ts'
import { Failure } from '../../../app/PageFailure.tsx'
import { useSession } from '../../../app/queries.ts'
import { Button } from '../../../ui/Button.tsx'
import { Stack } from '../../../ui/Card.tsx'
import { Notice } from '../../../ui/Feedback.tsx'
import { formatNumber } from '../../../ui/format.ts'

/** What the server found when it walked the chain. */
interface ChainReport {
  readonly intact: boolean
  /** Events that fit. */
  readonly verified: number
  /** The first event that does not. */
  readonly brokenSequence?: number
  readonly reason?: string
}

/** Lets the server walk the audit chain and says what it found. */
export function Verify() {
  const { subscriptionId } = useSession()
  const verify = useMutation({
    mutationFn: () => api.post<ChainReport>(`/subscriptions/${subscriptionId}/providers/Fulcrum.Audit/verify`),
  })
  return (
    <Stack gap={2}>
      <Stack row gap={2}>
        <Button icon={<ShieldCheck />} isBusy={verify.isPending} onClick={() => verify.mutate()}>
          Verify the audit chain
        </Button>
      </Stack>
      {verify.error && <Failure error={verify.error} />}
      {verify.data && (
        <Notice tone={verify.data.intact ? 'ok' : 'bad'}>
          {verify.data.intact
            ? `The chain is whole: ${formatNumber(verify.data.verified)} events, each with the hash of the one before it.`
            : `The chain is broken at event ${verify.data.brokenSequence ?? 'unknown'}. ${verify.data.reason ?? ''}`}
        </Notice>
      )}
    </Stack>
  )
}
