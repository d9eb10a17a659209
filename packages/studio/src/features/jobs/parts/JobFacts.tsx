import { PackageOpen } from 'lucide-react'
import { SameByCard } from '../../../app/SameByCard.tsx'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { nameOfId } from '../../../arm.ts'
import { Card, CardGrid } from '../../../ui/Card.tsx'
import { CodeBlock, CopyableId } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { KeyValueList } from '../../../ui/Page.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { Badge } from '../../../ui/Status.tsx'
import { Duration, RelativeTime } from '../../../ui/Time.tsx'
import { bindingsOf, timesOf, type Job, type JobBinding } from '../job.ts'
import { sameJob } from '../same-by.ts'
import { FailureCard } from './FailureCard.tsx'
import { StepReuseSummary } from './JobReuse.tsx'
import { JobPhases } from './JobPhases.tsx'

/** What was asked for and how it went; a failure comes first, with the last lines it wrote. */
export function JobOverview({ job, workspace }: { job: Job; workspace: WorkspaceInView }) {
  const { properties } = job
  const failure = properties.error
  return (
    <>
      {failure && (
        <FailureCard title={properties.parentJobName ? 'The step failed' : 'The job failed'} failure={failure} lines={20} />
      )}
      <CardGrid minWidth={380}>
        <RunCard job={job} workspace={workspace} />
        <JobPhases job={job} />
      </CardGrid>
      {properties.parentJobName && <StepReuseSummary job={job} workspace={workspace} />}
      {properties.command && (
        <Card title="Command">
          <CodeBlock code={properties.command} label="Command" />
        </Card>
      )}
      <SameByCard {...sameJob(workspace, job.name)} />
    </>
  )
}

function RunCard({ job, workspace }: { job: Job; workspace: WorkspaceInView }) {
  const { start, end } = timesOf(job)
  const { properties } = job
  const asset = (id: string | null | undefined) => (id ? <CopyableId id={id} shown={nameOfId(id)} /> : undefined)
  const parent = properties.parentJobName
  return (
    <Card title="Run">
      <KeyValueList
        items={[
          { key: 'Experiment', value: properties.experimentName },
          ...(parent
            ? [{ key: 'Step of', value: <Link href={`${workspace.path}/jobs/${encodeURIComponent(parent)}`}>{parent}</Link> }]
            : []),
          { key: 'Started', value: <RelativeTime time={start} /> },
          { key: 'Duration', value: <Duration start={start} end={end} /> },
          { key: 'Compute', value: asset(properties.computeId) ?? 'local' },
          { key: 'Environment', value: asset(properties.environmentId) },
          { key: 'Code', value: asset(properties.codeId) },
          { key: 'Created by', value: job.systemData?.createdBy },
          { key: 'Tags', value: <Tags tags={properties.tags ?? {}} /> },
          { key: 'Id', value: <CopyableId id={job.id} shown={`…/jobs/${job.name}`} /> },
        ]}
      />
    </Card>
  )
}

function Tags({ tags }: { tags: Readonly<Record<string, string>> }) {
  const entries = Object.entries(tags)
  if (entries.length === 0) return <>–</>
  return entries.map(([name, value]) => (
    <Badge key={name}>
      {name}: {value}
    </Badge>
  ))
}

/** Named outputs and where they lie. */
export function JobOutputs({ job, workspace }: { job: Job; workspace: WorkspaceInView }) {
  const outputs = bindingsOf(job.properties.outputs)
  return (
    <>
      <Card title="Outputs" isFlush>
        {outputs.length > 0 ? (
          <SimpleTable
            label="Outputs"
            rows={outputs}
            rowKey={([name]) => name}
            columns={[
              { id: 'name', header: 'Name', cell: ([name]) => <strong>{name}</strong> },
              { id: 'type', header: 'Type', cell: ([, binding]) => binding.jobOutputType ?? 'uri_folder' },
              { id: 'place', header: 'Stored at', cell: ([, binding]) => <Bound binding={binding} missing="not written yet" /> },
            ]}
          />
        ) : (
          <EmptyState icon={<PackageOpen />} title="This job declares no outputs">
            Named outputs are kept, versioned and handed to later steps. Declare them under “outputs” of the job.
          </EmptyState>
        )}
      </Card>
      <SameByCard {...sameJob(workspace, job.name)} />
    </>
  )
}

export function Bound({ binding, missing }: { binding: JobBinding; missing: string }) {
  if (binding.uri) return <CopyableId id={binding.uri} />
  return <>{binding.value === null || binding.value === undefined ? missing : String(binding.value)}</>
}
