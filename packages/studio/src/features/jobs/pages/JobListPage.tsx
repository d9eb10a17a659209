import { PlayCircle } from 'lucide-react'
import { useMemo } from 'react'
import { Failure } from '../../../app/PageFailure.tsx'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { useSearchState } from '../../../app/search-state.ts'
import { useWorkspace, type WorkspaceInView } from '../../../app/workspace.tsx'
import { Card } from '../../../ui/Card.tsx'
import { SameBy } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { SearchInput, Select, Switch } from '../../../ui/Field.tsx'
import { Link } from '../../../ui/Link.tsx'
import { PageBody, PageHeader, Toolbar } from '../../../ui/Page.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { describeStatus, jobStatuses } from '../../../ui/status.ts'
import { Table, type Column } from '../../../ui/Table.tsx'
import { printSort } from '../../../ui/table-keys.ts'
import { Duration, RelativeTime } from '../../../ui/Time.tsx'
import { isFiltered, parseJobFilter, selectJobs } from '../filter.ts'
import { timesOf, type Job } from '../job.ts'
import { useJobs } from '../queries.ts'
import { sameJobList, submitJob } from '../same-by.ts'

const statusOptions = [
  { value: '', label: 'Any status' },
  ...jobStatuses.map((status) => ({ value: status, label: describeStatus(status).word })),
]
const typeOptions = [
  { value: '', label: 'Any type' },
  ...['Command', 'Pipeline', 'Sweep', 'AutoML', 'Spark'].map((type) => ({ value: type, label: type })),
]

function columnsFor(workspacePath: string): readonly Column<Job>[] {
  return [
    {
      id: 'name',
      header: 'Name',
      width: 'minmax(200px, 2fr)',
      isSortable: true,
      cell: (job) => (
        <Link href={`${workspacePath}/jobs/${encodeURIComponent(job.name)}`} look="quiet" title={job.name}>
          <strong>{job.properties.displayName ?? job.name}</strong>
        </Link>
      ),
    },
    {
      id: 'status',
      header: 'Status',
      width: '150px',
      isSortable: true,
      cell: (job) => <StatusDot status={job.properties.status} />,
    },
    {
      id: 'experiment',
      header: 'Experiment',
      width: 'minmax(130px, 1fr)',
      isSortable: true,
      cell: (job) => job.properties.experimentName ?? '–',
    },
    { id: 'type', header: 'Type', width: '110px', isSortable: true, cell: (job) => job.properties.jobType },
    {
      id: 'duration',
      header: 'Duration',
      width: '120px',
      isNumeric: true,
      isSortable: true,
      cell: (job) => <Duration {...timesOf(job)} />,
    },
    {
      id: 'created',
      header: 'Created',
      width: '130px',
      isNumeric: true,
      isSortable: true,
      cell: (job) => <RelativeTime time={job.systemData?.createdAt} />,
    },
  ]
}

/** All jobs of a workspace. */
export function JobListPage() {
  const workspace = useWorkspace()
  const [search, setSearch] = useSearchState()
  const filter = parseJobFilter(search)
  const { rows, error, retry, loadMore } = useJobs(workspace, filter.type, filter.hasSteps)
  const columns = useMemo(() => columnsFor(workspace.path), [workspace.path])
  const shown = rows && selectJobs(rows, filter)
  const failure = error ?? workspace.error
  return (
    <PageBody>
      <PageHeader title="Jobs" />
      <Toolbar label="Filter jobs">
        <SearchInput label="Filter by name or experiment" value={filter.text} onChange={(q) => setSearch({ q })} isPageFilter />
        <Select
          aria-label="Status"
          options={statusOptions}
          value={filter.status}
          onChange={(event) => setSearch({ status: event.target.value })}
        />
        <Select
          aria-label="Type"
          options={typeOptions}
          value={filter.type}
          onChange={(event) => setSearch({ type: event.target.value })}
        />
        <Switch
          label="Steps of pipelines"
          isOn={filter.hasSteps}
          onChange={(isOn) => setSearch({ steps: isOn ? 'all' : undefined })}
        />
      </Toolbar>
      {failure && !rows ? (
        <Failure error={failure} onRetry={retry} />
      ) : (
        <Card isFlush>
          <Table
            label="Jobs"
            columns={columns}
            rows={shown}
            rowKey={(job) => job.id}
            rowHref={(job) => `${workspace.path}/jobs/${encodeURIComponent(job.name)}`}
            sort={filter.sort}
            onSort={(sort) => setSearch({ sort: printSort(sort) })}
            isFiltered={isFiltered(filter)}
            onClearFilters={() => setSearch({ q: undefined, status: undefined, type: undefined })}
            onEndReached={loadMore}
            isPrimary
            empty={<NoJobs workspace={workspace} />}
          />
        </Card>
      )}
      {shown && shown.length > 0 && <SameByCard {...sameJobList(workspace)} />}
    </PageBody>
  )
}

function NoJobs({ workspace }: { workspace: WorkspaceInView }) {
  return (
    <EmptyState icon={<PlayCircle />} title="No jobs yet" teach={<SameBy {...submitJob(workspace)} />}>
      A job runs a command on a compute, in an environment, and keeps its logs, metrics and outputs. Submit the first one from a
      terminal:
    </EmptyState>
  )
}
