import type { Migration } from 'kysely'
import * as kernel from './0001-kernel.ts'
import * as secrets from './0002-secrets.ts'
import * as storage from './0020-storage.ts'
import * as environments from './0021-environments.ts'
import * as tracking from './0030-tracking.ts'
import * as models from './0031-models.ts'
import * as jobs from './0040-jobs.ts'
import * as endpoints from './0050-endpoints.ts'
import * as monitoring from './0070-monitoring.ts'
import * as deviceCodes from './0080-device-codes.ts'
import * as blobProtocol from './0081-blob-protocol.ts'
import * as sweeps from './0082-sweeps.ts'
import * as batchEndpoints from './0083-batch-endpoints.ts'
import * as controlFlow from './0085-control-flow.ts'
import * as queue from './0087-queue.ts'
import * as engineSpeed from './0088-engine-speed.ts'
import * as scheduleFires from './0092-schedule-fires.ts'
import * as automl from './0093-automl.ts'
import * as runtimeEnvironments from './0094-environments.ts'
import * as largeGraphs from './0095-large-graphs.ts'

/**
 * Every migration by name, oldest first. Forward only: a released one is never edited, a mistake gets a migration of its own.
 * Add `NNNN-name.ts` (exporting `up`) and a line here; numbers must not repeat.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-kernel': kernel,
  '0002-secrets': secrets,
  '0020-storage': storage,
  '0021-environments': environments,
  '0030-tracking': tracking,
  '0031-models': models,
  '0040-jobs': jobs,
  '0050-endpoints': endpoints,
  '0070-monitoring': monitoring,
  '0080-device-codes': deviceCodes,
  '0081-blob-protocol': blobProtocol,
  '0082-sweeps': sweeps,
  '0083-batch-endpoints': batchEndpoints,
  '0085-control-flow': controlFlow,
  '0087-queue': queue,
  '0088-engine-speed': engineSpeed,
  '0092-schedule-fires': scheduleFires,
  '0093-automl': automl,
  '0094-environments': runtimeEnvironments,
  '0095-large-graphs': largeGraphs,
}

/** Tables into which migrations write rows: a freshly migrated database has rows here and nowhere else. */
export const seededTables: readonly string[] = ['generations']
