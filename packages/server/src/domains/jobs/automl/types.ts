import type { FinalRole } from '../sweep/types.ts'

/** AutoML for tables as planned: fixed at submission, in the step's spec. It reaches the trial program as `task.json`. */

export type AutoMLTask = 'classification' | 'regression' | 'forecasting'

export interface Featurization {
  readonly mode: 'auto' | 'off' | 'custom'
  /** Purpose of a column by its name: Numeric, Categorical, DateTime, Text, Ignore. */
  readonly columnTypes: Readonly<Record<string, string>>
  /** Azure's names of transformers that must not be used. */
  readonly blocked: readonly string[]
  readonly imputers: readonly {
    readonly fields: readonly string[]
    readonly strategy: string
    readonly fillValue?: string | number
  }[]
}

export interface ForecastSettings {
  readonly timeColumn: string
  readonly seriesIdColumns: readonly string[]
  readonly horizon: number
  readonly lags: readonly number[] | 'auto'
  /** 0 = no rolling window. */
  readonly rollingWindow: number | 'auto'
  readonly seasonality: number | 'auto'
  /** Offset alias of pandas; absent = found in the data. */
  readonly frequency?: string
  readonly cvStepSize?: number
  readonly shortSeries: 'drop' | 'auto' | 'none'
  readonly aggregate?: string
  readonly unknownColumns: readonly string[]
}

/** What a trial does; absent in the spec of the AutoML job itself. */
export interface AutoMLTrial {
  readonly role: 'search' | FinalRole
  readonly number: number
  readonly parameters: Readonly<Record<string, unknown>>
  /** Earlier trials that it reads, the best one first, each by the input that holds what it left. */
  readonly members: readonly {
    readonly input: string
    readonly name: string
    readonly algorithm: string
    readonly score: number
  }[]
}

export interface AutoMLSpec {
  readonly task: AutoMLTask
  /** As it is logged: `AUC_weighted`. */
  readonly metric: string
  readonly goal: 'maximize' | 'minimize'
  readonly targetColumn: string
  readonly weightColumn?: string
  readonly positiveLabel?: string
  /** Share of the training data that is kept for validation. */
  readonly validationSize?: number
  readonly folds: number | 'auto'
  readonly splitColumns: readonly string[]
  readonly featurization: Featurization
  readonly forecasting?: ForecastSettings
  /** Name of the output that holds the MLflow model. */
  readonly modelOutput: string
  readonly algorithms: readonly string[]
  readonly explain: boolean
  readonly maxCores?: number
  readonly concurrent: number
  /** What was asked for and is not honoured, in sentences for people. */
  readonly notices: readonly string[]
  readonly trial?: AutoMLTrial
}

/** Output of each trial for the ones after it: models and validation predictions. Not an output of the job. */
export const trialOutput = 'automl_trial'
