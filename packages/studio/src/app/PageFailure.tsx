import type { ErrorComponentProps } from '@tanstack/react-router'
import { Compass } from 'lucide-react'
import { ApiError } from '../api.ts'
import { ButtonLink } from '../ui/Button.tsx'
import { EmptyState, ErrorPanel, NotAllowed } from '../ui/Feedback.tsx'
import { PageBody, PageHeader } from '../ui/Page.tsx'
import { missingPermission } from './missing-permission.ts'

/** The panel that fits an error: "not allowed" for a denial, message and request id for the rest. */
export function Failure({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  if (error instanceof ApiError && error.status === 403)
    return <NotAllowed {...missingPermission(error)} message={error.message} />
  return <ErrorPanel error={error} {...(onRetry && { onRetry })} />
}

/** A page that failed while drawing; the shell around it stays. */
export function PageFailure({ error, reset }: ErrorComponentProps) {
  return (
    <PageBody>
      <PageHeader title="This page failed" />
      <Failure error={error instanceof Error ? error : new Error(String(error))} onRetry={reset} />
    </PageBody>
  )
}

export function NotFoundPage() {
  return (
    <PageBody>
      <PageHeader title="No such page" />
      <EmptyState
        icon={<Compass />}
        title="Nothing lives at this address"
        actions={<ButtonLink href="/home">Go to Home</ButtonLink>}
      >
        The link may be from another workspace, or the thing was deleted.
      </EmptyState>
    </PageBody>
  )
}
