import { invalid, thresholdsOf, type MonitorMetric } from '@fulcrum/contract'
import {
  confusion,
  errorSums,
  hasScores,
  joinTruth,
  loadTable,
  scoreCutoff,
  scoreGroups,
  windowOf,
  type JoinedTruth,
} from '../data/index.ts'
import { areaUnderCurve, classificationScores, metricRegistry, regressionErrors } from '../metrics/index.ts'
import { noProduction, productionEntry, spanOf } from './load-sides.ts'
import { withoutMetrics, type SignalInput, type SignalOutcome } from './types.ts'
import { judge, metricNames, wantedMetrics, worstState } from './verdict.ts'

/** Model performance: predictions of the window against the truth that has arrived for them. */
export async function performanceSignal(input: SignalInput): Promise<SignalOutcome> {
  const { metrics: wanted, unknown } = wantedMetrics(input.signal, 'performance')
  if (unknown.length > 0)
    return withoutMetrics('error', `${unknown.join(', ')}: no performance metric; there are ${metricNames('performance')}.`)
  const entry = productionEntry(input, 'model_outputs')
  const truthEntry = input.signal.referenceData
  if (truthEntry === null || truthEntry === undefined)
    throw invalid(`Signal '${input.name}' has no referenceData with the truth.`, {
      target: `signals.${input.name}.referenceData`,
    })
  const window = windowOf(entry, input.now) ?? input.window
  const request = { workspaceId: input.workspaceId }
  const production = await loadTable(input.ctx, input.session, { ...request, data: entry, window, name: 'production' })
  if (production === undefined || production.rows === 0) return noProduction(entry, window, production)
  const truth = await loadTable(input.ctx, input.session, {
    ...request,
    data: truthEntry,
    window: windowOf(truthEntry, input.now),
    name: 'truth',
  })
  if (truth === undefined || truth.rows === 0)
    return withoutMetrics('no_data', `No truth has arrived in '${truthEntry.uri}'.`, { production })
  const joined = await joinTruth(input.session, { production, truth }, { production: entry.columns, truth: truthEntry.columns })
  if (joined.rows === 0) {
    return withoutMetrics(
      'no_data',
      `None of ${joined.predictions} predictions${spanOf(window)} has a truth in '${truthEntry.uri}'; compare the two correlation ids.`,
      { reference: truth, production },
    )
  }
  const values = taskOf(input) === 'Regression' ? await regressionValues(input) : await classificationValues(input)
  const metrics = Object.entries(values.values).flatMap(([id, value]): MonitorMetric[] => {
    const definition = metricRegistry.find((metric) => metric.id === id)
    if (definition === undefined) return []
    const threshold = wanted.find((metric) => metric.definition === definition)?.threshold
    return [
      judge(definition, threshold, {
        feature: '',
        dataType: null,
        value,
        referenceRows: joined.rows,
        productionRows: joined.rows,
        details: { ...coverage(joined), ...values.details },
      }),
    ]
  })
  const absent = wanted.filter((metric) => !metrics.some((found) => found.metric === metric.definition.id))
  return {
    state: worstState([...metrics.map((metric) => metric.state), ...(absent.length > 0 ? ['error' as const] : [])]),
    message: `${joined.rows} of ${joined.predictions} predictions have a truth.${absent.length > 0 ? ` Not computed for this task: ${absent.map((metric) => metric.definition.id).join(', ')}.` : ''}`,
    referenceRows: truth.rows,
    productionRows: production.rows,
    metrics,
    histograms: [],
  }
}

interface Values {
  readonly values: Readonly<Record<string, number>>
  readonly details: Readonly<Record<string, unknown>>
}

async function classificationValues({ session }: SignalInput): Promise<Values> {
  const scores = await hasScores(session)
  const values = classificationScores(await confusion(session, scores))
  if (!scores) return { values: { ...values }, details: {} }
  return { values: { ...values, auc: areaUnderCurve(await scoreGroups(session)) }, details: { cutoff: scoreCutoff } }
}

async function regressionValues({ session }: SignalInput): Promise<Values> {
  return { values: regressionErrors(await errorSums(session)), details: {} }
}

function coverage(joined: JoinedTruth): Record<string, number> {
  return { predictions: joined.predictions, withTruth: joined.rows, labelCoverage: joined.rows / joined.predictions }
}

/** From the monitoring target, or from the metrics that are asked for. */
function taskOf({ taskType, signal }: SignalInput): 'Classification' | 'Regression' {
  const types = thresholdsOf(signal).flatMap((entry) => entry.modelType ?? [])
  return [taskType, ...types].some((type) => type?.toLowerCase() === 'regression') ? 'Regression' : 'Classification'
}
