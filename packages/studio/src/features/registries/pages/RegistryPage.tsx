import { useQueries } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { PackageCheck } from 'lucide-react'
import { api, type ArmResource, type Page } from '../../../api.ts'
import { ListPage } from '../../../app/ListPage.tsx'
import { armKey, useArmList, useSession } from '../../../app/queries.ts'
import { sameRead } from '../../../app/same-by.ts'
import { CopyableId } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'

type Version = ArmResource<{ readonly digest?: string; readonly author?: string; readonly provisioningState?: string }>

/** Model versions shared through a registry, newest first. */
export function RegistryPage() {
  const { resourceGroup = '', registry = '' } = useParams({ strict: false }) as { resourceGroup?: string; registry?: string }
  const { subscriptionId } = useSession()
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.MachineLearningServices/registries/${registry}`
  const models = useArmList<ArmResource<unknown>>(`${id}/models`)
  const versions = useQueries({
    queries: (models.rows ?? []).map((model) => ({
      queryKey: armKey(`${model.id}/versions`),
      queryFn: ({ signal }: { signal: AbortSignal }) => api.get<Page<Version>>(`${model.id}/versions`, { signal }),
    })),
  })
  const isLoaded = models.rows !== undefined && versions.every((query) => query.data !== undefined)
  const rows = versions
    .flatMap((query) => query.data?.value ?? [])
    .toSorted((a, b) => (b.systemData?.createdAt ?? '').localeCompare(a.systemData?.createdAt ?? ''))
  const base = `/registries/${encodeURIComponent(resourceGroup)}/${encodeURIComponent(registry)}`
  const modelOf = (row: Version) => row.id.split('/').at(-3) ?? ''
  const href = (row: Version) => `${base}/models/${encodeURIComponent(modelOf(row))}/${encodeURIComponent(row.name)}`
  const failure = versions.find((query) => query.error)?.error ?? undefined
  return (
    <ListPage
      title={registry}
      crumbs={[{ label: 'Registries', href: '/registries' }]}
      list={{ ...models, rows: isLoaded ? rows : undefined, error: models.error ?? failure }}
      columns={[
        {
          id: 'model',
          header: 'Model',
          width: 'minmax(150px, 1fr)',
          cell: (row) => (
            <Link href={href(row)} look="quiet">
              <strong>{modelOf(row)}</strong>
            </Link>
          ),
        },
        { id: 'version', header: 'Version', width: '100px', cell: (row) => row.name },
        { id: 'state', header: 'State', width: '140px', cell: (row) => <StatusDot status={row.properties.provisioningState} /> },
        {
          id: 'digest',
          header: 'Digest',
          width: 'minmax(180px, 1.4fr)',
          cell: (row) => (row.properties.digest ? <CopyableId id={row.properties.digest} /> : '–'),
        },
        { id: 'shared', header: 'Shared', width: '130px', cell: (row) => <RelativeTime time={row.systemData?.createdAt} /> },
      ]}
      rowHref={href}
      searchText={(row) => `${modelOf(row)} ${row.name}`}
      empty={
        <EmptyState icon={<PackageCheck />} title="Nothing is shared here yet">
          A model version comes here when its first gate is approved: the same files, the same digest.
        </EmptyState>
      }
      same={sameRead(undefined, `${id}/models`)}
    />
  )
}
