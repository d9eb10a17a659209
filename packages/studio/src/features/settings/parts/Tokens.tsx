import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../../api.ts'
import { Panel } from '../../../app/Panel.tsx'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameWrite } from '../../../app/same-by.ts'
import { Button } from '../../../ui/Button.tsx'
import { Card, Stack } from '../../../ui/Card.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState, ErrorPanel, Notice } from '../../../ui/Feedback.tsx'
import { Field, Input, Select } from '../../../ui/Field.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'

interface Token {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly expiresAt: string
  readonly lastUsedAt?: string
  readonly scopes?: readonly string[]
}

const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: async ({ signal }) => (await api.get<{ value: readonly Token[] }>('/auth/tokens', { signal })).value,
})

/** One's personal access tokens: issue, see, revoke. */
export function Tokens() {
  const tokens = useQuery(tokensQuery)
  return (
    <>
      <NewToken />
      <Panel query={tokens}>{(rows) => <TokenList tokens={rows} />}</Panel>
      <SameByCard
        {...sameWrite('fulcrum token create laptop --days 30', 'POST', '/auth/tokens', {
          name: 'laptop',
          expiresInDays: 30,
        })}
      />
    </>
  )
}

function NewToken() {
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [days, setDays] = useState('30')
  const create = useMutation({
    mutationFn: () =>
      api.post<Token & { token: string }>('/auth/tokens', { body: { name: name.trim(), expiresInDays: Number(days) } }),
    onSuccess: () => {
      setName('')
      void client.invalidateQueries({ queryKey: tokensQuery.queryKey })
    },
  })
  return (
    <Card title="New token" note="For the command line, the Python SDK and the mlflow client; it may do what you may do">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (name.trim()) create.mutate()
        }}
      >
        <Stack gap={3}>
          <Field label="Name" hint="What it is for, such as the machine it will live on">
            {(control) => <Input {...control} value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />}
          </Field>
          <Field label="Valid for">
            {(control) => (
              <Select
                {...control}
                value={days}
                options={['1', '7', '30', '90', '365'].map((value) => ({
                  value,
                  label: value === '1' ? '1 day' : `${value} days`,
                }))}
                onChange={(event) => setDays(event.target.value)}
              />
            )}
          </Field>
          {create.error && <ErrorPanel title="No token was issued" error={create.error} />}
          {create.data && (
            <>
              <Notice tone="ok">Copy it now: it is shown this once.</Notice>
              <CodeBlock code={create.data.token} label="The new token" />
            </>
          )}
          <Stack row gap={2}>
            <Button
              type="submit"
              look="primary"
              icon={<KeyRound />}
              isBusy={create.isPending}
              disabledReason={name.trim() ? undefined : 'Give it a name first'}
            >
              Create token
            </Button>
          </Stack>
        </Stack>
      </form>
    </Card>
  )
}

function TokenList({ tokens }: { tokens: readonly Token[] }) {
  const client = useQueryClient()
  const revoke = useMutation({
    mutationFn: (id: string) => api.delete(`/auth/tokens/${encodeURIComponent(id)}`),
    onSettled: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  })
  return (
    <Card title="Your tokens" isFlush>
      {revoke.error && <ErrorPanel title="The token was not revoked" error={revoke.error} />}
      {tokens.length > 0 ? (
        <SimpleTable
          label="Your tokens"
          rows={tokens}
          rowKey={({ id }) => id}
          columns={[
            { id: 'name', header: 'Name', cell: (row) => <strong>{row.name}</strong> },
            { id: 'scopes', header: 'May', cell: (row) => row.scopes?.join(', ') ?? 'everything you may' },
            { id: 'created', header: 'Created', cell: (row) => <RelativeTime time={row.createdAt} /> },
            { id: 'used', header: 'Last used', cell: (row) => <RelativeTime time={row.lastUsedAt} /> },
            { id: 'expires', header: 'Expires', cell: (row) => <RelativeTime time={row.expiresAt} /> },
            {
              id: 'revoke',
              header: 'Revoke',
              cell: (row) => (
                <Button size="s" icon={<Trash2 />} aria-label={`Revoke ${row.name}`} onClick={() => revoke.mutate(row.id)}>
                  Revoke
                </Button>
              ),
            },
          ]}
        />
      ) : (
        <EmptyState icon={<KeyRound />} title="No tokens yet">
          A token signs in programs in your name. It is never wider than what you may do yourself, and you can revoke it at once.
        </EmptyState>
      )}
    </Card>
  )
}
