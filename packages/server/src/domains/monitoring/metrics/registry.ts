/**
 * What the platform knows of each metric, as data: alerting, studio axes and documents read only this.
 * Directions are ours where the reference implementation alerts the wrong way round (accuracy, precision, recall).
 */

export type MetricFamily = 'drift' | 'quality' | 'performance'
export type DataType = 'Numerical' | 'Categorical'

export interface MetricDefinition {
  /** Our name and Azure's in YAML. */
  readonly id: string
  /** Further spellings; compared without case and underscores. */
  readonly aliases: readonly string[]
  readonly family: MetricFamily
  readonly appliesTo: readonly (DataType | 'Classification' | 'Regression')[]
  /** `up`: alert above the threshold; `down`: alert below it. */
  readonly direction: 'up' | 'down'
  readonly range: readonly [number, number]
  /** P-values take part in a verdict below 10,000 rows only, adjusted over the features of a signal. */
  readonly isPValue: boolean
  /** Used when a signal names no thresholds; `undefined`: only what is asked for is judged. */
  readonly defaultThreshold: number | undefined
  /** Rows needed on each side for a verdict. */
  readonly minimumRows: number
  readonly description: string
}

const unit = [0, 1] as const
const open = [0, Infinity] as const
const common = { aliases: [], isPValue: false, minimumRows: 100 } as const

export const metricRegistry: readonly MetricDefinition[] = [
  {
    ...common,
    id: 'jensen_shannon_distance',
    family: 'drift',
    appliesTo: ['Numerical', 'Categorical'],
    direction: 'up',
    range: unit,
    defaultThreshold: 0.1,
    description: 'Distance of two distributions over joint bins, log2: 0 same, 1 nothing in common.',
  },
  {
    ...common,
    id: 'population_stability_index',
    family: 'drift',
    appliesTo: ['Numerical', 'Categorical'],
    direction: 'up',
    range: open,
    defaultThreshold: 0.2,
    description: 'Sum of share differences times log ratio, add-one smoothed.',
  },
  {
    ...common,
    id: 'normalized_wasserstein_distance',
    family: 'drift',
    appliesTo: ['Numerical'],
    direction: 'up',
    range: open,
    defaultThreshold: 0.1,
    description: 'Area between the distribution functions in standard deviations of the reference.',
  },
  {
    ...common,
    id: 'two_sample_kolmogorov_smirnov_test',
    family: 'drift',
    appliesTo: ['Numerical'],
    direction: 'down',
    range: unit,
    isPValue: true,
    defaultThreshold: 0.05,
    description: 'P-value of the largest gap between the distribution functions.',
  },
  {
    ...common,
    id: 'pearsons_chi_squared_test',
    aliases: ['chi_squared_test'],
    family: 'drift',
    appliesTo: ['Categorical'],
    direction: 'down',
    range: unit,
    isPValue: true,
    defaultThreshold: 0.05,
    description: 'P-value of the contingency table of categories.',
  },
  {
    ...common,
    id: 'null_value_rate',
    family: 'quality',
    appliesTo: ['Numerical', 'Categorical'],
    direction: 'up',
    range: unit,
    defaultThreshold: 0,
    description: 'Share of rows without a value; the threshold is a delta over the reference.',
  },
  {
    ...common,
    id: 'data_type_error_rate',
    family: 'quality',
    appliesTo: ['Numerical', 'Categorical'],
    direction: 'up',
    range: unit,
    defaultThreshold: 0,
    description: 'Share of values that cannot be read as the type of the reference; the threshold is a delta.',
  },
  {
    ...common,
    id: 'out_of_bounds_rate',
    aliases: ['out_of_bound_rate'],
    family: 'quality',
    appliesTo: ['Numerical', 'Categorical'],
    direction: 'up',
    range: unit,
    defaultThreshold: 0,
    description: 'Share of values outside of the range or set of the reference; the threshold is a delta.',
  },
  {
    ...common,
    id: 'accuracy',
    family: 'performance',
    appliesTo: ['Classification'],
    direction: 'down',
    range: unit,
    defaultThreshold: undefined,
    description: 'Share of rows predicted right.',
  },
  {
    ...common,
    id: 'precision',
    family: 'performance',
    appliesTo: ['Classification'],
    direction: 'down',
    range: unit,
    defaultThreshold: undefined,
    description: 'Macro precision.',
  },
  {
    ...common,
    id: 'recall',
    family: 'performance',
    appliesTo: ['Classification'],
    direction: 'down',
    range: unit,
    defaultThreshold: undefined,
    description: 'Macro recall.',
  },
  {
    ...common,
    id: 'f1',
    aliases: ['f1_score'],
    family: 'performance',
    appliesTo: ['Classification'],
    direction: 'down',
    range: unit,
    defaultThreshold: undefined,
    description: 'Macro F1.',
  },
  {
    ...common,
    id: 'auc',
    aliases: ['area_under_curve', 'roc_auc'],
    family: 'performance',
    appliesTo: ['Classification'],
    direction: 'down',
    range: unit,
    defaultThreshold: undefined,
    description: 'Chance that a positive scores above a negative.',
  },
  {
    ...common,
    id: 'mae',
    aliases: ['mean_absolute_error'],
    family: 'performance',
    appliesTo: ['Regression'],
    direction: 'up',
    range: open,
    defaultThreshold: undefined,
    description: 'Mean absolute error.',
  },
  {
    ...common,
    id: 'mse',
    aliases: ['mean_squared_error'],
    family: 'performance',
    appliesTo: ['Regression'],
    direction: 'up',
    range: open,
    defaultThreshold: undefined,
    description: 'Mean squared error.',
  },
  {
    ...common,
    id: 'rmse',
    aliases: ['root_mean_squared_error'],
    family: 'performance',
    appliesTo: ['Regression'],
    direction: 'up',
    range: open,
    defaultThreshold: undefined,
    description: 'Root of the mean squared error.',
  },
]

/** Finds a metric by any spelling: `NormalizedWassersteinDistance`, `normalized_wasserstein_distance`, an alias. */
export function findMetric(name: string): MetricDefinition | undefined {
  const wanted = spelling(name)
  return metricRegistry.find((metric) => [metric.id, ...metric.aliases].some((candidate) => spelling(candidate) === wanted))
}

function spelling(name: string): string {
  return name.replaceAll(/[_\s-]/g, '').toLowerCase()
}
