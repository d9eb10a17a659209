import type { ArmResource } from '../../../api.ts'
import { CopyableId } from '../../../ui/Code.tsx'
import { Link } from '../../../ui/Link.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import type { Column } from '../../../ui/Table.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'

type AnyEndpoint = ArmResource<{ readonly scoringUri?: string; readonly provisioningState?: string }>

interface EndpointColumns<Row> {
  href(row: Row): string
  /** Heading of the column with the address. */
  readonly uri: string
  /** What only one kind of endpoint has. */
  readonly own: readonly Column<Row>[]
}

/** The columns that both kinds of endpoints share, with those of one kind between them. */
export function endpointColumns<Row extends AnyEndpoint>({ href, uri, own }: EndpointColumns<Row>): readonly Column<Row>[] {
  return [
    {
      id: 'name',
      header: 'Name',
      width: 'minmax(150px, 1fr)',
      cell: (row) => (
        <Link href={href(row)} look="quiet">
          <strong>{row.name}</strong>
        </Link>
      ),
    },
    { id: 'state', header: 'State', width: '140px', cell: (row) => <StatusDot status={row.properties.provisioningState} /> },
    ...own,
    {
      id: 'uri',
      header: uri,
      width: 'minmax(200px, 1.6fr)',
      cell: (row) => (row.properties.scoringUri ? <CopyableId id={row.properties.scoringUri} /> : '–'),
    },
    { id: 'created', header: 'Created', width: '120px', cell: (row) => <RelativeTime time={row.systemData?.createdAt} /> },
  ]
}
