import { StatTile } from '../../../charts/SmallCharts.tsx'
import { Card, CardGrid } from '../../../ui/Card.tsx'
import { ProgressLine } from '../../../ui/Feedback.tsx'
import { formatNumber } from '../../../ui/format.ts'
import { Link } from '../../../ui/Link.tsx'
import { KeyValueList } from '../../../ui/Page.tsx'
import { describeStatus } from '../../../ui/status.ts'
import { bindingsOf, type Job } from '../job.ts'
import type { Trial } from '../steps.ts'
import { printParameter, type TrialSummary } from '../trials.ts'
import { Bound } from './JobFacts.tsx'

interface FiguresProps {
  readonly summary: TrialSummary
  readonly job: Job
  hrefOf(jobName: string): string
}

/** How far the sweep is, in four figures. */
export function TrialFigures({ summary: { best, metric, goal, ended, running, stopped, trials }, job, hrefOf }: FiguresProps) {
  const wanted = job.properties.limits?.maxTotalTrials ?? trials.length
  const policy = job.properties.earlyTermination?.policyType
  const isLive = describeStatus(job.properties.status).isLive
  return (
    <>
      {isLive && <ProgressLine share={ended / Math.max(1, wanted)} label="Trials ended" />}
      <CardGrid minWidth={170}>
        <StatTile
          label={`Best ${metric} (${goal.toLowerCase()})`}
          value={typeof best?.objective === 'number' ? formatNumber(best.objective) : '–'}
          note={best ? <Link href={hrefOf(best.jobName)}>trial {best.number}</Link> : 'no completed trial has logged it'}
        />
        <StatTile
          label="Trials ended"
          value={`${ended} of ${wanted}`}
          note={isLive ? `${trials.length} made so far` : undefined}
        />
        <StatTile
          label="Running"
          value={running}
          note={
            job.properties.limits?.maxConcurrentTrials
              ? `at most ${job.properties.limits.maxConcurrentTrials} at once`
              : undefined
          }
        />
        <StatTile label="Stopped early" value={stopped} note={policy ? `by the ${policy.toLowerCase()} policy` : 'no policy'} />
      </CardGrid>
    </>
  )
}

/** The trial that the sweep hands on: what it was given, and what it wrote. */
export function BestTrial({ best, summary, job, hrefOf }: FiguresProps & { best: Trial }) {
  const outputs = bindingsOf(job.properties.outputs)
  return (
    <Card
      title={
        <>
          {describeStatus(job.properties.status).isLive ? 'Best so far' : 'Best trial'}:{' '}
          <Link href={hrefOf(best.jobName)}>trial {best.number}</Link>
        </>
      }
    >
      <CardGrid minWidth={300}>
        <KeyValueList
          items={[
            ...summary.parameters.map((name) => ({ key: name, value: printParameter(best.parameters[name] ?? '–') })),
            { key: summary.metric, value: <strong>{formatNumber(best.objective ?? Number.NaN)}</strong> },
          ]}
        />
        {outputs.length > 0 && (
          <KeyValueList
            items={outputs.map(([name, binding]) => ({
              key: `Output ${name}`,
              value: <Bound binding={binding} missing="handed on when the sweep ends" />,
            }))}
          />
        )}
      </CardGrid>
    </Card>
  )
}
