import { AppError, trackingOperations as operations } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import type { Route } from '../../../kernel/http/index.ts'
import {
  createExperiment,
  deleteExperimentTag,
  findExperimentByName,
  renameExperiment,
  requireExperiment,
  setExperimentStage,
  setExperimentTag,
} from '../experiments.ts'
import { datasetsOf } from '../inputs.ts'
import { invalidParameter } from '../limits.ts'
import { searchExperiments, type ViewType } from '../searches.ts'
import type { Arguments } from './arguments.ts'
import { mlflowRoutes, type MlflowRequest } from './handler.ts'
import { presentExperiment } from './present.ts'

export function experimentRoutes(ctx: Context): Route[] {
  const bind = mlflowRoutes(ctx)
  const id = (call: MlflowRequest): string => call.arguments.requiredText('experiment_id')
  return [
    bind(operations.createExperiment, async ({ scope, arguments: input }) => {
      const artifactLocation = input.text('artifact_location')
      return {
        experiment_id: await createExperiment(scope, {
          name: input.requiredText('name'),
          tags: input.map('tags'),
          ...(artifactLocation === undefined ? {} : { artifactLocation }),
        }),
      }
    }),
    bind(operations.getExperiment, async (call) => ({
      experiment: presentExperiment(await requireExperiment(call.scope, id(call))),
    })),
    bind(operations.getExperimentByName, async ({ scope, arguments: input }) => {
      const name = input.requiredText('experiment_name')
      const found = await findExperimentByName(scope, name)
      if (found === undefined)
        throw new AppError('ResourceNotFound', `Could not find experiment with name '${name}'`, { target: 'experiment_name' })
      return { experiment: presentExperiment(found) }
    }),
    bind(operations.searchExperiments, search),
    bind(operations.searchExperimentsByQuery, search),
    bind(operations.updateExperiment, async (call) =>
      renameExperiment(call.scope, id(call), call.arguments.requiredText('new_name')),
    ),
    bind(operations.deleteExperiment, async (call) => setExperimentStage(call.scope, id(call), 'deleted')),
    bind(operations.restoreExperiment, async (call) => setExperimentStage(call.scope, id(call), 'active')),
    bind(operations.setExperimentTag, async (call) =>
      setExperimentTag(call.scope, id(call), {
        key: call.arguments.requiredText('key'),
        value: call.arguments.text('value') ?? '',
      }),
    ),
    bind(operations.deleteExperimentTag, async (call) =>
      deleteExperimentTag(call.scope, id(call), call.arguments.requiredText('key')),
    ),
    bind(operations.searchDatasets, async ({ scope, arguments: input }) => {
      const experimentIds = input.texts('experiment_ids')
      if (experimentIds.length === 0 || experimentIds.length > 20)
        throw invalidParameter('SearchDatasets takes between 1 and 20 experiment_ids.', 'experiment_ids')
      return { dataset_summaries: await datasetsOf(scope, experimentIds) }
    }),
  ]
}

async function search({ scope, arguments: input }: MlflowRequest) {
  const found = await searchExperiments(scope, {
    ...searchInput(input),
    maxResults: input.count('max_results', { standard: 1000, maximum: 50_000 }),
    view: viewOf(input, 'view_type'),
  })
  return { experiments: found.rows.map(presentExperiment), ...nextPage(found.nextPageToken) }
}

/** Members all searches share. */
export function searchInput(input: Arguments) {
  const filter = input.text('filter') ?? input.text('filter_string')
  const pageToken = input.text('page_token')
  return {
    orderBy: input.texts('order_by'),
    ...(filter === undefined ? {} : { filter }),
    ...(pageToken === undefined ? {} : { pageToken }),
  }
}

/** The last page has no token; an empty one would make clients loop. */
export function nextPage(token: string | undefined): { next_page_token?: string } {
  return token === undefined ? {} : { next_page_token: token }
}

export function viewOf(input: Arguments, name: string): ViewType {
  const value = input.text(name) ?? 'ACTIVE_ONLY'
  if (value === 'ACTIVE_ONLY' || value === 'DELETED_ONLY' || value === 'ALL') return value
  throw invalidParameter(
    `Invalid value "${value}" for parameter '${name}' supplied: one of ACTIVE_ONLY, DELETED_ONLY, ALL.`,
    name,
  )
}
