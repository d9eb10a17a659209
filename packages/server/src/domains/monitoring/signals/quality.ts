import type { MonitorMetric } from '@fulcrum/contract'
import { compareColumns, countQuality, type QualityCounts } from '../data/index.ts'
import { dataTypeErrorRate, nullValueRate, outOfBoundsRate } from '../metrics/index.ts'
import { loadSides } from './load-sides.ts'
import { withoutMetrics, type SignalInput, type SignalOutcome } from './types.ts'
import { judge, metricNames, wantedMetrics, worstState } from './verdict.ts'

const rates: Readonly<Record<string, (counts: QualityCounts) => number>> = {
  null_value_rate: ({ nulls, rows }) => nullValueRate(nulls, rows),
  data_type_error_rate: ({ typeErrors, rows }) => dataTypeErrorRate(typeErrors, rows),
  out_of_bounds_rate: ({ outOfBounds, rows }) => outOfBoundsRate(outOfBounds, rows),
}

/** Data quality: missing, unreadable and unusual values of each column, as a difference to the reference's own rates. */
export async function qualitySignal(input: SignalInput): Promise<SignalOutcome> {
  const { metrics: wanted, unknown } = wantedMetrics(input.signal, 'quality')
  if (unknown.length > 0)
    return withoutMetrics('error', `${unknown.join(', ')}: no data quality metric; there are ${metricNames('quality')}.`)
  const sides = await loadSides(input)
  if ('outcome' in sides) return sides.outcome
  const { columns, left } = await compareColumns(input.session, input.signal, sides)
  const metrics: MonitorMetric[] = []
  for (const column of columns) {
    const counts = await countQuality(
      input.session,
      { reference: sides.reference.name, production: sides.production.name },
      column,
    )
    for (const { definition, dataType, threshold } of wanted) {
      if (dataType !== undefined && dataType !== column.dataType) continue
      metrics.push(
        judge(definition, threshold, {
          feature: column.name,
          dataType: column.dataType,
          value: rates[definition.id]?.(counts.production),
          baselineValue: rates[definition.id]?.(counts.reference),
          referenceRows: counts.reference.rows,
          productionRows: counts.production.rows,
        }),
      )
    }
  }
  return {
    state: worstState([
      ...(left.length > 0 && input.signal.features?.features?.length ? ['error' as const] : []),
      ...metrics.map((metric) => metric.state),
    ]),
    message: left.length === 0 ? null : `${left.map((column) => `${column.name}: ${column.reason}`).join('; ')}.`,
    referenceRows: sides.reference.rows,
    productionRows: sides.production.rows,
    metrics,
    histograms: [],
  }
}
