import { Rocket } from 'lucide-react'
import type { ArmResource } from '../../../api.ts'
import { assetHref } from '../../../app/asset-link.ts'
import { Failure } from '../../../app/PageFailure.tsx'
import { useInstanceList } from '../../../app/queries.ts'
import { Card } from '../../../ui/Card.tsx'
import { EmptyState, Skeleton } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import type { ModelVersion } from '../model.ts'

type Release = ArmResource<{ readonly modelVersionId: string; readonly digest?: string; readonly state?: string }>

/** Releases that stand for this version, or for its digest. */
export function ModelReleases({ version }: { version: ModelVersion }) {
  const { rows, error, retry } = useInstanceList<Release>('Fulcrum.Delivery/releases')
  if (error && !rows) return <Failure error={error} onRetry={retry} />
  if (!rows) return <Skeleton height={120} />
  const { digest } = version.properties
  const own = rows.filter(
    ({ properties }) =>
      properties.modelVersionId.toLowerCase() === version.id.toLowerCase() ||
      (digest !== undefined && properties.digest === digest),
  )
  if (own.length === 0) {
    return (
      <Card>
        <EmptyState icon={<Rocket />} title="No release stands for this version">
          A release is proposed by itself when a version is registered in dev and the instance has gates.
        </EmptyState>
      </Card>
    )
  }
  return (
    <Card title="Releases" isFlush>
      <SimpleTable
        label="Releases"
        rows={own}
        rowKey={({ id }) => id}
        columns={[
          { id: 'name', header: 'Release', cell: (row) => <Link href={assetHref(row.id, '') ?? '/releases'}>{row.name}</Link> },
          { id: 'state', header: 'State', cell: (row) => <StatusDot status={row.properties.state} /> },
          { id: 'created', header: 'Proposed', cell: (row) => <RelativeTime time={row.systemData?.createdAt} /> },
        ]}
      />
    </Card>
  )
}
