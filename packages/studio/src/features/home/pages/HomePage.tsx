import { Layers3 } from 'lucide-react'
import { Failure } from '../../../app/PageFailure.tsx'
import { useSession, useWorkspaces } from '../../../app/queries.ts'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameRead } from '../../../app/same-by.ts'
import { Card, CardGrid } from '../../../ui/Card.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState, Skeleton } from '../../../ui/Feedback.tsx'
import { PageBody, PageHeader } from '../../../ui/Page.tsx'
import { InstanceMap } from '../parts/InstanceMap.tsx'
import { RecentJobs } from '../parts/RecentJobs.tsx'
import { WaitsForMe } from '../parts/WaitsForMe.tsx'
import { WatchedMonitors } from '../parts/WatchedMonitors.tsx'

/** What needs me, what runs, what went wrong, and the instance at a glance. */
export function HomePage() {
  const me = useSession()
  const { workspaces, error, retry } = useWorkspaces()
  return (
    <PageBody>
      <PageHeader title="Home" facts={<span>Signed in as {me.displayName ?? me.name}</span>} />
      {error && !workspaces && <Failure error={error} onRetry={retry} />}
      {!workspaces && !error && <Skeleton height={180} />}
      {workspaces?.length === 0 && <NoWorkspaces />}
      {workspaces && workspaces.length > 0 && (
        <>
          <InstanceMap workspaces={workspaces} />
          <CardGrid minWidth={420}>
            <WaitsForMe />
            <WatchedMonitors workspaces={workspaces} />
          </CardGrid>
          <RecentJobs workspaces={workspaces} />
        </>
      )}
      <SameByCard
        {...sameRead('fulcrum release inbox', `/subscriptions/${me.subscriptionId}/providers/Fulcrum.Delivery/inbox`)}
      />
    </PageBody>
  )
}

function NoWorkspaces() {
  return (
    <Card>
      <EmptyState
        icon={<Layers3 />}
        title="There is no workspace you may read"
        teach={
          <CodeBlock
            code={
              'fulcrum tour                          # the guided tour, on real data\nfulcrum instance apply instance.yml   # or your own instance'
            }
            label="Create an instance"
          />
        }
      >
        A workspace holds the jobs, data, models and endpoints of one stage: dev, test or prod. An instance file describes all of
        them.
      </EmptyState>
    </Card>
  )
}
