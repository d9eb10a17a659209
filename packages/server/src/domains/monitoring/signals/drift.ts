import type { MonitorMetric } from '@fulcrum/contract'
import {
  otherCategory,
  profileCategories,
  profileNumbers,
  compareColumns,
  type CategoricalProfile,
  type ComparedColumn,
  type NumericalProfile,
} from '../data/index.ts'
import {
  findMetric,
  jensenShannonDistance,
  kolmogorovSmirnovPValue,
  normaliseWasserstein,
  pearsonsChiSquaredTest,
  populationStabilityIndex,
  type MetricDefinition,
} from '../metrics/index.ts'
import { loadSides } from './load-sides.ts'
import { withoutMetrics, type FeatureHistogram, type SignalInput, type SignalOutcome } from './types.ts'
import { adjustPValues, judge, metricNames, wantedMetrics, worstState, type Measured, type WantedMetric } from './verdict.ts'

/** Data drift and prediction drift: each column's production distribution against its reference. */
export async function driftSignal(input: SignalInput): Promise<SignalOutcome> {
  const { metrics: wanted, unknown } = wantedMetrics(input.signal, 'drift')
  if (unknown.length > 0)
    return withoutMetrics('error', `${unknown.join(', ')}: no drift metric; there are ${metricNames('drift')}.`)
  const sides = await loadSides(input)
  if ('outcome' in sides) return sides.outcome
  const { reference, production } = sides
  const { columns, left } = await compareColumns(input.session, input.signal, sides)
  const metrics: MonitorMetric[] = []
  const histograms: FeatureHistogram[] = []
  const tables = { reference: reference.name, production: production.name }
  for (const column of columns) {
    const asked = wanted.filter((metric) => isFor(metric, column))
    if (column.dataType === 'Numerical') {
      const profile = await profileNumbers(input.session, tables, column)
      metrics.push(
        ...withUsual(asked, column).map((metric) =>
          measureNumbers(metric, column, { profile, rows: [reference.rows, production.rows] }),
        ),
      )
      if (profile !== undefined) histograms.push(numericalHistogram(column, profile))
    } else {
      const profile = await profileCategories(input.session, tables, column)
      metrics.push(...withUsual(asked, column).map((metric) => measureCategories(metric, column, profile)))
      histograms.push(categoricalHistogram(column, profile))
    }
  }
  const missing = left.filter((column) => input.signal.features?.features?.includes(column.name))
  const judged = adjustPValues(metrics)
  return {
    state:
      columns.length === 0 || missing.length > 0
        ? worstState(['error', ...judged.map((metric) => metric.state)])
        : worstState(judged.map((metric) => metric.state)),
    message: messageOf(columns, left, input),
    referenceRows: reference.rows,
    productionRows: production.rows,
    metrics: judged,
    histograms,
  }
}

function messageOf(
  columns: readonly ComparedColumn[],
  left: readonly { name: string; reason: string }[],
  input: SignalInput,
): string | null {
  const notes = left.map((column) => `${column.name}: ${column.reason}`)
  if (columns.length === 0) notes.unshift('Reference and production have no column in common')
  if (input.signal.features?.filterType.toLowerCase() === 'topnbyattribution')
    notes.push('Features are not ranked by attribution; all were compared')
  return notes.length === 0 ? null : `${notes.join('; ')}.`
}

function isFor({ definition, dataType }: WantedMetric, column: ComparedColumn): boolean {
  return (dataType === undefined || dataType === column.dataType) && definition.appliesTo.includes(column.dataType)
}

/** The distance by which features are ranked is always shown, judged only when asked for. */
function withUsual(asked: readonly WantedMetric[], column: ComparedColumn): WantedMetric[] {
  const ids =
    column.dataType === 'Numerical' ? ['normalized_wasserstein_distance', 'jensen_shannon_distance'] : ['jensen_shannon_distance']
  const shown = ids
    .flatMap((id) => findMetric(id) ?? [])
    .filter((definition) => !asked.some((metric) => metric.definition === definition))
  return [...asked, ...shown.map((definition) => ({ definition, dataType: column.dataType, threshold: undefined }))]
}

interface NumericalEvidence {
  readonly profile: NumericalProfile | undefined
  /** Rows of either side, with or without a value. */
  readonly rows: readonly [number, number]
}

/** Below this the reference has no spread to measure a distance in. */
const smallestDeviation = 0.001

