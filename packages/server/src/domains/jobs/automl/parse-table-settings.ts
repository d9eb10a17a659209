import { invalid } from '@fulcrum/contract'
import { membersOf } from '../component-members.ts'
import { member } from '../sweep/parse-sweep.ts'
import { autoOr, flag, flat, number, numberAt, oneOf, text, texts, type Place } from './read.ts'
import type { Featurization, ForecastSettings } from './types.ts'

/** What AutoML is told of columns and of time. */

const purposes = ['Numeric', 'Categorical', 'CategoricalHash', 'DateTime', 'Text', 'Ignore'] as const
const strategies = ['mean', 'median', 'most_frequent', 'constant'] as const

/** @throws InvalidRequestContent */
export function parseFeaturization(place: Place, notices: string[]): Featurization {
  const mode = oneOf(text(place, 'mode') ?? 'auto', ['auto', 'off', 'custom'], `${place.target}.mode`)
  const language = text(place, 'datasetLanguage')
  if (language !== undefined && flat(language) !== 'eng')
    notices.push(`featurization.datasetLanguage '${language}': words are counted without knowledge of a language.`)
  if (flag(place, 'enableDnnFeaturization', false))
    notices.push('featurization.enableDnnFeaturization: texts become weighted word counts, not embeddings.')
  const parameters = membersOf(member(place.members, 'transformerParams'))
  for (const name of Object.keys(parameters)) {
    if (flat(name) !== 'imputer')
      notices.push(`featurization.transformerParams.${name}: not used; only Imputer takes parameters here.`)
  }
  const imputers = Object.entries(parameters).flatMap(([name, entries]) =>
    flat(name) === 'imputer' && Array.isArray(entries) ? (entries as unknown[]) : [],
  )
  const columnTypes = Object.fromEntries(
    Object.entries(membersOf(member(place.members, 'columnNameAndTypes'))).map(([column, type]) => {
      const purpose = oneOf(String(type), purposes, `${place.target}.columnNameAndTypes.${column}`)
      return [column, purpose === 'CategoricalHash' ? 'Categorical' : purpose]
    }),
  )
  return {
    mode,
    columnTypes,
    blocked: texts(place, 'blockedTransformers'),
    imputers: imputers.map((entry) => readImputer(membersOf(entry), `${place.target}.transformerParams.Imputer`)),
  }
}

function readImputer(entry: Readonly<Record<string, unknown>>, target: string): Featurization['imputers'][number] {
  const parameters = membersOf(entry['parameters'])
  const fields = texts({ members: entry, target }, 'fields')
  if (fields.length === 0) throw invalid(`${target} needs fields: the columns that it is for.`, { target: `${target}.fields` })
  const fill = parameters['fill_value'] ?? parameters['fillValue']
  return {
    fields,
    strategy: oneOf(String(parameters['strategy'] ?? 'mean'), strategies, `${target}.parameters.strategy`),
    ...(typeof fill === 'string' || typeof fill === 'number' ? { fillValue: fill } : {}),
  }
}

const aggregates = ['none', 'sum', 'max', 'min', 'mean'] as const

/** @throws InvalidRequestContent */
export function parseForecasting(place: Place, notices: string[]): ForecastSettings {
  const timeColumn = text(place, 'timeColumnName')
  if (timeColumn === undefined)
    throw invalid('Forecasting needs timeColumnName: the column of dates.', { target: `${place.target}.timeColumnName` })
  const frequency = text(place, 'frequency')
  const aggregate = oneOf(text(place, 'targetAggregateFunction') ?? 'none', aggregates, `${place.target}.targetAggregateFunction`)
  if (aggregate !== 'none' && frequency === undefined)
    throw invalid(`targetAggregateFunction '${aggregate}' needs frequency: to what rows are added up.`, {
      target: `${place.target}.frequency`,
    })
  const cvStepSize = number(place, 'cvStepSize', { min: 1, whole: true })
  noteForecasting(place, notices)
  const lags = autoOr(place, 'targetLags')
  const window = autoOr(place, 'targetRollingWindowSize')
  return {
    timeColumn,
    seriesIdColumns: texts(place, 'timeSeriesIdColumnNames'),
    horizon: readHorizon(place),
    lags: lags === 'auto' ? 'auto' : readLags(lags, `${place.target}.targetLags`),
    rollingWindow:
      window === 'auto' ? 'auto' : (numberAt(window, `${place.target}.targetRollingWindowSize`, { min: 2, whole: true }) ?? 0),
    seasonality: readSeasonality(place),
    ...(frequency === undefined ? {} : { frequency }),
    ...(cvStepSize === undefined ? {} : { cvStepSize }),
    shortSeries: readShortSeries(place),
    ...(aggregate === 'none' ? {} : { aggregate }),
    unknownColumns: texts(place, 'featuresUnknownAtForecastTime'),
  }
}

/** Azure's default is 1. How far one wants to see is no property of the data, so `auto` is refused. */
function readHorizon(place: Place): number {
  const horizon = autoOr(place, 'forecastHorizon')
  const target = `${place.target}.forecastHorizon`
  if (horizon === 'auto')
    throw invalid("forecastHorizon 'auto' is not supported; give the number of periods to forecast.", { target })
  return numberAt(horizon, target, { min: 1, max: 10_000, whole: true }) ?? 1
}

function readLags(value: unknown, target: string): number[] {
  if (value === undefined || value === null) return []
  const lags = (Array.isArray(value) ? value : [value]).map((lag) => numberAt(lag, target, { min: 1, max: 10_000, whole: true }))
  return [...new Set(lags.filter((lag) => lag !== undefined))].toSorted((left, right) => left - right)
}

function readSeasonality(place: Place): number | 'auto' {
  const seasonality = autoOr(place, 'seasonality')
  if (seasonality === 'auto') return 'auto'
  return numberAt(seasonality, `${place.target}.seasonality`, { min: 1, max: 10_000, whole: true }) ?? 'auto'
}

function readShortSeries(place: Place): ForecastSettings['shortSeries'] {
  const written = text(place, 'shortSeriesHandlingConfig') ?? text(place, 'shortSeriesHandlingConfiguration') ?? 'auto'
  const target = `${place.target}.shortSeriesHandlingConfig`
  const found = oneOf(written, ['auto', 'drop', 'pad', 'none'], target)
  if (found !== 'pad') return found
  throw invalid("shortSeriesHandlingConfig 'pad' is not supported: padding invents values. Use 'drop', 'auto' or 'none'.", {
    target,
  })
}

function noteForecasting(place: Place, notices: string[]): void {
  const holidays = text(place, 'countryOrRegionForHolidays')
  if (holidays !== undefined)
    notices.push(
      `forecasting.countryOrRegionForHolidays '${holidays}': no calendar of holidays is used; give a column of them instead.`,
    )
  const lags = text(place, 'featureLags')
  if (lags !== undefined && flat(lags) !== 'none') notices.push('forecasting.featureLags: other columns are not lagged.')
  const stl = text(place, 'useStl')
  if (stl !== undefined && flat(stl) !== 'none')
    notices.push('forecasting.useStl: no decomposition; the calendar and the seasonal algorithms see the season.')
}
