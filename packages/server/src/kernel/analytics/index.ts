export {
  formatOf,
  identifier,
  literal,
  queryFiles,
  withAnalytics,
  type AnalyticsOptions,
  type AnalyticsParameter,
  type AnalyticsRows,
  type AnalyticsSession,
  type TableFormat,
  type TableSource,
} from './duckdb.ts'
