import { useState } from 'react'
import { LineChart } from '../../../charts/LineChart.tsx'
import { BarChart, HistogramCompare, StatTile, TrafficBar } from '../../../charts/SmallCharts.tsx'
import { Card, CardGrid, Stack } from '../../../ui/Card.tsx'
import { Slider, Switch } from '../../../ui/Field.tsx'
import { sampleSeries } from '../samples.ts'

const trend = [4, 6, 5, 8, 7, 9, 12, 11, 14, 13, 16, 15]

/** Figures and charts. */
export function ChartSamples() {
  const [smoothing, setSmoothing] = useState(0)
  const [isLogScale, setLogScale] = useState(false)
  return (
    <Stack>
      <CardGrid minWidth={220}>
        <StatTile label="Requests" value="1,284" unit="per minute" note="12 % above last week" trend={trend} />
        <StatTile label="Latency, 95th percentile" value="38" unit="ms" note="limit 120 ms" trend={trend.toReversed()} />
        <StatTile label="Error rate" value="0.02" unit="%" note="3 of 18,402" />
        <StatTile label="Spend this month" value="412" unit="of 600" note="forecast 583" trend={trend} />
      </CardGrid>
      <CardGrid minWidth={400}>
        <Card>
          <Stack gap={3}>
            <Stack row gap={4}>
              <Slider label="Smoothing" min={0} max={0.99} step={0.01} value={smoothing} onChange={setSmoothing} />
              <Switch label="Log scale" isOn={isLogScale} onChange={setLogScale} />
            </Stack>
            <LineChart title="loss" series={sampleSeries} xLabel="step" smoothing={smoothing} isLogScale={isLogScale} />
          </Stack>
        </Card>
        <Card title="tenure" note="Jensen–Shannon distance 0.21, threshold 0.10">
          <HistogramCompare
            label="tenure: reference against production"
            pair={{
              labels: ['0–6', '6–12', '12–18', '18–24', '24–30', '30–36', '36–42', '42–48', '48–54', '54–60'],
              reference: [42, 88, 140, 172, 160, 121, 84, 52, 28, 13],
              production: [12, 24, 51, 88, 132, 168, 150, 104, 66, 31],
            }}
          />
        </Card>
        <Card title="Traffic">
          <TrafficBar
            label="Traffic of churn"
            shares={[
              { id: 'blue', label: 'blue', percent: 80 },
              { id: 'green', label: 'green', percent: 15 },
            ]}
          />
        </Card>
        <Card title="Feature importance">
          <BarChart
            label="Feature importance"
            bars={[
              { label: 'tenure', value: 0.41 },
              { label: 'monthly_charges', value: 0.27 },
              { label: 'contract_type', value: 0.18 },
              { label: 'senior_citizen', value: -0.06 },
            ]}
          />
        </Card>
      </CardGrid>
    </Stack>
  )
}
