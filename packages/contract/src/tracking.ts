import { z } from 'zod'
import { operation, type Method } from './operation.ts'

/**
 * The MLflow tracking API of a workspace, below `/mlflow/v1.0{ARM id}`: the stock client takes that as its tracking URI.
 * Bodies are checked by the dialect itself, because MLflow's clients match its own validation texts.
 * @see https://mlflow.org/docs/latest/api_reference/rest-api.html
 */

const workspaceTemplate =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}'

/** Where the MLflow API of a workspace begins. */
export const mlflowBase = `/mlflow/v1.0${workspaceTemplate}`

const workspaceType = 'Microsoft.MachineLearningServices/workspaces'
const read = `${workspaceType}/experiments/read`
const write = `${workspaceType}/experiments/write`
const runRead = `${workspaceType}/experiments/runs/read`
const runWrite = `${workspaceType}/experiments/runs/write`

const loose = z.looseObject({})
/** log-batch carries up to 1000 metrics, and tags may hold whole signatures. */
const bodyLimitBytes = 32 * 1024 * 1024

export interface MlflowCall {
  readonly method: Method
  /** Below `/api/{version}/mlflow/`. */
  readonly path: string
  readonly action: string
  readonly summary: string
  readonly version?: '2.0' | '3.0'
  readonly example?: unknown
}

/** An operation of MLflow's API: served under `/api/…` and, for browsers, `/ajax-api/…`. */
export function mlflowOperation(call: MlflowCall) {
  const { method, path, action, summary, version = '2.0', example } = call
  const verb = method.toLowerCase()
  return operation({
    id: `mlflow.${path.replaceAll(/[{}*]/g, '').replaceAll('/', '.')}.${verb}`,
    method,
    path: `${mlflowBase}/api/${version}/mlflow/${path}`,
    aliases: [`${mlflowBase}/ajax-api/${version}/mlflow/${path}`],
    summary,
    action,
    scope: workspaceTemplate,
    dialect: 'mlflow',
    query: loose,
    ...(method === 'GET' ? {} : { body: loose, bodyLimitBytes }),
    response: loose,
    ...(example === undefined ? {} : { example }),
  })
}

const get = (path: string, action: string, summary: string) => mlflowOperation({ method: 'GET', path, action, summary })
const post = (path: string, action: string, summary: string, example?: unknown) =>
  mlflowOperation({ method: 'POST', path, action, summary, example })

function proxy(method: Method, rest: string, summary: string) {
  return operation({
    id: `mlflow.artifacts${rest === '' ? '' : '.file'}.${method.toLowerCase()}`,
    method,
    path: `${mlflowBase}/api/2.0/mlflow-artifacts/artifacts${rest}`,
    aliases: [`${mlflowBase}/ajax-api/2.0/mlflow-artifacts/artifacts${rest}`],
    summary,
    action: method === 'GET' ? runRead : runWrite,
    scope: workspaceTemplate,
    dialect: 'mlflow',
    query: loose,
    bodyKind: 'stream',
  })
}

function server(name: string, path: string, summary: string, aliases: readonly string[] = []) {
  return operation({
    id: `mlflow.server.${name}`,
    method: 'GET',
    path: `${mlflowBase}${path}`,
    aliases: aliases.map((alias) => mlflowBase + alias),
    summary,
    action: 'public',
    scope: '/',
    dialect: 'mlflow',
  })
}

function multipart(step: 'create' | 'complete' | 'abort') {
  return operation({
    id: `mlflow.artifacts.multipart.${step}`,
    method: 'POST',
    path: `${mlflowBase}/api/2.0/mlflow-artifacts/mpu/${step}/{path*}`,
    summary: 'Multipart upload: answered 501, upon which clients send the file in one PUT.',
    action: runWrite,
    scope: workspaceTemplate,
    dialect: 'mlflow',
    body: loose,
    success: [501],
  })
}

