import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { Card } from '../../../ui/Card.tsx'
import { Link } from '../../../ui/Link.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import type { JobProperties } from '../job.ts'
import { explainDifferences, isDigest, labelOf, printField, splitChange, type ExplainedDifference } from '../reuse.ts'
import { reasonOf, type StepExplanation } from '../steps.ts'
import { EarlierRun } from './EarlierRun.tsx'
import styles from './jobs.module.css'

interface StepReuseProps {
  readonly step: StepExplanation
  readonly inputs: JobProperties['inputs']
  readonly parentJobName: string | null | undefined
  readonly workspace: WorkspaceInView
}

/** Why this step ran again, or why it did not have to: the decision, what it was compared with, and each field that differs. */
export function StepReuse({ step, inputs, parentJobName, workspace }: StepReuseProps) {
  const { decision } = step
  const differences = explainDifferences(decision?.differences ?? [], inputs)
  return (
    <Card title={decision?.reused ? 'Why was this step reused?' : 'Why did this step run?'}>
      <div className={styles.decision}>
        <p>
          {reasonOf(decision)}
          {decision?.jobName && (
            <>
              {' '}
              {decision.reused ? 'Taken over from ' : 'Compared with '}
              <EarlierRun name={decision.jobName} workspace={workspace} />.
            </>
          )}
        </p>
      </div>
      {differences.length > 0 && (
        <Differences
          differences={differences}
          label={`What differs in ${step.step}`}
          upstreamHref={(name) =>
            parentJobName
              ? `${workspace.path}/jobs/${encodeURIComponent(parentJobName)}?step=${encodeURIComponent(name)}`
              : undefined
          }
        />
      )}
    </Card>
  )
}

interface DifferencesProps {
  readonly differences: readonly ExplainedDifference[]
  readonly label: string
  upstreamHref(step: string): string | undefined
}

/** Both values of each field that differs; in texts the changed part is marked. */
export function Differences({ differences, label, upstreamHref }: DifferencesProps) {
  return (
    <SimpleTable
      label={label}
      rows={differences}
      rowKey={({ field }) => field}
      columns={[
        {
          id: 'field',
          header: 'What',
          cell: (row) => {
            const href = row.upstream && upstreamHref(row.upstream)
            return (
              <>
                <strong>{row.label}</strong>
                {row.remark && <small className={styles.remark}>{row.remark}</small>}
                {href && (
                  <small className={styles.remark}>
                    From step <Link href={href}>{row.upstream}</Link>
                  </small>
                )}
              </>
            )
          },
        },
        { id: 'before', header: 'Before', cell: (row) => <Changed {...row} shows="before" /> },
        { id: 'now', header: 'Now', cell: (row) => <Changed {...row} shows="now" /> },
      ]}
    />
  )
}

function Changed({ before, now, shows }: Pick<ExplainedDifference, 'before' | 'now'> & { shows: 'before' | 'now' }) {
  const parts = splitChange(printField(before), printField(now))
  const text = parts[shows]
  const isWhole = isDigest(before) || isDigest(now) || (parts.start === '' && parts.end === '')
  if (isWhole) return <code className={styles.value}>{printField(shows === 'now' ? now : before)}</code>
  return (
    <code className={styles.value}>
      {parts.start}
      {text && (shows === 'now' ? <ins>{text}</ins> : <del>{text}</del>)}
      {parts.end}
    </code>
  )
}

/** Everything that the reuse key of the step is made of. */
export function KeyFields({ step }: { step: StepExplanation }) {
  const fields = Object.entries(step.fields ?? {})
  if (fields.length === 0) return undefined
  return (
    <Card
      title="What was compared"
      note="A step is reused when all of this is equal to that of an earlier completed run."
      isFlush
    >
      <SimpleTable
        label="Fields of the reuse key"
        rows={fields}
        rowKey={([field]) => field}
        columns={[
          { id: 'field', header: 'What', cell: ([field]) => labelOf(field) },
          { id: 'value', header: 'Value', cell: ([, value]) => <code className={styles.value}>{printField(value)}</code> },
        ]}
      />
    </Card>
  )
}
