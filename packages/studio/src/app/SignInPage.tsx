import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { api } from '../api.ts'
import { Button } from '../ui/Button.tsx'
import { ErrorPanel } from '../ui/Feedback.tsx'
import { Field, Input } from '../ui/Field.tsx'
import { PageHeader } from '../ui/Page.tsx'
import { Logo } from './Rail.tsx'
import styles from './shell.module.css'

/**
 * Where a sign-in link leads: `/login#token=…`. The fragment never reaches a server's log; it is taken out of the
 * address at once, because the token works only once anyway.
 */
export function LoginPage() {
  const router = useRouter()
  const [token] = useState(() => new URLSearchParams(window.location.hash.slice(1)).get('token') ?? '')
  return <SignInPage linkToken={token} onSignedIn={() => router.history.replace('/home')} />
}

/** Signs in with a one-time or personal token; the session is a cookie the page cannot read. */
export function SignInPage({ linkToken = '', onSignedIn }: { linkToken?: string; onSignedIn?: () => void }) {
  const client = useQueryClient()
  const [token, setToken] = useState('')
  const signIn = useMutation({
    mutationFn: (given: string) => api.post('/auth/session', { body: { token: given.trim() } }),
    onSuccess: async () => {
      await client.invalidateQueries()
      onSignedIn?.()
    },
  })
  const { mutate } = signIn
  const isSent = useRef(false)
  useEffect(() => {
    if (!linkToken || isSent.current) return
    isSent.current = true
    window.history.replaceState(window.history.state, '', window.location.pathname)
    mutate(linkToken)
  }, [linkToken, mutate])
  return (
    <main className={styles.signIn}>
      <form
        className={styles.signInCard}
        onSubmit={(event) => {
          event.preventDefault()
          signIn.mutate(token)
        }}
      >
        <Logo size={44} />
        <PageHeader title="Sign in to Fulcrum" />
        <p className={styles.muted}>
          Open the link that the server printed when it started, or paste a token: the one from such a link (
          <code>fulcrum login</code> prints another), or a personal access token.
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
