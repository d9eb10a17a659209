import { useMutation } from '@tanstack/react-query'
import { FlaskConical } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../../api.ts'
import { Failure } from '../../../app/PageFailure.tsx'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameWrite } from '../../../app/same-by.ts'
import { Button } from '../../../ui/Button.tsx'
import { Card, CardGrid, Stack } from '../../../ui/Card.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Field, Input, Select, Textarea } from '../../../ui/Field.tsx'
import { formatDuration } from '../../../ui/format.ts'
import { TabButtons } from '../../../ui/Tabs.tsx'
import { exampleRequest, fieldsOf, toRequest, type Deployment, type Endpoint } from '../endpoint.ts'

/** Scores one row with the caller's own rights: a form from the signature of the model, or JSON. */
export function TestForm({ endpoint, deployments }: { endpoint: Endpoint; deployments: readonly Deployment[] }) {
  const ready = deployments.filter(({ properties }) => properties.provisioningState === 'Succeeded')
  const [name, setName] = useState('')
  if (ready.length === 0) {
    return (
      <Card>
        <EmptyState icon={<FlaskConical />} title="Nothing can answer yet">
          A deployment has to be ready before it can be tried. See the Deployments tab for what it is doing.
        </EmptyState>
      </Card>
    )
  }
  const top = ready.toSorted((a, b) => share(endpoint, b) - share(endpoint, a))[0]
  const chosen = ready.find((deployment) => deployment.name === name) ?? top
  return (
    <>
      <Field label="Deployment" hint="One is asked directly, whatever its share of the traffic">
        {(control) => (
          <Select
            {...control}
            value={name}
            options={[{ value: '', label: 'By traffic' }, ...ready.map((row) => ({ value: row.name, label: row.name }))]}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      {chosen && <Request key={chosen.id} endpoint={endpoint} deployment={chosen} directName={name} />}
    </>
  )
}

function share(endpoint: Endpoint, { name }: Deployment): number {
  return endpoint.properties.traffic?.[name] ?? 0
}

function Request({ endpoint, deployment, directName }: { endpoint: Endpoint; deployment: Deployment; directName: string }) {
  const { signature } = deployment.properties
  const fields = fieldsOf(signature?.inputs)
  const [form, setForm] = useState(fields.length > 0 ? 'form' : 'json')
  const [values, setValues] = useState<Readonly<Record<string, string>>>({})
  const [text, setText] = useState(() => JSON.stringify(exampleRequest(signature), undefined, 2))
  const body = form === 'form' ? toRequest(fields, values) : parse(text)
  const score = useMutation({
    mutationFn: async () => {
      const startMs = performance.now()
      const answer = await api.post<unknown>(`${endpoint.id}/score`, {
        body,
        query: { deployment: directName || undefined },
      })
      return { answer, tookMs: performance.now() - startMs }
    },
  })
  return (
    <>
      <CardGrid minWidth={360}>
        <Card
          title="Request"
          actions={
            fields.length > 0 && (
              <TabButtons
                label="Form of the request"
                tabs={[
                  { id: 'form', label: 'Form' },
                  { id: 'json', label: 'JSON' },
                ]}
                active={form}
                onChange={setForm}
              />
            )
          }
        >
          <form
            onSubmit={(event) => {
              event.preventDefault()
              if (body !== undefined) score.mutate()
            }}
          >
            <Stack gap={3}>
              {form === 'form' ? (
                fields.map((field) => (
                  <Field key={field.name} label={field.name} hint={field.type}>
                    {(control) => (
                      <Input
                        {...control}
                        value={values[field.name] ?? ''}
                        onChange={(event) => setValues({ ...values, [field.name]: event.target.value })}
                      />
                    )}
                  </Field>
                ))
              ) : (
                <Field label="Body" error={body === undefined ? 'This is not JSON.' : undefined}>
                  {(control) => (
                    <Textarea {...control} rows={14} value={text} onChange={(event) => setText(event.target.value)} />
                  )}
                </Field>
              )}
              <Stack row gap={2}>
                <Button
                  type="submit"
                  look="primary"
                  icon={<FlaskConical />}
                  isBusy={score.isPending}
                  disabledReason={body === undefined ? 'The body is not JSON' : undefined}
                >
                  Score
                </Button>
              </Stack>
            </Stack>
          </form>
        </Card>
        <Card title="Answer" note={score.data && `in ${formatDuration(score.data.tookMs)}, measured in this browser`}>
          {score.error ? (
            <Failure error={score.error} />
          ) : score.data ? (
            <CodeBlock code={JSON.stringify(score.data.answer, undefined, 2)} label="Answer" />
          ) : (
            <EmptyState title="Not asked yet">The answer of the deployment appears here, as it came.</EmptyState>
          )}
        </Card>
      </CardGrid>
      <SameByCard
        {...sameWrite(
          `fulcrum endpoint invoke ${endpoint.name}${directName ? ` --deployment-name ${directName}` : ''} --request-file request.json`,
          'POST',
          `${endpoint.id}/score`,
          body,
        )}
      />
    </>
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
