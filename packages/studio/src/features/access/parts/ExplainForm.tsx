import { useQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { api } from '../../../api.ts'
import { Failure } from '../../../app/PageFailure.tsx'
import type { Session } from '../../../app/queries.ts'
import { useSearchState } from '../../../app/search-state.ts'
import { Card, CardGrid, Stack } from '../../../ui/Card.tsx'
import { EmptyState, Notice, Skeleton } from '../../../ui/Feedback.tsx'
import { Field, Input } from '../../../ui/Field.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { commonActions, type Explanation, type WhoCanRow } from '../queries.ts'

/** Why can, or cannot, somebody do something here; and who can. The question is part of the URL. */
export function ExplainForm({ scope, me }: { scope: string; me: Session }) {
  const [search, setSearch] = useSearchState()
  const listId = useId()
  const principal = search['principal'] ?? me.name
  const action = search['action'] ?? commonActions[0]?.action ?? ''
  return (
    <Card title="Why can, or can’t, somebody do this?" note="The answer names the deciding assignment, deny or missing action">
      <Stack gap={4}>
        <CardGrid minWidth={260}>
          <Field label="Who" hint="Name or principal id">
            {(control) => (
              <Input {...control} value={principal} onChange={(event) => setSearch({ principal: event.target.value })} />
            )}
          </Field>
          <Field label="Action" hint="Azure’s name of it; common ones are offered">
            {(control) => (
              <>
                <Input
                  {...control}
                  list={listId}
                  value={action}
                  onChange={(event) => setSearch({ action: event.target.value })}
                />
                <datalist id={listId}>
                  {commonActions.map((common) => (
                    <option key={common.action} value={common.action}>
                      {common.label}
                    </option>
                  ))}
                </datalist>
              </>
            )}
          </Field>
        </CardGrid>
        {principal && action ? (
          <Answers scope={scope} principal={principal} action={action} />
        ) : (
          <EmptyState title="Ask a question">Name a person and an action.</EmptyState>
        )}
      </Stack>
    </Card>
  )
}

function Answers({ scope, principal, action }: { scope: string; principal: string; action: string }) {
  const base = `${scope}/providers/Fulcrum.Access`
  const explain = useQuery({
    queryKey: ['arm', scope, 'explain', principal, action],
    queryFn: ({ signal }) => api.get<Explanation>(`${base}/explain`, { query: { principal, action }, signal }),
  })
  const whoCan = useQuery({
    queryKey: ['arm', scope, 'whoCan', action],
    queryFn: async ({ signal }) =>
      (await api.get<{ value: readonly WhoCanRow[] }>(`${base}/whoCan`, { query: { action }, signal })).value,
  })
  return (
    <>
      {explain.error && <Failure error={explain.error} />}
      {!explain.data && !explain.error && <Skeleton lines={2} />}
      {explain.data && (
        <>
          <Notice tone={explain.data.allow ? 'ok' : 'bad'}>
            {principal} {explain.data.allow ? 'may' : 'may not'} do this here, by {explain.data.by.kind}.
          </Notice>
          {explain.data.trail.length > 0 && (
            <ol>
              {explain.data.trail.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ol>
          )}
        </>
      )}
      {whoCan.data && whoCan.data.length > 0 && (
        <SimpleTable
          label="Who can"
          rows={whoCan.data}
          rowKey={(row) => row.principalId + row.assignmentId}
          columns={[
            { id: 'who', header: 'Who can', cell: (row) => `${row.principalName} (${row.principalType})` },
            { id: 'role', header: 'Through role', cell: (row) => row.roleName },
            { id: 'scope', header: 'At', cell: (row) => <code>{row.scope}</code> },
          ]}
        />
      )}
    </>
  )
}
