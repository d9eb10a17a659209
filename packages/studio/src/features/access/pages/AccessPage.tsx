import { useQuery } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { api } from '../../../api.ts'
import { Panel } from '../../../app/Panel.tsx'
import { Failure } from '../../../app/PageFailure.tsx'
import { useSession, type Session } from '../../../app/queries.ts'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameRead, urlOf } from '../../../app/same-by.ts'
import { useWorkspace } from '../../../app/workspace.tsx'
import { nameOfId } from '../../../arm.ts'
import { Card, CardGrid } from '../../../ui/Card.tsx'
import { CodeBlock, CopyableId } from '../../../ui/Code.tsx'
import { EmptyState, Skeleton } from '../../../ui/Feedback.tsx'
import { KeyValueList, PageBody, PageHeader } from '../../../ui/Page.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { Badge, StatusDot } from '../../../ui/Status.tsx'
import { ExplainForm } from '../parts/ExplainForm.tsx'
import { assignmentsQuery, commonActions } from '../queries.ts'

/** Who one is here, which roles that brings, and why something is or is not allowed. */
export function AccessPage() {
  const workspace = useWorkspace()
  const me = useSession()
  return (
    <PageBody>
      <PageHeader title="Access" facts={<span>in workspace {workspace.name}</span>} />
      {workspace.error && <Failure error={workspace.error} />}
      <CardGrid minWidth={360}>
        <WhoAmI me={me} />
        {workspace.id ? <WhatICan scope={workspace.id} /> : <Skeleton height={200} />}
      </CardGrid>
      {workspace.id && <MyRoles scope={workspace.id} me={me} />}
      {workspace.id && <ExplainForm scope={workspace.id} me={me} />}
      <SameByCard
        {...sameRead(
          undefined,
          workspace.id &&
            `${workspace.id}/providers/Fulcrum.Access/explain?principal=${me.id}&action=${commonActions[0]?.action ?? ''}`,
        )}
      />
    </PageBody>
  )
}

function WhoAmI({ me }: { me: Session }) {
  return (
    <Card title="Who am I">
      <KeyValueList
        items={[
          { key: 'Name', value: me.displayName ?? me.name },
          { key: 'Signed in as', value: me.name },
          { key: 'Kind', value: me.kind },
          {
            key: 'Groups',
            value: me.groups.length > 0 ? me.groups.map((group) => <Badge key={group.id}>{group.name}</Badge>) : 'none',
          },
          { key: 'Principal id', value: <CopyableId id={me.id} /> },
        ]}
      />
    </Card>
  )
}

interface CheckAnswer {
  readonly value: readonly { readonly action: string; readonly allowed: boolean }[]
}

/** The server's answer to the questions asked most. */
function WhatICan({ scope }: { scope: string }) {
  const check = useQuery({
    queryKey: ['arm', scope, 'check'],
    queryFn: ({ signal }) =>
      api.post<CheckAnswer>(`${scope}/providers/Fulcrum.Access/check`, {
        body: { actions: commonActions.map(({ action }) => action) },
        signal,
      }),
  })
  return (
    <Card title="What may I do here">
      <Panel query={check} height={220}>
        {({ value }) => (
          <KeyValueList
            items={value.map(({ action, allowed }) => ({
              key: commonActions.find((common) => common.action === action)?.label ?? action,
              value: <StatusDot status={allowed ? 'Allowed' : 'NotAllowed'} />,
            }))}
          />
        )}
      </Panel>
    </Card>
  )
}

function MyRoles({ scope, me }: { scope: string; me: Session }) {
  const assignments = useQuery(assignmentsQuery(scope, me.id))
  const viaOf = (principalId: string) =>
    principalId === me.id ? 'yourself' : (me.groups.find((group) => group.id === principalId)?.name ?? nameOfId(principalId))
  return (
    <Panel query={assignments}>
      {(rows) => (
        <Card title="My roles here" isFlush>
          {rows.length > 0 ? (
            <SimpleTable
              label="My roles"
              rows={rows}
              rowKey={({ id }) => id}
              columns={[
                { id: 'role', header: 'Role', cell: (row) => <strong>{row.roleName}</strong> },
                { id: 'about', header: 'What it is for', cell: (row) => row.description || '–' },
                { id: 'via', header: 'Through', cell: (row) => viaOf(row.principalId) },
                { id: 'scope', header: 'Scope', cell: (row) => <CopyableId id={row.scope} /> },
              ]}
            />
          ) : (
            <EmptyState
              icon={<KeyRound />}
              title="No role reaches this workspace"
              teach={
                <CodeBlock
                  code={`curl -X PUT -H "authorization: Bearer $TOKEN" -H "content-type: application/json" \\\n  -d '{"properties":{"principalId":"${me.id}","roleDefinitionId":"f6c7c914-8db3-469d-8ca1-694a8f32e121"}}' \\\n  "${urlOf(`${scope}/providers/Microsoft.Authorization/roleAssignments/$(uuidgen)`)}"`}
                  label="Assign a role"
                />
              }
            >
              A role assignment lets a person, a group or an identity do the actions of a role at a scope and below it. Somebody
              with the right to hand out roles runs this:
            </EmptyState>
          )}
        </Card>
      )}
    </Panel>
  )
}
