import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api.ts'
import { Button } from '../ui/Button.tsx'
import { ErrorPanel } from '../ui/Feedback.tsx'
import { Field, Input } from '../ui/Field.tsx'
import { PageHeader } from '../ui/Page.tsx'
import { Logo } from './Rail.tsx'
import styles from './shell.module.css'

/** Signs in with a one-time or personal token; the session is a cookie the page cannot read. */
export function SignInPage() {
  const client = useQueryClient()
  const [token, setToken] = useState('')
  const signIn = useMutation({
    mutationFn: () => api.post('/auth/session', { body: { token: token.trim() } }),
    onSuccess: () => client.invalidateQueries(),
  })
  return (
    <main className={styles.signIn}>
      <form
        className={styles.signInCard}
        onSubmit={(event) => {
          event.preventDefault()
          signIn.mutate()
        }}
      >
        <Logo size={44} />
        <PageHeader title="Sign in to Fulcrum" />
        <p className={styles.muted}>
          Paste the one-time token that the server printed when it started, or a personal access token.
        </p>
        <Field label="Token">
          {(control) => (
            <Input
              {...control}
              type="password"
              autoFocus
              required
              value={token}
              onChange={(event) => setToken(event.target.value)}
            />
          )}
        </Field>
        {signIn.error && <ErrorPanel title="Signing in failed" error={signIn.error} />}
        <Button
          type="submit"
          look="primary"
          isBusy={signIn.isPending}
          disabledReason={token.trim() ? undefined : 'Paste a token first'}
        >
          Sign in
        </Button>
      </form>
    </main>
  )
}
