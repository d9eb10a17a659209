import { trackingOperations as operations } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import type { Route } from '../../../kernel/http/index.ts'
import { artifactPathOf, listArtifacts } from '../artifacts.ts'
import { changeLoggedModel, createLoggedModel, requireLoggedModel } from '../logged-models.ts'
import { invalidParameter } from '../limits.ts'
import { defaultExperimentId } from '../scope.ts'
import { searchLoggedModels } from '../searches.ts'
import { nextPage } from './experiment-routes.ts'
import { sendArtifact } from './file-reply.ts'
import { mlflowFileRoutes, mlflowRoutes, type MlflowRequest } from './handler.ts'
import { presentFiles, presentLoggedModel } from './present.ts'

const idOf = (call: MlflowRequest): string => call.request.params['modelId'] ?? ''

/** Statuses come by name or, from some clients, by number. */
const statusNumbers = [
  'LOGGED_MODEL_STATUS_UNSPECIFIED',
  'LOGGED_MODEL_PENDING',
  'LOGGED_MODEL_READY',
  'LOGGED_MODEL_UPLOAD_FAILED',
]

export function loggedModelRoutes(ctx: Context): Route[] {
  const bind = mlflowRoutes(ctx)
  const bindFile = mlflowFileRoutes(ctx)
  return [
    bind(operations.createLoggedModel, create),
    bind(operations.searchLoggedModels, search),
    bind(operations.getLoggedModel, async (call) => ({
      model: presentLoggedModel(await requireLoggedModel(call.scope, idOf(call))),
    })),
    bind(operations.finalizeLoggedModel, async (call) => {
      const status = call.arguments.raw('status')
      const name = typeof status === 'number' ? statusNumbers[status] : call.arguments.requiredText('status')
      return { model: presentLoggedModel(await changeLoggedModel(call.scope, idOf(call), { status: name ?? String(status) })) }
    }),
    bind(operations.deleteLoggedModel, async (call) => void (await changeLoggedModel(call.scope, idOf(call), { deleted: true }))),
    bind(
      operations.logLoggedModelParams,
      async (call) => void (await changeLoggedModel(call.scope, idOf(call), { params: call.arguments.map('params') })),
    ),
    bind(operations.setLoggedModelTags, async (call) => ({
      model: presentLoggedModel(await changeLoggedModel(call.scope, idOf(call), { tags: call.arguments.map('tags') })),
    })),
    bind(
      operations.deleteLoggedModelTag,
      async (call) => void (await changeLoggedModel(call.scope, idOf(call), { removedTag: call.request.params['tagKey'] ?? '' })),
    ),
    bind(operations.listLoggedModelArtifacts, async (call) => {
      const model = await requireLoggedModel(call.scope, idOf(call))
      const root = artifactPathOf(model.artifact_uri)
      const folder = call.arguments.text('artifact_directory_path') ?? ''
      if (root === undefined)
        throw invalidParameter(`The files of '${model.model_id}' are in another store: ${model.artifact_uri}.`)
      const entries = await listArtifacts(call.scope, folder === '' ? root : `${root}/${folder}`)
      return { root_uri: model.artifact_uri, files: presentFiles(entries, folder) }
    }),
    bindFile(operations.downloadLoggedModelFile, async (call) => {
      const model = await requireLoggedModel(call.scope, idOf(call))
      return sendArtifact(
        call.scope,
        `${artifactPathOf(model.artifact_uri) ?? ''}/${call.arguments.requiredText('artifact_file_path')}`,
        call.request.headers.range,
      )
    }),
  ]
}

async function create({ scope, arguments: input }: MlflowRequest) {
  const [name, modelType, sourceRunId] = [input.text('name'), input.text('model_type'), input.text('source_run_id')]
  const model = await createLoggedModel(scope, {
    experimentId: input.text('experiment_id') || defaultExperimentId,
    params: input.map('params'),
    tags: input.map('tags'),
    ...(name === undefined ? {} : { name }),
    ...(modelType === undefined ? {} : { modelType }),
    ...(sourceRunId === undefined ? {} : { sourceRunId }),
  })
  return { model: presentLoggedModel(model) }
}

async function search({ scope, arguments: input }: MlflowRequest) {
  const orderBy = input.items('order_by').map((term) => {
    const descending = term.has('ascending') ? !term.boolean('ascending') : false
    return `${term.requiredText('field_name')} ${descending ? 'DESC' : 'ASC'}`
  })
  const found = await searchLoggedModels(scope, {
    ...searchInputWithoutOrder(input),
    orderBy,
    maxResults: input.count('max_results', { standard: 100, maximum: 50_000 }),
    experimentIds: input.texts('experiment_ids'),
  })
  return { models: found.rows.map(presentLoggedModel), ...nextPage(found.nextPageToken) }
}

function searchInputWithoutOrder(input: MlflowRequest['arguments']) {
  const [filter, pageToken] = [input.text('filter'), input.text('page_token')]
  return { ...(filter === undefined ? {} : { filter }), ...(pageToken === undefined ? {} : { pageToken }) }
}
