import { assets, components, environments, featureStore, registryAssets } from './assets.ts'
import { jobs, steps } from './jobs.ts'
import { computes, connections, datastores, workspaces } from './places.ts'
import { endpoints, schedules } from './services.ts'
import type { Area } from './types.ts'

/** In the order of the table. */
export const areas: readonly Area[] = [
  workspaces,
  computes,
  datastores,
  connections,
  assets,
  environments,
  components,
  jobs,
  steps,
  schedules,
  endpoints,
  registryAssets,
  featureStore,
]
