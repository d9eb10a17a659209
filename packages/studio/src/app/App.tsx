import { useQuery } from '@tanstack/react-query'
import { Outlet, useRouter } from '@tanstack/react-router'
import { useMemo } from 'react'
import { ErrorPanel } from '../ui/Feedback.tsx'
import { NavigationProvider } from '../ui/navigation.tsx'
import { PageBody } from '../ui/Page.tsx'
import { ToastProvider } from '../ui/Toast.tsx'
import { TooltipProvider } from '../ui/Tooltip.tsx'
import { sessionQuery } from './queries.ts'
import { Shell } from './Shell.tsx'
import { SignInPage } from './SignInPage.tsx'

/** What every page stands on, signed in or not. */
export function App() {
  const { history } = useRouter()
  const navigation = useMemo(() => ({ push: (href: string) => history.push(href) }), [history])
  return (
    <NavigationProvider value={navigation}>
      <TooltipProvider>
        <ToastProvider>
          <Outlet />
        </ToastProvider>
      </TooltipProvider>
    </NavigationProvider>
  )
}

/** Lets in who is signed in; the others see the sign-in page under the same URL. */
export function SignedIn() {
  const session = useQuery(sessionQuery())
  if (session.data === null) return <SignInPage />
  if (session.data) {
    return (
      <Shell session={session.data}>
        <Outlet />
      </Shell>
    )
  }
  if (session.error) {
    return (
      <PageBody>
        <ErrorPanel title="Fulcrum cannot be reached" error={session.error} onRetry={() => void session.refetch()} />
      </PageBody>
    )
  }
  return undefined
}
