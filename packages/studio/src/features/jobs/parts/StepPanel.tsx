import { Stack } from '../../../ui/Card.tsx'
import { Link } from '../../../ui/Link.tsx'
import { KeyValueList } from '../../../ui/Page.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { Duration } from '../../../ui/Time.tsx'
import { printField, shorten } from '../reuse.ts'
import { reasonOf, spanOf, statusOf, type JobNode } from '../steps.ts'
import { FailureCard } from './FailureCard.tsx'
import styles from './jobs.module.css'

/** What is to be known of a step beside its chart; its own page has the rest. */
export function StepPanel({ node, workspacePath }: { node: JobNode; workspacePath: string }) {
  const href = `${workspacePath}/jobs/${encodeURIComponent(node.jobName)}`
  const attempts = node.attempts?.length ?? 0
  return (
    <section aria-label={`Step ${node.displayName ?? node.name}`}>
      <Stack gap={3}>
        <div className={styles.panelHead}>
          <h3>{node.displayName ?? node.name}</h3>
          <StatusDot status={statusOf(node)} />
          <Link href={href}>Open</Link>
          <Link href={`${href}?tab=logs`}>Log</Link>
          <Link href={`${href}?tab=reuse`}>{node.reused ? 'Why was it reused?' : 'Why did it run?'}</Link>
        </div>
        {node.error && <FailureCard title="The step failed" failure={node.error} lines={8} />}
        <KeyValueList
          items={[
            { key: 'Duration', value: <Duration {...spanOf(node)} /> },
            ...(attempts > 1 ? [{ key: 'Attempts', value: attempts }] : []),
            { key: node.reused ? 'Reused' : 'Ran', value: <Reuse node={node} workspacePath={workspacePath} /> },
          ]}
        />
      </Stack>
    </section>
  )
}

function Reuse({ node: { reuse }, workspacePath }: { node: JobNode; workspacePath: string }) {
  return (
    <>
      {reasonOf(reuse ?? null)}{' '}
      {reuse?.jobName && (
        <Link href={`${workspacePath}/jobs/${encodeURIComponent(reuse.jobName)}`}>
          {reuse.reused ? 'Open its source' : 'Open that run'}
        </Link>
      )}
      {reuse?.differences?.map(({ field, before, now }) => (
        <span key={field} className={styles.difference}>
          <code>{field}</code> {shorten(printField(before))} → <b>{shorten(printField(now))}</b>
        </span>
      ))}
    </>
  )
}
