import { Rocket } from 'lucide-react'
import { ListPage } from '../../../app/ListPage.tsx'
import { useSession } from '../../../app/queries.ts'
import { sameRead } from '../../../app/same-by.ts'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import type { Column } from '../../../ui/Table.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import { gatesOf, type Gate, type Release } from '../release.ts'
import { releaseHref, useGates, useReleases } from '../queries.ts'

const states = ['collecting', 'open', 'approved', 'rejected', 'released', 'rolledBack']

function columnsFor(gates: readonly Gate[]): readonly Column<Release>[] {
  const openGate = (row: Release) => gatesOf(row, gates, []).find(({ state }) => state === 'Open')?.gate.properties.displayName
  return [
    {
      id: 'name',
      header: 'Release',
      width: 'minmax(180px, 1.4fr)',
      cell: (row) => (
        <Link href={releaseHref(row.id)} look="quiet">
          <strong>{row.name}</strong>
        </Link>
      ),
    },
    { id: 'state', header: 'State', width: '150px', cell: (row) => <StatusDot status={row.properties.state} /> },
    { id: 'gate', header: 'Waits at gate', width: 'minmax(120px, 1fr)', cell: (row) => openGate(row) ?? '–' },
    {
      id: 'model',
      header: 'Model version',
      width: 'minmax(150px, 1fr)',
      cell: ({ properties: { model } }) => (model ? `${model.name} ${model.version}` : '–'),
    },
    { id: 'author', header: 'Author', width: '140px', cell: (row) => row.properties.author?.name ?? '–' },
    { id: 'created', header: 'Proposed', width: '130px', cell: (row) => <RelativeTime time={row.systemData?.createdAt} /> },
  ]
}

/** Every release of the instance. */
export function ReleaseListPage() {
  const releases = useReleases()
  const gates = useGates()
  const { subscriptionId } = useSession()
  const group = `/subscriptions/${subscriptionId}/resourceGroups/<shrd>`
  return (
    <ListPage
      title="Releases"
      list={releases}
      columns={columnsFor(gates.rows ?? [])}
      rowHref={(row) => releaseHref(row.id)}
      searchText={(row) => `${row.name} ${row.properties.author?.name ?? ''}`}
      choices={[
        {
          id: 'state',
          label: 'State',
          options: states.map((state) => ({ value: state, label: state })),
          valueOf: (row) => row.properties.state,
        },
      ]}
      empty={
        <EmptyState
          icon={<Rocket />}
          title="No releases yet"
          teach={<CodeBlock code={'fulcrum tour   # trains, gates and releases an example model'} label="Run the guided tour" />}
        >
          A release takes one model version from dev to test to prod through gates that cannot be skipped. One is proposed by
          itself when a model version is registered in dev, as soon as the instance has gates.
        </EmptyState>
      }
      same={sameRead('fulcrum release list', `${group}/providers/Fulcrum.Delivery/releases`)}
    />
  )
}
