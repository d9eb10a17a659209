import { useQuery } from '@tanstack/react-query'
import { Panel } from '../../../app/Panel.tsx'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameRead, workspaceOptions } from '../../../app/same-by.ts'
import { useSearchState } from '../../../app/search-state.ts'
import { useWorkspace } from '../../../app/workspace.tsx'
import { Button } from '../../../ui/Button.tsx'
import { PageBody, PageHeader } from '../../../ui/Page.tsx'
import { ComputeKinds } from '../parts/ComputeKinds.tsx'
import { ComputeBars, HostBars } from '../parts/QueueBars.tsx'
import { RunningTable, WaitingTable } from '../parts/QueueTables.tsx'
import { queueQuery } from '../queries.ts'

/** What runs, what waits and why; of one compute when the URL names one. */
export function QueuePage() {
  const workspace = useWorkspace()
  const [search, setSearch] = useSearchState()
  const compute = search['compute'] || undefined
  const query = useQuery(queueQuery(workspace.id, compute))
  const path = `${workspace.path}/compute/queue`
  const filter = compute ? `?compute=${encodeURIComponent(compute)}` : ''
  return (
    <PageBody>
      <PageHeader
        title={compute ? `Queue of ${compute}` : 'Queue'}
        crumbs={[{ label: 'Compute', href: `${workspace.path}/compute` }]}
        actions={compute && <Button onClick={() => setSearch({ compute: undefined })}>Show all computes</Button>}
      >
        <ComputeKinds workspacePath={workspace.path} active="queue" />
      </PageHeader>
      <Panel query={workspace.error ? { ...query, error: workspace.error } : query} height={300}>
        {(queue) => (
          <>
            <HostBars queue={queue} />
            <ComputeBars queue={queue} hrefOf={(name) => `${path}?compute=${encodeURIComponent(name)}`} />
            <WaitingTable queue={queue} workspacePath={workspace.path} />
            <RunningTable queue={queue} workspacePath={workspace.path} />
          </>
        )}
      </Panel>
      <SameByCard
        {...sameRead(
          `fulcrum queue${compute ? ` --compute ${compute}` : ''} ${workspaceOptions(workspace)}`,
          workspace.id && `${workspace.id}/queue${filter}`,
        )}
      />
    </PageBody>
  )
}
