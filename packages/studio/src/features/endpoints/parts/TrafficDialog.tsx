import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../../api.ts'
import { TrafficBar } from '../../../charts/SmallCharts.tsx'
import { Button } from '../../../ui/Button.tsx'
import { Stack } from '../../../ui/Card.tsx'
import { Dialog } from '../../../ui/Dialog.tsx'
import { ErrorPanel } from '../../../ui/Feedback.tsx'
import { Field, Input } from '../../../ui/Field.tsx'
import { useToast } from '../../../ui/Toast.tsx'
import { problemOfTraffic, sharesOf, type Deployment, type Endpoint, type Percents } from '../endpoint.ts'

interface TrafficDialogProps {
  readonly endpoint: Endpoint
  readonly deployments: readonly Deployment[]
  onClose(): void
}

/** Changes the split, with what it is and what it will be side by side. A change of somebody else meanwhile is refused, not overwritten. */
export function TrafficDialog({ endpoint, deployments, onClose }: TrafficDialogProps) {
  const client = useQueryClient()
  const toast = useToast()
  const before = endpoint.properties.traffic ?? {}
  const [traffic, setTraffic] = useState<Percents>(() =>
    Object.fromEntries(deployments.map(({ name }) => [name, before[name] ?? 0])),
  )
  const problem = problemOfTraffic(traffic)
  const save = useMutation({
    mutationFn: async () => {
      const { location, tags, properties } = await api.get<Endpoint>(endpoint.id)
      const { authMode, description, mirrorTraffic } = properties
      await api.put(endpoint.id, {
        body: { location, tags, properties: { authMode, description, mirrorTraffic, traffic } },
        ...(endpoint.etag && { ifMatch: endpoint.etag }),
      })
    },
    onSuccess: () => {
      toast({ text: 'The traffic is being changed', status: 'Succeeded' })
      void client.invalidateQueries({ queryKey: ['arm', endpoint.id] })
      onClose()
    },
  })
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Traffic of ${endpoint.name}`}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" isBusy={save.isPending} disabledReason={problem} onClick={() => save.mutate()}>
            Save
          </Button>
        </>
      }
    >
      <Stack gap={4}>
        {deployments.map(({ name }) => (
          <Field key={name} label={`Percent to ${name}`}>
            {(control) => (
              <Input
                {...control}
                type="number"
                min={0}
                max={100}
                step={1}
                value={String(traffic[name] ?? 0)}
                onChange={(event) => setTraffic({ ...traffic, [name]: event.target.valueAsNumber || 0 })}
              />
            )}
          </Field>
        ))}
        <div>
          <p>Now</p>
          <TrafficBar label="Traffic now" shares={sharesOf(before)} />
        </div>
        <div>
          <p>After saving</p>
          <TrafficBar label="Traffic after saving" shares={sharesOf(traffic)} />
        </div>
        {problem && <p role="alert">{problem}</p>}
        {save.error && <ErrorPanel title="The server refused the change" error={save.error} />}
      </Stack>
    </Dialog>
  )
}
