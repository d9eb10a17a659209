import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { Inbox } from 'lucide-react'
import type { ArmResource } from '../../../api.ts'
import { Failure, NotFoundPage } from '../../../app/PageFailure.tsx'
import { resourceQuery, useArmList, useSubscription } from '../../../app/queries.ts'
import { useSearchState } from '../../../app/search-state.ts'
import { useOptionalWorkspace } from '../../../app/workspace.tsx'
import { Card } from '../../../ui/Card.tsx'
import { CopyableId, SourceView } from '../../../ui/Code.tsx'
import { EmptyState, Skeleton } from '../../../ui/Feedback.tsx'
import { SearchInput } from '../../../ui/Field.tsx'
import { PageBody, PageHeader, Toolbar } from '../../../ui/Page.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { Table, type Column } from '../../../ui/Table.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import { sectionSources, type SectionSource } from '../sections.ts'

type Resource = ArmResource<{ readonly provisioningState?: string; readonly description?: string } | undefined>

const columns: readonly Column<Resource>[] = [
  { id: 'name', header: 'Name', width: 'minmax(180px, 1.4fr)', cell: (row) => row.name },
  {
    id: 'state',
    header: 'State',
    width: '150px',
    cell: (row) => (row.properties?.provisioningState ? <StatusDot status={row.properties.provisioningState} /> : '–'),
  },
  { id: 'description', header: 'Description', width: 'minmax(160px, 2fr)', cell: (row) => row.properties?.description ?? '–' },
  { id: 'id', header: 'Id', width: 'minmax(160px, 1.4fr)', cell: (row) => <CopyableId id={row.id} /> },
  { id: 'created', header: 'Created', width: '130px', cell: (row) => <RelativeTime time={row.systemData?.createdAt} /> },
]

/** The resources of a section as the API gives them. */
export function ResourceListPage() {
  const { section = '' } = useParams({ strict: false }) as { section?: string }
  const workspace = useOptionalWorkspace()
  const { subscriptionId, error } = useSubscription()
  const source = sectionSources[section]
  if (!source || source.isInstanceWide !== (workspace === undefined)) return <NotFoundPage />
  const scope = workspace ? workspace.id : subscriptionId && `/subscriptions/${subscriptionId}`
  return (
    <PageBody>
      <PageHeader title={source.title} />
      {error && !scope && <Failure error={error} />}
      {source.path ? (
        <List key={section} source={source} path={scope && `${scope}${source.path}`} />
      ) : (
        <One id={scope} label={source.title} />
      )}
    </PageBody>
  )
}

function List({ source, path }: { source: SectionSource; path: string | undefined }) {
  const [search, setSearch] = useSearchState()
  const { rows, error, retry, loadMore } = useArmList<Resource>(path, source.query ?? {})
  const filter = search['q'] ?? ''
  const shown = rows?.filter((row) => row.name.toLowerCase().includes(filter.toLowerCase()))
  if (error && !rows) return <Failure error={error} onRetry={retry} />
  return (
    <>
      <Toolbar label="Filter">
        <SearchInput
          label={`Filter ${source.title.toLowerCase()}`}
          value={filter}
          onChange={(q) => setSearch({ q })}
          isPageFilter
        />
      </Toolbar>
      <Card isFlush>
        <Table
          label={source.title}
          columns={columns}
          rows={shown}
          rowKey={(row) => row.id}
          isFiltered={filter !== ''}
          onClearFilters={() => setSearch({ q: undefined })}
          onEndReached={loadMore}
          isPrimary
          empty={
            <EmptyState icon={<Inbox />} title={`No ${source.title.toLowerCase()} yet`}>
              {source.teaching}
            </EmptyState>
          }
        />
      </Card>
    </>
  )
}

function One({ id, label }: { id: string | undefined; label: string }) {
  const { data, error, refetch } = useQuery(resourceQuery(id))
  if (data) return <SourceView value={data} label={label} />
  return error ? <Failure error={error} onRetry={() => void refetch()} /> : <Skeleton lines={8} />
}
