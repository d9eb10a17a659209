import { driftSignal } from './drift.ts'
import { performanceSignal } from './performance.ts'
import { qualitySignal } from './quality.ts'
import { withoutMetrics, type SignalInput, type SignalOutcome } from './types.ts'

export { type FeatureHistogram, type SignalOutcome } from './types.ts'
export { worstState } from './verdict.ts'

const computations: Readonly<Record<string, (input: SignalInput) => Promise<SignalOutcome>>> = {
  datadrift: driftSignal,
  predictiondrift: driftSignal,
  dataquality: qualitySignal,
  modelperformance: performanceSignal,
}

/** Computes one signal; kinds of signals that are not computed here end as an error that says so. */
export async function computeSignal(input: SignalInput): Promise<SignalOutcome> {
  const compute = computations[input.signal.signalType.replaceAll('_', '').toLowerCase()]
  if (compute === undefined) {
    return withoutMetrics(
      'error',
      `Signals of type '${input.signal.signalType}' are not computed; there are DataDrift, PredictionDrift, DataQuality and ModelPerformance.`,
    )
  }
  return compute(input)
}
