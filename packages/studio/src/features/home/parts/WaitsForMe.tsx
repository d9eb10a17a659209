import { Inbox } from 'lucide-react'
import { assetHref } from '../../../app/asset-link.ts'
import { useInbox } from '../../../app/inbox.ts'
import { Panel } from '../../../app/Panel.tsx'
import { Card } from '../../../ui/Card.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import styles from './home.module.css'

/** Gates that wait for a decision of mine. */
export function WaitsForMe() {
  const inbox = useInbox()
  return (
    <Card title="Waits for me">
      <Panel query={inbox}>
        {(entries) =>
          entries.length > 0 ? (
            <ul className={styles.list}>
              {entries.map((entry) => (
                <li key={`${entry.releaseId} ${entry.gate}`}>
                  <div className={styles.what}>
                    <Link href={assetHref(entry.releaseId, '') ?? '/releases'}>
                      <strong>
                        {entry.release}: gate “{entry.displayName}”
                      </strong>
                    </Link>
                    <small>
                      by {entry.author.name}, <RelativeTime time={entry.since} />
                      {entry.reason && ` – ${entry.reason}`}
                    </small>
                  </div>
                  <StatusDot status="AwaitingApproval" />
                </li>
              ))}
            </ul>
          ) : (
            <EmptyState isCompact icon={<Inbox />} title="Nothing waits for you">
              Releases whose gate is decided by one of your groups appear here, with the evidence to decide on.
            </EmptyState>
          )
        }
      </Panel>
    </Card>
  )
}
