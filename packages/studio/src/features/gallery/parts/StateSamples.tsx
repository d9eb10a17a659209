import { Boxes } from 'lucide-react'
import { Button } from '../../../ui/Button.tsx'
import { Card, CardGrid, Stack } from '../../../ui/Card.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState, ErrorPanel, NotAllowed, Notice, ProgressLine, Skeleton } from '../../../ui/Feedback.tsx'

/** What is shown when there is nothing, not yet, not any more, or not for you. */
export function StateSamples() {
  return (
    <CardGrid minWidth={420}>
      <Card>
        <EmptyState
          icon={<Boxes />}
          title="No models yet"
          actions={<Button look="primary">Load sample data</Button>}
          teach={<CodeBlock code="az ml model create --name churn --path ./model --type mlflow_model" label="Register a model" />}
        >
          A model is a named series of versions, each with its files, metrics and lineage.
        </EmptyState>
      </Card>
      <Stack>
        <ErrorPanel
          error={{
            code: 'ResourceNotFound',
            message: "Model 'churn' has no version 7; the latest is 4.",
            requestId: '7f3a91c2',
            target: 'version',
          }}
          onRetry={() => undefined}
        />
        <NotAllowed
          action="Microsoft.MachineLearningServices/workspaces/jobs/write"
          scope="/subscriptions/…/workspaces/churn-prod"
        />
        <Notice tone="warn">Reconnecting to the server. What you see may be out of date; it recovers by itself.</Notice>
        <Card title="On its way">
          <Stack>
            <Skeleton lines={3} />
            <ProgressLine label="Building the environment" share={0.64} />
            <ProgressLine label="Waiting" />
          </Stack>
        </Card>
      </Stack>
    </CardGrid>
  )
}
