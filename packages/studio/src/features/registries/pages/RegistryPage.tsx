import { queryOptions, useQueries } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { PackageCheck } from 'lucide-react'
import { api, type ArmResource, type Page } from '../../../api.ts'
import { ListPage } from '../../../app/ListPage.tsx'
import { armKey, useSession } from '../../../app/queries.ts'
import { sameRead } from '../../../app/same-by.ts'
import { CopyableId } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'

type Version = ArmResource<{ readonly digest?: string; readonly author?: string; readonly provisioningState?: string }>

/** Kinds that people look for; code comes along with its component. */
const shownKinds = { models: 'Model', data: 'Data', environments: 'Environment', components: 'Component' } as const

/** Versions shared through a registry, newest first. */
export function RegistryPage() {
  const { resourceGroup = '', registry = '' } = useParams({ strict: false }) as { resourceGroup?: string; registry?: string }
  const { subscriptionId } = useSession()
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.MachineLearningServices/registries/${registry}`
  const containers = useQueries({
    queries: Object.keys(shownKinds).map((kind) => listQuery<ArmResource<unknown>>(`${id}/${kind}`)),
  })
  const versions = useQueries({
    queries: containers.flatMap(({ data }) => data?.value ?? []).map((asset) => listQuery<Version>(`${asset.id}/versions`)),
  })
  const isLoaded = [...containers, ...versions].every((query) => query.data !== undefined)
  const rows = versions
    .flatMap((query) => query.data?.value ?? [])
    .toSorted((a, b) => (b.systemData?.createdAt ?? '').localeCompare(a.systemData?.createdAt ?? ''))
  const base = `/registries/${encodeURIComponent(resourceGroup)}/${encodeURIComponent(registry)}`
  const assetOf = (row: Version) => row.id.split('/').at(-3) ?? ''
  const kindOf = (row: Version) => shownKinds[(row.id.split('/').at(-4) ?? '') as keyof typeof shownKinds]
  const href = (row: Version) =>
    kindOf(row) === 'Model' ? `${base}/models/${encodeURIComponent(assetOf(row))}/${encodeURIComponent(row.name)}` : undefined
  const queries = [...containers, ...versions]
  const failure = queries.find((query) => query.error)?.error ?? undefined
  const retry = () => queries.forEach((query) => void query.refetch())
  return (
    <ListPage
      title={registry}
      crumbs={[{ label: 'Registries', href: '/registries' }]}
      list={{ rows: isLoaded ? rows : undefined, error: failure, retry, loadMore: () => undefined }}
      columns={[
        {
          id: 'asset',
          header: 'Name',
          width: 'minmax(150px, 1fr)',
          cell: (row) => <AssetName name={assetOf(row)} href={href(row)} />,
        },
        { id: 'kind', header: 'Kind', width: '120px', cell: (row) => kindOf(row) },
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
      searchText={(row) => `${assetOf(row)} ${row.name} ${kindOf(row)}`}
      empty={
        <EmptyState icon={<PackageCheck />} title="Nothing is shared here yet">
          A model version comes here when its first gate is approved: the same files, the same digest.
        </EmptyState>
      }
      same={sameRead(undefined, `${id}/models`)}
    />
  )
}

function listQuery<Row>(path: string) {
  return queryOptions({
    queryKey: armKey(path),
    queryFn: ({ signal }: { signal: AbortSignal }) => api.get<Page<Row>>(path, { signal }),
  })
}

function AssetName({ name, href }: { name: string; href: string | undefined }) {
  if (href === undefined) return <strong>{name}</strong>
  return (
    <Link href={href} look="quiet">
      <strong>{name}</strong>
    </Link>
  )
}
