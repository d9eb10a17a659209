import { trackingOperations as operations } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import type { Route } from '../../../kernel/http/index.ts'
import { defaultExperimentId } from '../scope.ts'
import { addLinks } from '../inputs.ts'
import { invalidParameter } from '../limits.ts'
import { logBatch } from '../log-batch.ts'
import type { MetricPoint } from '../metric-values.ts'
import { createRun, deleteRunTag, requireRun, setRunStage, updateRun, userTag } from '../runs.ts'
import { searchRuns } from '../searches.ts'
import type { ModelLink, RunDataset } from '../tables.ts'
import type { Arguments } from './arguments.ts'
import { nextPage, searchInput, viewOf } from './experiment-routes.ts'
import { mlflowRoutes, type MlflowRequest } from './handler.ts'
import { presentRun, presentRunInfo } from './present.ts'

const none = { metrics: [], params: [], tags: [] }
const idOf = (call: MlflowRequest): string => call.arguments.requiredText('run_id', 'run_uuid')

export function runRoutes(ctx: Context): Route[] {
  const bind = mlflowRoutes(ctx)
  return [
    bind(operations.createRun, create),
    bind(operations.getRun, async (call) => ({ run: presentRun(await requireRun(call.scope, idOf(call))) })),
    bind(operations.updateRun, async (call) => {
      const { scope, arguments: input } = call
      const [status, endTimeMs, runName] = [input.text('status'), input.integer('end_time'), input.text('run_name')]
      const change = {
        ...(status === undefined ? {} : { status }),
        ...(endTimeMs === undefined ? {} : { endTimeMs }),
        ...(runName === undefined ? {} : { runName }),
      }
      return { run_info: presentRunInfo(await updateRun(scope, idOf(call), change)) }
    }),
    bind(operations.deleteRun, async (call) => setRunStage(call.scope, idOf(call), 'deleted')),
    bind(operations.restoreRun, async (call) => setRunStage(call.scope, idOf(call), 'active')),
    bind(operations.searchRuns, async ({ scope, arguments: input }) => {
      const maxResults = input.count('max_results', { standard: 1000, maximum: 50_000 })
      const found = await searchRuns(scope, {
        ...searchInput(input),
        maxResults,
        view: viewOf(input, 'run_view_type'),
        experimentIds: input.texts('experiment_ids'),
      })
      return { runs: found.rows.map(presentRun), ...nextPage(found.nextPageToken) }
    }),
    bind(operations.logMetric, async (call) =>
      logBatch(call.scope, idOf(call), { ...none, metrics: [metricOf(call.arguments)] }),
    ),
    bind(operations.logParameter, async (call) => {
      const { scope, arguments: input } = call
      await logBatch(scope, idOf(call), {
        ...none,
        params: [{ key: input.requiredText('key'), value: input.text('value') ?? '' }],
      })
    }),
    bind(operations.setTag, async (call) => {
      const { scope, arguments: input } = call
      await logBatch(scope, idOf(call), { ...none, tags: [{ key: input.requiredText('key'), value: input.text('value') ?? '' }] })
    }),
    bind(operations.deleteTag, async (call) => deleteRunTag(call.scope, idOf(call), call.arguments.requiredText('key'))),
    bind(operations.logBatch, async (call) => {
      const { scope, arguments: input } = call
      await logBatch(scope, idOf(call), {
        metrics: input.items('metrics').map(metricOf),
        params: input.keyValues('params'),
        tags: input.keyValues('tags'),
      })
    }),
    bind(operations.logInputs, async (call) =>
      addLinks(call.scope, idOf(call), {
        datasets: call.arguments.items('datasets').map(datasetOf),
        inputs: call.arguments.items('models').map(linkOf),
      }),
    ),
    bind(operations.logOutputs, async (call) =>
      addLinks(call.scope, idOf(call), { outputs: call.arguments.items('models').map(linkOf) }),
    ),
    bind(operations.logModel, logModel),
  ]
}

async function create({ scope, arguments: input, request }: MlflowRequest) {
  const tags = input.map('tags')
  const [runName, startTimeMs] = [input.text('run_name'), input.integer('start_time')]
  const run = await createRun(scope, {
    experimentId: input.text('experiment_id') || defaultExperimentId,
    userId: input.text('user_id') || tags[userTag] || request.actor.name,
    tags,
    ...(runName === undefined ? {} : { runName }),
    ...(startTimeMs === undefined ? {} : { startTimeMs }),
  })
  return { run: presentRun(run) }
}

function metricOf(input: Arguments): MetricPoint {
  const [modelId, datasetName, datasetDigest] = [input.text('model_id'), input.text('dataset_name'), input.text('dataset_digest')]
  const timestampMs = input.integer('timestamp')
  return {
    key: input.requiredText('key'),
    value: input.requiredDouble('value'),
    timestampMs: timestampMs ?? 0,
    step: input.integer('step') ?? 0,
    ...(modelId === undefined ? {} : { modelId }),
    ...(datasetName === undefined ? {} : { datasetName }),
    ...(datasetDigest === undefined ? {} : { datasetDigest }),
  }
}

function datasetOf(input: Arguments): RunDataset {
  const [dataset] = input.nested('dataset')
  if (dataset === undefined) throw invalidParameter("Missing value for required parameter 'datasets[].dataset'.", 'datasets')
  const [schema, profile] = [dataset.text('schema'), dataset.text('profile')]
  return {
    tags: input.keyValues('tags'),
    dataset: {
      name: dataset.requiredText('name'),
      digest: dataset.requiredText('digest'),
      source_type: dataset.text('source_type') ?? '',
      source: dataset.text('source') ?? '',
      ...(schema === undefined ? {} : { schema }),
      ...(profile === undefined ? {} : { profile }),
    },
  }
}

function linkOf(input: Arguments): ModelLink {
  return { model_id: input.requiredText('model_id'), step: input.integer('step') ?? 0 }
}

const historyTag = 'mlflow.log-model.history'

/** Clients before 3.0 keep the list of a run's models in a tag. */
async function logModel(call: MlflowRequest): Promise<void> {
  const text = call.arguments.requiredText('model_json')
  let model: unknown
  try {
    model = JSON.parse(text)
  } catch (error) {
    throw invalidParameter(`Malformed model info: ${error instanceof Error ? error.message : 'not JSON'}.`, 'model_json')
  }
  const missing = ['artifact_path', 'flavors', 'utc_time_created', 'run_id'].filter(
    (name) => typeof model !== 'object' || model === null || !(name in model),
  )
  if (missing.length > 0) throw invalidParameter(`Model json is missing mandatory fields: ${missing.join(', ')}.`, 'model_json')
  const runId = idOf(call)
  const run = await requireRun(call.scope, runId)
  const history = JSON.parse(run.tags[historyTag] ?? '[]') as unknown[]
  await logBatch(call.scope, runId, { ...none, tags: [{ key: historyTag, value: JSON.stringify([...history, model]) }] })
}
