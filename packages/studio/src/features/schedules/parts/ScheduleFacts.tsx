import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { describeTrigger, type ScheduleTrigger } from '../../../app/schedule-trigger.ts'
import { assetHref } from '../../../app/asset-link.ts'
import { nameOfId } from '../../../arm.ts'
import { Card, CardGrid } from '../../../ui/Card.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { Link } from '../../../ui/Link.tsx'
import { KeyValueList } from '../../../ui/Page.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import { describeAction, isMonitor, overridesOf, type Schedule } from '../schedule.ts'

/** Its rule, and what it does each time. */
export function ScheduleFacts({ schedule, workspace }: { schedule: Schedule; workspace: WorkspaceInView }) {
  const { trigger, action, description } = schedule.properties
  const definition = action?.jobDefinition
  const source = definition?.sourceJobId
  const overrides = overridesOf(definition).filter(({ name }) => name !== 'command')
  return (
    <>
      <CardGrid minWidth={340}>
        <RuleCard trigger={trigger} />
        <Card title="What it does">
          <KeyValueList
            items={[
              { key: 'Action', value: describeAction(schedule) },
              ...(source
                ? [
                    {
                      key: 'Copies',
                      value: <Link href={assetHref(source, workspace.path) ?? workspace.path}>{nameOfId(source)}</Link>,
                    },
                  ]
                : []),
              ...(isMonitor(schedule)
                ? [
                    {
                      key: 'Monitor',
                      value: (
                        <Link href={`${workspace.path}/monitors/${encodeURIComponent(schedule.name)}`}>{schedule.name}</Link>
                      ),
                    },
                  ]
                : []),
              { key: 'Description', value: description },
              { key: 'Changed', value: <RelativeTime time={schedule.systemData?.lastModifiedAt} /> },
              { key: 'By', value: schedule.systemData?.lastModifiedBy },
            ]}
          />
        </Card>
      </CardGrid>
      {definition?.command && (
        <Card title="Command">
          <CodeBlock code={definition.command} label="Command" />
        </Card>
      )}
      {overrides.length > 0 && (
        <Card title={source ? 'Set on top of that job' : 'Set on each job'} isFlush>
          <SimpleTable
            label="Overrides"
            rows={overrides}
            rowKey={({ name }) => name}
            columns={[
              { id: 'name', header: 'What', cell: ({ name }) => <code>{name}</code> },
              { id: 'value', header: 'Value', cell: ({ value }) => value },
            ]}
          />
        </Card>
      )}
    </>
  )
}

function RuleCard({ trigger }: { trigger: ScheduleTrigger | undefined }) {
  return (
    <Card title="When">
      <KeyValueList
        items={[
          { key: 'Fires', value: describeTrigger(trigger) },
          ...(trigger?.expression ? [{ key: 'Cron', value: <code>{trigger.expression}</code> }] : []),
          { key: 'Time zone', value: trigger?.timeZone ?? 'UTC' },
          { key: 'From', value: trigger?.startTime },
          { key: 'Until', value: trigger?.endTime },
        ]}
      />
    </Card>
  )
}