function unknown(method: Method) {
  return operation({
    id: `mlflow.unknown.${method.toLowerCase()}`,
    method,
    path: `${mlflowBase}/{rest*}`,
    summary: 'Anything else below the tracking URI: 404 with an empty body, which clients take for a missing endpoint.',
    action: 'public',
    scope: '/',
    dialect: 'mlflow',
    bodyKind: 'stream',
    success: [404],
  })
}

export const trackingOperations = {
  version: server('version', '/version', 'The MLflow version whose API is spoken.'),
  health: server('health', '/health', 'Says that the tracking server answers.'),
  serverInfo: server('info', '/api/3.0/mlflow/server-info', 'Kind of store.', ['/ajax-api/3.0/mlflow/server-info']),

  openInStudio: operation({
    id: 'mlflow.server.studio',
    method: 'GET',
    path: mlflowBase,
    summary: 'The tracking URI itself: sends a browser, which follows a link that a client printed, to the studio.',
    action: 'public',
    scope: '/',
    dialect: 'mlflow',
    success: [302, 404],
  }),

  createExperiment: post('experiments/create', write, 'Creates an experiment.', { name: 'churn' }),
  getExperiment: get('experiments/get', read, 'Gets an experiment by its id.'),
  getExperimentByName: get('experiments/get-by-name', read, 'Gets an experiment by its name.'),
  searchExperiments: post('experiments/search', read, 'Searches experiments.', { filter: "name LIKE 'churn%'", max_results: 10 }),
  searchExperimentsByQuery: get('experiments/search', read, 'Searches experiments.'),
  updateExperiment: post('experiments/update', write, 'Renames an experiment.', { experiment_id: '1', new_name: 'churn-2' }),
  deleteExperiment: post('experiments/delete', write, 'Marks an experiment with its runs as deleted.', { experiment_id: '1' }),
  restoreExperiment: post('experiments/restore', write, 'Restores a deleted experiment.', { experiment_id: '1' }),
  setExperimentTag: post('experiments/set-experiment-tag', write, 'Sets a tag of an experiment.', {
    experiment_id: '1',
    key: 'team',
    value: 'a',
  }),
  deleteExperimentTag: post('experiments/delete-experiment-tag', write, 'Deletes a tag of an experiment.', {
    experiment_id: '1',
    key: 'team',
  }),
  searchDatasets: post('experiments/search-datasets', runRead, 'Datasets used by runs of experiments.', {
    experiment_ids: ['1'],
  }),

  createRun: post('runs/create', runWrite, 'Creates a run.', { experiment_id: '1', start_time: 1 }),
  getRun: get('runs/get', runRead, 'Gets a run with its latest metrics, params, tags, inputs and outputs.'),
  updateRun: post('runs/update', runWrite, 'Sets status, end time or name of a run.', { run_id: 'r', status: 'FINISHED' }),
  deleteRun: post('runs/delete', runWrite, 'Marks a run as deleted.', { run_id: 'r' }),
  restoreRun: post('runs/restore', runWrite, 'Restores a deleted run.', { run_id: 'r' }),
  searchRuns: post('runs/search', runRead, 'Searches runs.', { experiment_ids: ['1'], filter: 'metrics.auc > 0.8' }),
  logMetric: post('runs/log-metric', runWrite, 'Logs one metric point.', {
    run_id: 'r',
    key: 'auc',
    value: 0.9,
    timestamp: 1,
    step: 0,
  }),
  logParameter: post('runs/log-parameter', runWrite, 'Logs one param.', { run_id: 'r', key: 'depth', value: '3' }),
  setTag: post('runs/set-tag', runWrite, 'Sets a tag of a run.', { run_id: 'r', key: 'team', value: 'a' }),
  deleteTag: post('runs/delete-tag', runWrite, 'Deletes a tag of a run.', { run_id: 'r', key: 'team' }),
  logBatch: post('runs/log-batch', runWrite, 'Logs metrics, params and tags together.', {
    run_id: 'r',
    params: [{ key: 'depth', value: '3' }],
  }),
  logInputs: post('runs/log-inputs', runWrite, 'Records datasets and models a run used.', { run_id: 'r', datasets: [] }),
  logOutputs: post('runs/outputs', runWrite, 'Records models a run made.', {
    run_id: 'r',
    models: [{ model_id: 'm-1', step: 0 }],
  }),
  logModel: post('runs/log-model', runWrite, 'Records a model logged by an old client.', { run_id: 'r', model_json: '{}' }),

  getMetricHistory: get('metrics/get-history', runRead, 'Points of one metric of a run, oldest first, paged.'),
  getMetricHistoryBulk: get('metrics/get-history-bulk', runRead, 'Points of one metric of several runs.'),
  getMetricHistoryInterval: get(
    'metrics/get-history-bulk-interval',
    runRead,
    'Points of one metric of several runs, down-sampled keeping first, last, minimum and maximum.',
  ),

  listArtifacts: get('artifacts/list', runRead, 'Files of a run below a path.'),
  listFiles: proxy('GET', '', 'Files below a path of the artifact store.'),
  getFile: proxy('GET', '/{path*}', 'Downloads a file; ranges are supported.'),
  putFile: proxy('PUT', '/{path*}', 'Uploads a file.'),
  deleteFile: proxy('DELETE', '/{path*}', 'Deletes a file or a folder.'),
  createMultipart: multipart('create'),
  completeMultipart: multipart('complete'),
  abortMultipart: multipart('abort'),
  downloadRunFile: operation({
    id: 'mlflow.artifacts.download',
    method: 'GET',
    path: `${mlflowBase}/get-artifact`,
    aliases: [`${mlflowBase}/ajax-api/2.0/mlflow/get-artifact`],
    summary: 'Downloads a file of a run.',
    action: runRead,
    scope: workspaceTemplate,
    dialect: 'mlflow',
    query: loose,
  }),

  createLoggedModel: post('logged-models', runWrite, 'Starts a logged model.', { experiment_id: '1', name: 'model' }),
  searchLoggedModels: post('logged-models/search', runRead, 'Searches logged models.', { experiment_ids: ['1'] }),
  getLoggedModel: get('logged-models/{modelId}', runRead, 'Gets a logged model.'),
  finalizeLoggedModel: mlflowOperation({
    method: 'PATCH',
    path: 'logged-models/{modelId}',
    action: runWrite,
    summary: 'Ends the upload of a logged model.',
    example: { status: 'LOGGED_MODEL_READY' },
  }),
  deleteLoggedModel: mlflowOperation({
    method: 'DELETE',
    path: 'logged-models/{modelId}',
    action: runWrite,
    summary: 'Deletes a logged model.',
  }),
  logLoggedModelParams: post('logged-models/{modelId}/params', runWrite, 'Logs params of a logged model.', {
    params: [{ key: 'a', value: '1' }],
  }),
  setLoggedModelTags: mlflowOperation({
    method: 'PATCH',
    path: 'logged-models/{modelId}/tags',
    action: runWrite,
    summary: 'Sets tags of a logged model.',
    example: { tags: [{ key: 'a', value: '1' }] },
  }),
  deleteLoggedModelTag: mlflowOperation({
    method: 'DELETE',
    path: 'logged-models/{modelId}/tags/{tagKey}',
    action: runWrite,
    summary: 'Deletes a tag of a logged model.',
  }),
  listLoggedModelArtifacts: get(
    'logged-models/{modelId}/artifacts/directories',
    runRead,
    'Files of a logged model below a path.',
  ),
  downloadLoggedModelFile: get('logged-models/{modelId}/artifacts/files', runRead, 'Downloads a file of a logged model.'),

  unknownGet: unknown('GET'),
  unknownPost: unknown('POST'),
  unknownPut: unknown('PUT'),
  unknownPatch: unknown('PATCH'),
  unknownDelete: unknown('DELETE'),
}
