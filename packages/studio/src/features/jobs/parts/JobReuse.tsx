import { useQuery } from '@tanstack/react-query'
import { Recycle } from 'lucide-react'
import { Panel } from '../../../app/Panel.tsx'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameRead } from '../../../app/same-by.ts'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { Card } from '../../../ui/Card.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { Timeline } from '../../../ui/Timeline.tsx'
import type { Job } from '../job.ts'
import { jobExplanationQuery, reasonOf, type StepExplanation } from '../steps.ts'

/** Why each step ran, or why it did not have to. */
export function JobReuse({ job, workspace }: { job: Job; workspace: WorkspaceInView }) {
  const explanation = useQuery(jobExplanationQuery(job.id))
  return (
    <>
      <Card title="Why did each step run?">
        <Panel query={explanation}>
          {({ value: steps }) =>
            steps.length > 0 ? (
              <Timeline
                label="Reuse by step"
                entries={steps.map((step) => ({
                  id: step.step,
                  status: step.decision?.reused ? 'Reused' : step.decision ? 'Completed' : 'NotStarted',
                  title: <Link href={`${workspace.path}/jobs/${encodeURIComponent(step.jobName)}`}>{step.step}</Link>,
                  note: step.decision?.reused ? 'reused' : step.decision ? 'ran' : undefined,
                  children: <Explanation step={step} workspacePath={workspace.path} />,
                }))}
              />
            ) : (
              <EmptyState icon={<Recycle />} title="Nothing is decided yet">
                A step is reused when an earlier one had the same code, environment, command and inputs. The decision is recorded
                when the step is prepared.
              </EmptyState>
            )
          }
        </Panel>
      </Card>
      <SameByCard {...sameRead(undefined, `${job.id}/explain`)} />
    </>
  )
}

function Explanation({ step, workspacePath }: { step: StepExplanation; workspacePath: string }) {
  const compared = step.decision?.jobName
  const differences = step.decision?.differences ?? []
  return (
    <>
      <p>
        {reasonOf(step.decision)}
        {compared && (
          <>
            {' '}
            Compared with <Link href={`${workspacePath}/jobs/${encodeURIComponent(compared)}`}>{compared}</Link>.
          </>
        )}
      </p>
      {differences.length > 0 && (
        <SimpleTable
          label={`What differs in ${step.step}`}
          rows={differences}
          rowKey={({ field }) => field}
          columns={[
            { id: 'field', header: 'Field', cell: ({ field }) => <code>{field}</code> },
            { id: 'before', header: 'Before', cell: ({ before }) => String(before ?? '–') },
            { id: 'now', header: 'Now', cell: ({ now }) => String(now ?? '–') },
          ]}
        />
      )}
    </>
  )
}
