import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../../api.ts'
import { Button } from '../../../ui/Button.tsx'
import { Dialog } from '../../../ui/Dialog.tsx'
import { ErrorPanel } from '../../../ui/Feedback.tsx'
import { Field, Textarea } from '../../../ui/Field.tsx'
import { useToast } from '../../../ui/Toast.tsx'
import type { GateView, Release } from '../release.ts'

export type Verdict = 'approve' | 'reject'

interface DecideDialogProps {
  readonly release: Release
  readonly view: GateView
  /** Undefined: the dialog is closed. */
  readonly verdict: Verdict | undefined
  onClose(): void
}

/** Asks for a comment and records the decision; the server's refusal is shown as it came. */
export function DecideDialog({ release, view, verdict, onClose }: DecideDialogProps) {
  const client = useQueryClient()
  const toast = useToast()
  const [comment, setComment] = useState('')
  const { displayName } = view.gate.properties
  const word = verdict === 'reject' ? 'Reject' : 'Approve'
  const decide = useMutation({
    mutationFn: () =>
      api.post(`${release.id}/gates/${encodeURIComponent(view.gate.name)}/decide`, {
        body: { verdict, ...(comment.trim() && { comment: comment.trim() }) },
      }),
    onSuccess: () => {
      toast({ text: `Gate “${displayName}” ${verdict === 'reject' ? 'rejected' : 'approved'}`, status: 'Succeeded' })
      void client.invalidateQueries({ queryKey: ['arm', release.id] })
      void client.invalidateQueries({ queryKey: ['arm-type', 'Fulcrum.Delivery/releases'] })
      close()
    },
  })
  const close = () => {
    decide.reset()
    setComment('')
    onClose()
  }
  return (
    <Dialog
      isOpen={verdict !== undefined}
      onClose={close}
      title={`${word} gate “${displayName}”`}
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button look={verdict === 'reject' ? 'danger' : 'primary'} isBusy={decide.isPending} onClick={() => decide.mutate()}>
            {word}
          </Button>
        </>
      }
    >
      <p>
        The decision is bound to the digest <code>{release.properties.digest}</code> and to the evidence recorded for it, and
        stays in the audit log.
      </p>
      <Field label="Comment" hint="Why; everybody who may read the release sees it.">
        {(control) => <Textarea {...control} value={comment} onChange={(event) => setComment(event.target.value)} />}
      </Field>
      {decide.error && <ErrorPanel title="The server refused the decision" error={decide.error} />}
    </Dialog>
  )
}
