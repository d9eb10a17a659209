import { GitFork } from 'lucide-react'
import { Card, CardGrid } from '../../../ui/Card.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { KeyValueList } from '../../../ui/Page.tsx'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { assetHref } from '../../../app/asset-link.ts'
import { bindingsOf, type Job, type JobProperties } from '../job.ts'
import { Bound } from './JobFacts.tsx'

/** What went into the job and what came out of it; assets lead to their pages. */
export function JobLineage({ job, workspace }: { job: Job; workspace: WorkspaceInView }) {
  const rowsOf = (bindings: JobProperties['inputs']) =>
    bindingsOf(bindings).map(([name, binding]) => {
      const href = binding.uri ? assetHref(binding.uri, workspace.path) : undefined
      return {
        key: name,
        value: href ? <Link href={href}>{binding.uri}</Link> : <Bound binding={binding} missing="not written yet" />,
      }
    })
  const inputs = rowsOf(job.properties.inputs)
  const outputs = rowsOf(job.properties.outputs)
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
