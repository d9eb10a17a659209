import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import { registerUriResolver } from '../storage/index.ts'
import { artifactPathOf } from './artifacts.ts'
import './tables.ts'
import { artifactRoutes } from './mlflow/artifact-routes.ts'
import { renderMlflowError } from './mlflow/errors.ts'
import { forgetWorkspaces } from './experiments.ts'
import { experimentRoutes } from './mlflow/experiment-routes.ts'
import { loggedModelRoutes } from './mlflow/logged-model-routes.ts'
import { metricRoutes } from './mlflow/metric-routes.ts'
import { runRoutes } from './mlflow/run-routes.ts'
import { artifactStoreUri, resolveRunUri } from './run-uri.ts'
import { serverRoutes } from './mlflow/server-routes.ts'

export { artifactPathOf, filesBelow, mountArtifacts, type ArtifactFile } from './artifacts.ts'
export {
  endJobRun,
  ensureJobRun,
  ensureJobRuns,
  logSystemMetrics,
  readLatestMetrics,
  readMetricValues,
  setJobRunStatuses,
  setJobRunTags,
  type JobRun,
  type JobRunChange,
} from './jobs.ts'
export { findLoggedModel } from './logged-models.ts'
export { findRunFolder } from './run-uri.ts'
export { findRun, runFolder, type RunStatus } from './runs.ts'
export type { TrackingScope } from './scope.ts'
export { nextPage, searchInput } from './mlflow/experiment-routes.ts'
export { sendArtifact } from './mlflow/file-reply.ts'
export { mlflowFileRoutes, mlflowRoutes, type MlflowRequest } from './mlflow/handler.ts'
export { resolver as mapsResolver } from './search/columns.ts'
export { searchPage, type SearchInput } from './search/page.ts'
export type { OrderTerm } from './search/parse.ts'
export type { Column, Resolver } from './search/to-sql.ts'
export type { LoggedModelRow, RunRow } from './tables.ts'

/** Experiments, runs, metrics, artifacts and logged models, spoken as MLflow. */
export function trackingDomain(ctx: Context): DomainModule {
  registerUriResolver(ctx, 'runs', (_ctx, workspaceId, uri) => resolveRunUri(ctx, workspaceId, uri))
  registerUriResolver(ctx, 'mlflow-artifacts', async (_ctx, _workspaceId, uri) => ({
    uri: artifactStoreUri(artifactPathOf(uri) ?? ''),
  }))
  return {
    name: 'tracking',
    routes: [
      ...experimentRoutes(ctx),
      ...runRoutes(ctx),
      ...metricRoutes(ctx),
      ...artifactRoutes(ctx),
      ...loggedModelRoutes(ctx),
      ...serverRoutes(),
    ],
    renderers: { mlflow: renderMlflowError },
    subscriptions: [
      {
        reader: 'tracking.forget',
        types: ['workspaces.deleted', 'resourceGroups.deleted'],
        handle: (event) => forgetWorkspaces(ctx.db.kysely, event.subject, event.time),
      },
    ],
  }
}
