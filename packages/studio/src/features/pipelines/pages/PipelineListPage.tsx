import { Workflow } from 'lucide-react'
import { ListPage } from '../../../app/ListPage.tsx'
import { useArmList } from '../../../app/queries.ts'
import { pythonClient, sameRead, workspaceOptions } from '../../../app/same-by.ts'
import { useWorkspace } from '../../../app/workspace.tsx'
import type { ArmResource } from '../../../api.ts'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { describeStatus, jobStatuses } from '../../../ui/status.ts'
import type { Column } from '../../../ui/Table.tsx'
import { Duration, RelativeTime } from '../../../ui/Time.tsx'

type PipelineJob = ArmResource<{
  readonly jobType: string
  readonly status?: string
  readonly displayName?: string
  readonly experimentName?: string
  readonly startTime?: string | null
  readonly endTime?: string | null
  readonly jobs?: Readonly<Record<string, unknown>>
}>

const teaching = `$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
jobs:
  prepare: {command: python prepare.py --out \${{outputs.clean}}, code: ./src, outputs: {clean: {type: uri_folder}}}
  train:   {command: python train.py --data \${{inputs.data}}, code: ./src, inputs: {data: \${{parent.jobs.prepare.outputs.clean}}}}`

/** Runs of pipelines; each leads to its graph. */
export function PipelineListPage() {
  const workspace = useWorkspace()
  const list = useArmList<PipelineJob>(workspace.id && `${workspace.id}/jobs`, { jobType: 'Pipeline', $top: 200 })
  const rows = list.rows?.filter((job) => job.properties.jobType.toLowerCase() === 'pipeline')
  const href = (job: PipelineJob) => `${workspace.path}/jobs/${encodeURIComponent(job.name)}`
  return (
    <ListPage
      title="Pipelines"
      list={{ ...list, rows }}
      scopeError={workspace.error}
      columns={columnsFor(href)}
      rowHref={href}
      searchText={(job) => `${job.name} ${job.properties.displayName ?? ''} ${job.properties.experimentName ?? ''}`}
      choices={[
        {
          id: 'status',
          label: 'Status',
          options: jobStatuses.map((status) => ({ value: status, label: describeStatus(status).word })),
          valueOf: (job) => job.properties.status,
        },
      ]}
      empty={
        <EmptyState
          icon={<Workflow />}
          title="No pipelines yet"
          teach={
            <CodeBlock
              code={`cat > pipeline.yml <<'YAML'\n${teaching}\nYAML\nfulcrum job create --file pipeline.yml ${workspaceOptions(workspace)}`}
              label="A first pipeline"
            />
          }
        >
          A pipeline is a graph of steps that hand their outputs on; each run of one is a job, and a step whose inputs did not
          change is not run again.
        </EmptyState>
      }
      same={sameRead(
        `fulcrum job list ${workspaceOptions(workspace)}`,
        workspace.id && `${workspace.id}/jobs?jobType=Pipeline`,
        `${pythonClient(workspace)}for job in ml_client.jobs.list():\n    if job.type == "pipeline":\n        print(job.name, job.status)`,
      )}
    />
  )
}

function columnsFor(href: (job: PipelineJob) => string): readonly Column<PipelineJob>[] {
  return [
    {
      id: 'name',
      header: 'Run',
      width: 'minmax(200px, 2fr)',
      cell: (job) => (
        <Link href={href(job)} look="quiet">
          <strong>{job.properties.displayName ?? job.name}</strong>
        </Link>
      ),
    },
    { id: 'status', header: 'Status', width: '150px', cell: (job) => <StatusDot status={job.properties.status} /> },
    { id: 'experiment', header: 'Experiment', width: 'minmax(130px, 1fr)', cell: (job) => job.properties.experimentName ?? '–' },
    {
      id: 'steps',
      header: 'Steps',
      width: '90px',
      isNumeric: true,
      cell: (job) => Object.keys(job.properties.jobs ?? {}).length,
    },
    {
      id: 'duration',
      header: 'Duration',
      width: '120px',
      isNumeric: true,
      cell: (job) => <Duration start={job.properties.startTime} end={job.properties.endTime} />,
    },
    {
      id: 'created',
      header: 'Created',
      width: '130px',
      isNumeric: true,
      cell: (job) => <RelativeTime time={job.systemData?.createdAt} />,
    },
  ]
}