function measureNumbers(
  { definition, threshold }: WantedMetric,
  column: ComparedColumn,
  { profile, rows }: NumericalEvidence,
): MonitorMetric {
  if (profile === undefined) {
    return judge(definition, threshold, {
      feature: column.name,
      dataType: column.dataType,
      value: undefined,
      referenceRows: 0,
      productionRows: 0,
      details: { reason: 'no finite value on a side' },
    })
  }
  const degenerate =
    definition.id === 'normalized_wasserstein_distance' &&
    profile.area > 0 &&
    (profile.referenceDeviation ?? 0) < smallestDeviation
  return judge(definition, threshold, {
    feature: column.name,
    dataType: column.dataType,
    referenceRows: profile.referenceRows,
    productionRows: profile.productionRows,
    degenerate,
    ...numericalValue(definition, profile, {
      missingReference: rows[0] - profile.referenceRows,
      missingProduction: rows[1] - profile.productionRows,
    }),
  })
}

function numericalValue(
  definition: MetricDefinition,
  profile: NumericalProfile,
  missing: Record<string, number>,
): Pick<Measured, 'value' | 'details'> {
  const bins = { bins: profile.reference.length }
  switch (definition.id) {
    case 'jensen_shannon_distance':
      return { value: jensenShannonDistance(profile.reference, profile.production), details: { ...bins, ...missing } }
    case 'population_stability_index':
      return { value: populationStabilityIndex(profile.reference, profile.production), details: { ...bins, ...missing } }
    case 'normalized_wasserstein_distance':
      return {
        value: normaliseWasserstein(profile.area, profile.referenceDeviation),
        details: { referenceDeviation: profile.referenceDeviation ?? null, ...missing },
      }
    case 'two_sample_kolmogorov_smirnov_test':
      return {
        value: kolmogorovSmirnovPValue(profile.maximumGap, profile.referenceRows, profile.productionRows),
        details: { statistic: profile.maximumGap, ...missing },
      }
    default:
      return { value: undefined, details: { reason: 'not defined for numbers' } }
  }
}

function measureCategories(
  { definition, threshold }: WantedMetric,
  column: ComparedColumn,
  profile: CategoricalProfile,
): MonitorMetric {
  const { reference, production, referenceRows, productionRows } = profile
  const common = { feature: column.name, dataType: column.dataType, referenceRows, productionRows }
  const unseen = production.reduce((sum, count, index) => ((reference[index] ?? 0) === 0 ? sum + count : sum), 0)
  const details = { categories: profile.categories.length, unseenShare: productionRows === 0 ? null : unseen / productionRows }
  switch (definition.id) {
    case 'jensen_shannon_distance':
      return judge(definition, threshold, { ...common, value: jensenShannonDistance(reference, production), details })
    case 'population_stability_index':
      return judge(definition, threshold, { ...common, value: populationStabilityIndex(reference, production), details })
    case 'pearsons_chi_squared_test': {
      const test = pearsonsChiSquaredTest(reference, production)
      return judge(definition, threshold, {
        ...common,
        value: test.pValue,
        details: { ...details, statistic: test.statistic, degreesOfFreedom: test.degreesOfFreedom },
      })
    }
    default:
      return judge(definition, threshold, { ...common, value: undefined, details: { reason: 'not defined for categories' } })
  }
}

function numericalHistogram(column: ComparedColumn, { bins, reference, production }: NumericalProfile): FeatureHistogram {
  return {
    feature: column.name,
    dataType: column.dataType,
    histogram: { edges: [...bins.edges], reference: [...reference], production: [...production] },
  }
}

const shownCategories = 100

/** The most frequent categories; the rest is one bar. */
function categoricalHistogram(column: ComparedColumn, profile: CategoricalProfile): FeatureHistogram {
  const keep = profile.categories.length > shownCategories ? shownCategories - 1 : profile.categories.length
  const fold = (counts: readonly number[]): number[] => {
    const rest = counts.slice(keep).reduce((sum, count) => sum + count, 0)
    return keep < counts.length ? [...counts.slice(0, keep), rest] : [...counts]
  }
  const categories =
    keep < profile.categories.length ? [...profile.categories.slice(0, keep), otherCategory] : [...profile.categories]
  return {
    feature: column.name,
    dataType: column.dataType,
    histogram: { categories, reference: fold(profile.reference), production: fold(profile.production) },
  }
}
