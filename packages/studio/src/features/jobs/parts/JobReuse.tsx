import { useQuery } from '@tanstack/react-query'
import { Recycle } from 'lucide-react'
import { Panel } from '../../../app/Panel.tsx'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameRead } from '../../../app/same-by.ts'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { Card } from '../../../ui/Card.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { Timeline } from '../../../ui/Timeline.tsx'
import type { Job } from '../job.ts'
import { explainDifferences } from '../reuse.ts'
import { jobExplanationQuery, reasonOf, type StepExplanation } from '../steps.ts'
import { EarlierRun } from './EarlierRun.tsx'
import { Differences, KeyFields, StepReuse } from './StepReuse.tsx'

interface JobReuseProps {
  readonly job: Job
  readonly workspace: WorkspaceInView
}

/** Of more steps than this the runs they were compared with are not looked up one by one. */
const detailedUpTo = 40

/** Why each step ran, or why it did not have to. A step of a pipeline has this of itself. */
export function JobReuse({ job, workspace }: JobReuseProps) {
  const explanation = useQuery(jobExplanationQuery(job.id))
  const { parentJobName, inputs } = job.properties
  return (
    <>
      <Panel query={explanation}>
        {({ value: steps }) => {
          const [own] = steps
          if (!own) return <NothingDecided />
          if (job.properties.jobType === 'Pipeline') return <StepsReuse steps={steps} job={job} workspace={workspace} />
          return (
            <>
              <StepReuse step={own} inputs={inputs} parentJobName={parentJobName} workspace={workspace} />
              <KeyFields step={own} />
            </>
          )
        }}
      </Panel>
      <SameByCard {...sameRead(undefined, `${job.id}/explain`)} />
    </>
  )
}

/** The same for the overview of a step; what can never be reused (trials, single jobs) needs no reason there. */
export function StepReuseSummary({ job, workspace }: JobReuseProps) {
  const { data } = useQuery(jobExplanationQuery(job.id))
  const [own] = data?.value ?? []
  if (!own?.decision || own.decision.reason === 'not-in-pipeline') return undefined
  const { parentJobName, inputs } = job.properties
  return <StepReuse step={own} inputs={inputs} parentJobName={parentJobName} workspace={workspace} />
}

function NothingDecided() {
  return (
    <Card>
      <EmptyState icon={<Recycle />} title="Nothing is decided yet">
        A step is reused when an earlier one had the same code, environment, command and inputs. The decision is recorded when the
        step is prepared.
      </EmptyState>
    </Card>
  )
}

function StepsReuse({ steps, job, workspace }: JobReuseProps & { steps: readonly StepExplanation[] }) {
  const reused = steps.filter(({ decision }) => decision?.reused).length
  return (
    <Card title="Why did each step run?" note={`${reused} of ${steps.length} reused`}>
      <Timeline
        label="Reuse by step"
        entries={steps.map((step) => ({
          id: step.step,
          status: step.decision?.reused ? 'Reused' : step.decision ? 'Completed' : 'NotStarted',
          title: <Link href={`${workspace.path}/jobs/${encodeURIComponent(step.jobName)}?tab=reuse`}>{step.step}</Link>,
          note: step.decision?.reused ? 'reused' : step.decision ? 'ran' : undefined,
          children: <Explanation step={step} job={job} workspace={workspace} isDetailed={steps.length <= detailedUpTo} />,
        }))}
      />
    </Card>
  )
}

function Explanation({ step, job, workspace, isDetailed }: JobReuseProps & { step: StepExplanation; isDetailed: boolean }) {
  const compared = step.decision?.jobName
  const differences = explainDifferences(step.decision?.differences ?? [], undefined)
  return (
    <>
      <p>
        {reasonOf(step.decision)}
        {compared && (
          <>
            {' '}
            {step.decision?.reused ? 'Taken over from ' : 'Compared with '}
            {isDetailed ? (
              <EarlierRun name={compared} workspace={workspace} />
            ) : (
              <Link href={`${workspace.path}/jobs/${encodeURIComponent(compared)}`}>{compared}</Link>
            )}
            .
          </>
        )}
      </p>
      {differences.length > 0 && (
        <Differences
          differences={differences}
          label={`What differs in ${step.step}`}
          upstreamHref={(name) => `${workspace.path}/jobs/${encodeURIComponent(job.name)}?step=${encodeURIComponent(name)}`}
        />
      )}
    </>
  )
}
