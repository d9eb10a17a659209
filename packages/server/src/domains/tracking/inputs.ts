import { sql } from 'kysely'
import { invalidParameter, invalidValue, limits } from './limits.ts'
import { refuseInactive, runNotFound } from './runs.ts'
import type { TrackingScope } from './scope.ts'
import type { ModelLink, RunDataset } from './tables.ts'

/** Adds datasets and models to what a run used and made; the same dataset (name and digest) or model is recorded once. */
export async function addLinks(
  scope: TrackingScope,
  runId: string,
  links: {
    readonly datasets?: readonly RunDataset[]
    readonly inputs?: readonly ModelLink[]
    readonly outputs?: readonly ModelLink[]
  },
): Promise<void> {
  const { datasets = [], inputs = [], outputs = [] } = links
  checkDatasets(datasets)
  await scope.ctx.db.transaction(async (tx) => {
    const run = await tx
      .selectFrom('runs')
      .select(['run_key', 'lifecycle_stage', 'datasets', 'model_inputs', 'model_outputs'])
      .where('workspace_id', '=', scope.workspaceId)
      .where('run_id', '=', runId)
      .forUpdate()
      .executeTakeFirst()
    if (run === undefined) throw runNotFound(runId)
    refuseInactive(runId, run.lifecycle_stage)
    await tx
      .updateTable('runs')
      .set({
        datasets: JSON.stringify(merge(run.datasets, datasets, ({ dataset }) => `${dataset.name}\n${dataset.digest}`)),
        model_inputs: JSON.stringify(merge(run.model_inputs, inputs, (link) => link.model_id)),
        model_outputs: JSON.stringify(merge(run.model_outputs, outputs, (link) => `${link.model_id}\n${link.step ?? 0}`)),
      })
      .where('run_key', '=', run.run_key)
      .execute()
  })
}

function merge<Item>(known: readonly Item[], added: readonly Item[], identity: (item: Item) => string): Item[] {
  const merged = new Map(known.map((item) => [identity(item), item]))
  for (const item of added) if (!merged.has(identity(item))) merged.set(identity(item), item)
  return [...merged.values()]
}

function checkDatasets(datasets: readonly RunDataset[]): void {
  if (datasets.length > limits.batchDatasets)
    throw invalidParameter(`A log-inputs request can contain at most ${limits.batchDatasets} datasets.`, 'datasets')
  datasets.forEach(({ dataset }, index) => {
    if (dataset.name.length > 500)
      throw invalidValue(dataset.name.slice(0, 50), `datasets[${index}].dataset.name`, 'longer than 500 characters')
    if (dataset.digest.length > 36)
      throw invalidValue(dataset.digest.slice(0, 50), `datasets[${index}].dataset.digest`, 'longer than 36 characters')
  })
}

export interface DatasetSummary {
  readonly experiment_id: string
  readonly name: string
  readonly digest: string
  readonly context?: string
}

/** Distinct datasets of the active runs of experiments. */
export async function datasetsOf(scope: TrackingScope, experimentIds: readonly string[]): Promise<DatasetSummary[]> {
  const rows = await sql<DatasetSummary>`
    select distinct experiment_id, d -> 'dataset' ->> 'name' as name, d -> 'dataset' ->> 'digest' as digest,
      (select t ->> 'value' from jsonb_array_elements(d -> 'tags') t where t ->> 'key' = 'mlflow.data.context' limit 1) as context
    from runs, jsonb_array_elements(datasets) d
    where workspace_id = ${scope.workspaceId} and experiment_id = any(${[...experimentIds]}::text[]) and lifecycle_stage = 'active' limit 1000`.execute(
    scope.ctx.db.kysely,
  )
  return rows.rows
}
