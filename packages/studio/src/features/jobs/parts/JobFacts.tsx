import { useQuery } from '@tanstack/react-query'
import { GitFork, PackageOpen } from 'lucide-react'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { nameOfId } from '../../../arm.ts'
import { Card, CardGrid } from '../../../ui/Card.tsx'
import { CodeBlock, CopyableId, SameBy } from '../../../ui/Code.tsx'
import { EmptyState, ErrorPanel } from '../../../ui/Feedback.tsx'
import { KeyValueList } from '../../../ui/Page.tsx'
import { Badge } from '../../../ui/Status.tsx'
import { Duration, RelativeTime } from '../../../ui/Time.tsx'
import { timesOf, type Job, type JobBinding } from '../job.ts'
import { runDetailsQuery } from '../run-history.ts'
import { sameJob } from '../same-by.ts'

/** What was asked for and how it went; a failure comes first. */
export function JobOverview({ job, workspace }: { job: Job; workspace: WorkspaceInView }) {
  const { data: details } = useQuery(runDetailsQuery(workspace.id, job.name))
  const { start, end } = timesOf(job)
  const { properties } = job
  const failure = details?.error?.error
  const asset = (id: string | null | undefined) => (id ? <CopyableId id={id} shown={nameOfId(id)} /> : '–')
  return (
    <>
      {failure && (
        <ErrorPanel
          title="The job failed"
          error={{ message: failure.message ?? 'No reason was recorded.', ...(failure.code && { code: failure.code }) }}
        />
      )}
      <CardGrid minWidth={380}>
        <Card title="Run">
          <KeyValueList
            items={[
              { key: 'Experiment', value: properties.experimentName },
              { key: 'Started', value: <RelativeTime time={start} /> },
              { key: 'Ended', value: <RelativeTime time={end} /> },
              { key: 'Duration', value: <Duration start={start} end={end} /> },
              { key: 'Tags', value: <Tags tags={properties.tags ?? {}} /> },
            ]}
          />
        </Card>
        <Card title="Runs with">
          <KeyValueList
            items={[
              { key: 'Compute', value: asset(properties.computeId) },
              { key: 'Environment', value: asset(properties.environmentId) },
              { key: 'Code', value: asset(properties.codeId) },
              { key: 'Created by', value: job.systemData?.createdBy },
              { key: 'Id', value: <CopyableId id={job.id} shown={`…/jobs/${job.name}`} /> },
            ]}
          />
        </Card>
      </CardGrid>
      {properties.command && (
        <Card title="Command">
          <CodeBlock code={properties.command} label="Command" />
        </Card>
      )}
      {workspace.id && (
        <Card title="Same by CLI, SDK and curl">
          <SameBy {...sameJob({ ...workspace, id: workspace.id }, job.name, window.location.origin)} />
        </Card>
      )}
    </>
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

function bindingRows(bindings: Readonly<Record<string, JobBinding>>) {
  return Object.entries(bindings).map(([name, binding]) => ({
    key: name,
    value: binding.uri ? <CopyableId id={binding.uri} /> : (binding.value ?? binding.jobOutputType ?? binding.jobInputType),
  }))
}

/** Named outputs and where they lie. */
export function JobOutputs({ job }: { job: Job }) {
  const outputs = bindingRows(job.properties.outputs ?? {})
  return (
    <Card title="Outputs">
      {outputs.length > 0 ? (
        <KeyValueList items={outputs} />
      ) : (
        <EmptyState icon={<PackageOpen />} title="This job declares no outputs">
          Named outputs are kept, versioned and handed to later steps. Declare them under “outputs” of the job.
        </EmptyState>
      )}
    </Card>
  )
}

/** What went into the job and what came out of it. */
export function JobLineage({ job }: { job: Job }) {
  const inputs = bindingRows(job.properties.inputs ?? {})
  const outputs = bindingRows(job.properties.outputs ?? {})
  if (inputs.length + outputs.length === 0) {
    return (
      <Card>
        <EmptyState icon={<GitFork />} title="Nothing is tied to this job">
          Declared inputs and outputs become its lineage: which data it read, which model came out of it.
        </EmptyState>
      </Card>
    )
  }
  return (
    <CardGrid minWidth={380}>
      <Card title="Read">{inputs.length > 0 ? <KeyValueList items={inputs} /> : 'No declared inputs'}</Card>
      <Card title="Wrote">{outputs.length > 0 ? <KeyValueList items={outputs} /> : 'No declared outputs'}</Card>
    </CardGrid>
  )
}
