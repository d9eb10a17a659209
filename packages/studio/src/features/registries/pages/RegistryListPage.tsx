import { Library } from 'lucide-react'
import type { ArmResource } from '../../../api.ts'
import { ListPage } from '../../../app/ListPage.tsx'
import { useArmList, useSession } from '../../../app/queries.ts'
import { sameRead } from '../../../app/same-by.ts'
import { parseArmId } from '../../../arm.ts'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'

type Registry = ArmResource<{ readonly provisioningState?: string }>

const teaching = 'environments:\n  shrd: {resourceGroup: rg-shrd, registry: mlr-shared}'

/** The registries of the instance. */
export function RegistryListPage() {
  const { subscriptionId } = useSession()
  const path = `/subscriptions/${subscriptionId}/providers/Microsoft.MachineLearningServices/registries`
  const list = useArmList<Registry>(path)
  const groupOf = (row: Registry) => parseArmId(row.id)?.resourceGroup ?? ''
  const href = (row: Registry) => `/registries/${encodeURIComponent(groupOf(row))}/${encodeURIComponent(row.name)}`
  return (
    <ListPage
      title="Registries"
      list={list}
      columns={[
        {
          id: 'name',
          header: 'Name',
          width: 'minmax(160px, 1.4fr)',
          cell: (row) => (
            <Link href={href(row)} look="quiet">
              <strong>{row.name}</strong>
            </Link>
          ),
        },
        { id: 'group', header: 'Resource group', width: 'minmax(140px, 1fr)', cell: groupOf },
        { id: 'state', header: 'State', width: '140px', cell: (row) => <StatusDot status={row.properties.provisioningState} /> },
        { id: 'created', header: 'Created', width: '130px', cell: (row) => <RelativeTime time={row.systemData?.createdAt} /> },
      ]}
      rowHref={href}
      searchText={(row) => row.name}
      empty={
        <EmptyState
          icon={<Library />}
          title="No registry yet"
          teach={<CodeBlock code={teaching} label="A registry in instance.yml" />}
        >
          A registry shares models between workspaces by digest: what was approved is, byte for byte, what runs in production.
        </EmptyState>
      }
      same={sameRead('fulcrum registry list', path)}
    />
  )
}
