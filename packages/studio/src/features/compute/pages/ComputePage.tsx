import { useQuery } from '@tanstack/react-query'
import { Cpu } from 'lucide-react'
import type { ArmResource } from '../../../api.ts'
import { Panel } from '../../../app/Panel.tsx'
import { ListPage } from '../../../app/ListPage.tsx'
import { useArmList } from '../../../app/queries.ts'
import { sameRead, workspaceOptions } from '../../../app/same-by.ts'
import { useSearchState } from '../../../app/search-state.ts'
import { useWorkspace } from '../../../app/workspace.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { Badge, StatusDot } from '../../../ui/Status.tsx'
import type { Column } from '../../../ui/Table.tsx'
import { Capabilities } from '../parts/Capabilities.tsx'
import { ComputeKinds } from '../parts/ComputeKinds.tsx'
import { HostBars } from '../parts/QueueBars.tsx'
import { queueQuery } from '../queries.ts'

type Compute = ArmResource<{
  readonly computeType: string
  readonly description?: string | null
  readonly provisioningState?: string
  readonly provisioningErrors?: readonly { readonly error?: { readonly message?: string } }[]
  readonly properties?: { readonly scaleSettings?: { readonly maxNodeCount?: number | null } | null } | null
}>

/** Computes of a workspace, the queue before them, and what the host of one can do. */
export function ComputePage() {
  const workspace = useWorkspace()
  const path = workspace.id && `${workspace.id}/computes`
  const list = useArmList<Compute>(path)
  const queue = useQuery(queueQuery(workspace.id))
  const [search] = useSearchState()
  const href = (row: Compute) => `${workspace.path}/compute?compute=${encodeURIComponent(row.name)}`
  const chosen = search['compute'] ?? list.rows?.[0]?.name
  return (
    <ListPage
      title="Compute"
      list={list}
      scopeError={workspace.error}
      columns={columnsFor(href)}
      rowHref={href}
      searchText={(row) => row.name}
      empty={
        <EmptyState
          icon={<Cpu />}
          title="No compute is described yet"
          teach={
            <CodeBlock
              code={`cat > compute.yml <<'YAML'\nname: small\nproperties:\n  computeType: AmlCompute\n  properties: {vmSize: local, scaleSettings: {maxNodeCount: 2}}\nYAML\nfulcrum compute create --file compute.yml ${workspaceOptions(workspace)}`}
              label="Describe a compute"
            />
          }
        >
          Jobs that name no compute run on this host, as “local”. A compute of type AmlCompute is a named share of its slots.
        </EmptyState>
      }
      below={path && chosen && <Capabilities computeId={`${path}/${encodeURIComponent(chosen)}`} name={chosen} />}
      same={sameRead(`fulcrum compute list ${workspaceOptions(workspace)}`, path)}
    >
      <ComputeKinds workspacePath={workspace.path} active="computes" />
      <Panel query={queue} height={84}>
        {(data) => <HostBars queue={data} queueHref={`${workspace.path}/compute/queue`} />}
      </Panel>
    </ListPage>
  )
}

function columnsFor(href: (row: Compute) => string): readonly Column<Compute>[] {
  return [
    {
      id: 'name',
      header: 'Name',
      width: 'minmax(140px, 1fr)',
      cell: (row) => (
        <Link href={href(row)} look="quiet">
          <strong>{row.name}</strong>
        </Link>
      ),
    },
    { id: 'type', header: 'Type', width: '130px', cell: (row) => <Badge>{row.properties.computeType}</Badge> },
    { id: 'state', header: 'State', width: '140px', cell: (row) => <StatusDot status={row.properties.provisioningState} /> },
    {
      id: 'slots',
      header: 'Job slots',
      width: '110px',
      isNumeric: true,
      cell: (row) => row.properties.properties?.scaleSettings?.maxNodeCount ?? 'all',
    },
    {
      id: 'note',
      header: 'Note',
      width: 'minmax(160px, 2fr)',
      cell: ({ properties }) => properties.provisioningErrors?.[0]?.error?.message ?? properties.description ?? '–',
    },
  ]
}
