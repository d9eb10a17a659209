import type { GatewayMetrics, MinuteCounters } from './metrics.ts'
import { latencyBoundsMs } from './metrics.ts'

/** Prometheus text exposition of the gateway's totals. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function prometheusText(metrics: GatewayMetrics): string {
  const lines: string[] = []
  const totals = metrics.totals().map(({ endpointId, deployment, counters }) => ({
    labels: `endpoint="${escape(endpointId)}",deployment="${escape(deployment)}"`,
    counters,
  }))
  const counter = (
    name: string,
    help: string,
    read: (counters: MinuteCounters) => readonly (readonly [string, number])[],
  ): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} counter`)
    for (const { labels, counters } of totals)
      for (const [extra, value] of read(counters)) lines.push(`${name}{${labels}${extra}} ${value}`)
  }
  counter('fulcrum_gateway_requests_total', 'Requests by class of status.', (counters) => [
    [',status_class="2xx"', counters.success],
    [',status_class="4xx"', counters.clientErrors],
    [',status_class="5xx"', counters.serverErrors],
  ])
  counter('fulcrum_gateway_throttled_total', 'Requests refused because too many were in flight.', (counters) => [
    ['', counters.throttled],
  ])
  counter('fulcrum_gateway_timeouts_total', 'Requests that ran into the time limit.', (counters) => [['', counters.timeouts]])
  counter('fulcrum_gateway_model_errors_total', 'Requests that the model answered with an error.', (counters) => [
    ['', counters.modelErrors],
  ])
  counter('fulcrum_gateway_collected_rows_total', 'Rows collected for monitoring.', (counters) => [['', counters.collectedRows]])
  counter('fulcrum_gateway_dropped_rows_total', 'Rows dropped by the collector.', (counters) => [['', counters.droppedRows]])
  const name = 'fulcrum_gateway_request_duration_seconds'
  lines.push(`# HELP ${name} Time from the request's last byte to the answer.`, `# TYPE ${name} histogram`)
  for (const { labels, counters } of totals) {
    let seen = 0
    for (const [index, bound] of latencyBoundsMs.entries()) {
      seen += counters.buckets[index] ?? 0
      if (index % 4 === 0) lines.push(`${name}_bucket{${labels},le="${bound / 1000}"} ${seen}`)
    }
    lines.push(
      `${name}_bucket{${labels},le="+Inf"} ${counters.requests}`,
      `${name}_sum{${labels}} ${counters.latencySumMs / 1000}`,
      `${name}_count{${labels}} ${counters.requests}`,
    )
  }
  return `${lines.join('\n')}\n`
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
