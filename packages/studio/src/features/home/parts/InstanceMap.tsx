import { ArrowRight } from 'lucide-react'
import type { ArmResource } from '../../../api.ts'
import { useArmList, useSession, type WorkspaceRef } from '../../../app/queries.ts'
import { Link } from '../../../ui/Link.tsx'
import { Badge, StatusDot } from '../../../ui/Status.tsx'
import styles from './home.module.css'

const order = ['dev', 'qa', 'test', 'prod']

/** The environments in the order in which a model passes them, each with its workspaces; the shared registry beside them. */
export function InstanceMap({ workspaces }: { workspaces: readonly WorkspaceRef[] }) {
  const me = useSession()
  const registries = useArmList<ArmResource<unknown>>(
    `/subscriptions/${me.subscriptionId}/providers/Microsoft.MachineLearningServices/registries`,
  )
  const labels = new Map(me.workspaces.map(({ id, environment }) => [id.toLowerCase(), environment ?? 'other']))
  const environments = [...new Set(workspaces.map(({ id }) => labels.get(id.toLowerCase()) ?? 'other'))].toSorted(
    (a, b) => rank(a) - rank(b),
  )
  return (
    <section aria-label="Environments" className={styles.map}>
      {environments.map((environment, position) => (
        <div key={environment} className={styles.stage}>
          {position > 0 && <ArrowRight aria-hidden="true" className={styles.arrow} />}
          <div className={styles.environment}>
            <Badge tone={environment === 'prod' ? 'accent' : 'idle'}>{environment}</Badge>
            {workspaces
              .filter(({ id }) => (labels.get(id.toLowerCase()) ?? 'other') === environment)
              .map((workspace) => (
                <WorkspaceEntry key={workspace.id} workspace={workspace} />
              ))}
          </div>
        </div>
      ))}
      {registries.rows && registries.rows.length > 0 && (
        <div className={styles.stage}>
          <div className={styles.environment}>
            <Badge>shrd</Badge>
            {registries.rows.map(({ id, name }) => (
              <div key={id} className={styles.workspace}>
                <Link href="/registries">
                  <strong>{name}</strong>
                </Link>
                <span>shared registry</span>
              </div>
            ))}
          </div>
        </div>
      )}
    </section>
  )
}

function rank(environment: string): number {
  const position = order.indexOf(environment)
  return position === -1 ? order.length : position
}

function WorkspaceEntry({ workspace }: { workspace: WorkspaceRef }) {
  return (
    <div className={styles.workspace}>
      <Link href={`${workspace.path}/jobs`}>
        <strong>{workspace.name}</strong>
      </Link>
      <StatusDot status={workspace.provisioningState} />
      <span className={styles.links}>
        <Link href={`${workspace.path}/models`}>Models</Link>
        <Link href={`${workspace.path}/endpoints`}>Endpoints</Link>
        <Link href={`${workspace.path}/monitors`}>Monitors</Link>
      </span>
    </div>
  )
}
