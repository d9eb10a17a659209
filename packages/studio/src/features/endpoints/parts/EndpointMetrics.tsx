import { useQuery } from '@tanstack/react-query'
import { ChartLine } from 'lucide-react'
import { Panel } from '../../../app/Panel.tsx'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameRead } from '../../../app/same-by.ts'
import { useSearchState } from '../../../app/search-state.ts'
import { LineChart } from '../../../charts/LineChart.tsx'
import { Card, CardGrid } from '../../../ui/Card.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Select } from '../../../ui/Field.tsx'
import { Toolbar } from '../../../ui/Page.tsx'
import { curvesOf, errorCurvesOf } from '../endpoint.ts'
import { metricsQuery } from '../queries.ts'

const ranges = [
  { value: '15', label: 'Last 15 minutes' },
  { value: '60', label: 'Last hour' },
  { value: '360', label: 'Last 6 hours' },
  { value: '1440', label: 'Last day' },
]

/** Rate, latency and errors of each deployment, by minute. */
export function EndpointMetrics({ endpointId }: { endpointId: string }) {
  const [search, setSearch] = useSearchState()
  const minutes = ranges.find(({ value }) => value === search['range'])?.value ?? '60'
  const metrics = useQuery(metricsQuery(endpointId, Number(minutes)))
  return (
    <>
      <Toolbar label="Time range">
        <Select
          aria-label="Time range"
          value={minutes}
          options={ranges}
          onChange={(event) => setSearch({ range: event.target.value })}
        />
      </Toolbar>
      <Panel query={metrics} height={260}>
        {({ value }) => {
          const charts = [
            { title: 'Requests per minute', series: curvesOf(value, 'RequestsPerMinute') },
            { title: 'Errors, % of requests', series: errorCurvesOf(value) },
            { title: 'Latency p50, ms', series: curvesOf(value, 'RequestLatency_P50') },
            { title: 'Latency p99, ms', series: curvesOf(value, 'RequestLatency_P99') },
            { title: 'Requests in flight, highest', series: curvesOf(value, 'ConnectionsActive') },
            { title: 'Collected rows per minute', series: curvesOf(value, 'DataCollectionEventsPerMinute') },
          ].filter(({ series }) => series.length > 0)
          return charts.length > 0 ? (
            <CardGrid minWidth={420}>
              {charts.map(({ title, series }) => (
                <Card key={title}>
                  <LineChart title={title} series={series} xLabel="minutes" cursorGroup={endpointId} />
                </Card>
              ))}
            </CardGrid>
          ) : (
            <Card>
              <EmptyState icon={<ChartLine />} title="No request in this time">
                Figures appear a minute after the first request. Try one in the Test tab, or choose a longer time.
              </EmptyState>
            </Card>
          )
        }}
      </Panel>
      <SameByCard {...sameRead(undefined, `${endpointId}/metrics`)} />
    </>
  )
}
