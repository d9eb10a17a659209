import { useState } from 'react'
import { useInbox } from '../../../app/inbox.ts'
import { useSession } from '../../../app/queries.ts'
import { Button } from '../../../ui/Button.tsx'
import { Card, Stack } from '../../../ui/Card.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Badge, StatusDot } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import { Timeline } from '../../../ui/Timeline.tsx'
import { reasonAgainstApproving, reasonAgainstDeciding, statusOfVerdict, type GateView, type Release } from '../release.ts'
import { DecideDialog, type Verdict } from './DecideDialog.tsx'

const marks = { Waiting: 'NotStarted', Open: 'AwaitingApproval', Approved: 'Approved', Rejected: 'Rejected' } as const

/** The gates of a release in their order: who decided what, on which evidence, and what one may do now. */
export function GateTimeline({ release, gates }: { release: Release; gates: readonly GateView[] }) {
  if (gates.length === 0) {
    return (
      <Card>
        <EmptyState
          title="This instance has no gates"
          teach={
            <CodeBlock code={'gates:\n  gate-1: {from: dev, to: test, approvers: project-leads}'} label="Gates in instance.yml" />
          }
        >
          Gates stand between environments; describe them in the instance file.
        </EmptyState>
      </Card>
    )
  }
  return (
    <Card title="Gates">
      <Timeline
        label="Gates"
        entries={gates.map((view) => ({
          id: view.gate.name,
          status: marks[view.state],
          title: `${view.gate.properties.order}. ${view.gate.properties.displayName} – into ${view.gate.properties.environment}`,
          note: <StatusDot status={marks[view.state]} />,
          children: <GateEntry view={view} release={release} />,
        }))}
      />
    </Card>
  )
}

function GateEntry({ view, release }: { view: GateView; release: Release }) {
  return (
    <Stack gap={2}>
      <Stack row gap={2}>
        {view.evidence.map(({ id, properties }) => (
          <Badge key={id} tone={properties.verdict === 'pass' ? 'ok' : properties.verdict === 'warn' ? 'warn' : 'bad'}>
            {properties.kind}: {statusOfVerdict(properties.verdict).toLowerCase()}
          </Badge>
        ))}
        {view.missing.map((kind) => (
          <Badge key={kind}>{kind}: not there yet</Badge>
        ))}
      </Stack>
      {view.decisions.map((decision) => (
        <p key={decision.principalId + decision.time}>
          <strong>{decision.name}</strong> {decision.verdict === 'approve' ? 'approved' : 'rejected'}{' '}
          <RelativeTime time={decision.time} />
          {decision.comment && `: “${decision.comment}”`}
        </p>
      ))}
      {(view.state === 'Open' || view.state === 'Waiting') && <DecideButtons view={view} release={release} />}
    </Stack>
  )
}

function DecideButtons({ view, release }: { view: GateView; release: Release }) {
  const me = useSession()
  const inbox = useInbox()
  const [verdict, setVerdict] = useState<Verdict>()
  const entry = inbox.data?.find(
    ({ releaseId, gate }) => releaseId.toLowerCase() === release.id.toLowerCase() && gate === view.gate.name,
  )
  const against = reasonAgainstDeciding(view, release, me, entry?.mayDecide === false ? entry.reason : undefined)
  const againstApproving = against ?? reasonAgainstApproving(view)
  return (
    <>
      <Stack row gap={2}>
        <Button look="primary" disabledReason={againstApproving} onClick={() => setVerdict('approve')}>
          Approve
        </Button>
        <Button look="danger" disabledReason={against} onClick={() => setVerdict('reject')}>
          Reject
        </Button>
        {againstApproving && <span>{againstApproving}</span>}
      </Stack>
      <DecideDialog release={release} view={view} verdict={verdict} onClose={() => setVerdict(undefined)} />
    </>
  )
}
