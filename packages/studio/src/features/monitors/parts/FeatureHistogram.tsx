import { useQuery } from '@tanstack/react-query'
import { Panel } from '../../../app/Panel.tsx'
import { HistogramCompare } from '../../../charts/SmallCharts.tsx'
import { Card } from '../../../ui/Card.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { toPair } from '../monitor.ts'
import { featureQuery } from '../queries.ts'

interface FeatureHistogramProps {
  readonly workspaceId: string
  readonly runId: string
  readonly signal: string
  readonly feature: string
}

/** How one column is spread: the reference as outline, production as bars. */
export function FeatureHistogram({ workspaceId, runId, signal, feature }: FeatureHistogramProps) {
  const query = useQuery(featureQuery(workspaceId, runId, feature))
  return (
    <Card title={`${feature}: reference and production`} note="Share of rows in each bin">
      <Panel query={query} height={180}>
        {({ signals }) => {
          const own = signals.find(({ name }) => name === signal) ?? signals[0]
          return own ? (
            <HistogramCompare pair={toPair(own.histogram)} label={`Distribution of ${feature}`} />
          ) : (
            <EmptyState title="No histogram was kept for this column">
              Histograms are kept for columns that a signal compares between reference and production.
            </EmptyState>
          )
        }}
      </Panel>
    </Card>
  )
}
