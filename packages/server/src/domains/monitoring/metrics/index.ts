export { jointBins, countInBins, type Bins, type Range } from './bins.ts'
export {
  jensenShannonDistance,
  oneSampleChiSquaredTest,
  pearsonsChiSquaredTest,
  populationStabilityIndex,
  type ChiSquared,
  type Counts,
} from './distributions.ts'
export {
  empiricalDistances,
  normaliseWasserstein,
  normalizedWassersteinDistance,
  twoSampleKolmogorovSmirnovTest,
} from './empirical.ts'
export { adjustForFalseDiscovery } from './false-discovery.ts'
export { kolmogorovSmirnovPValue } from './kolmogorov.ts'
export { areaUnderCurve, classificationScores, regressionErrors, type ConfusionCell, type ScoreGroup } from './performance.ts'
export { dataTypeErrorRate, nullValueRate, outOfBoundsRate } from './quality.ts'
export { findMetric, metricRegistry, type DataType, type MetricDefinition, type MetricFamily } from './registry.ts'
