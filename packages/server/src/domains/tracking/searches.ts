import { sql } from 'kysely'
import { experimentColumns, loggedModelColumns, runColumns } from './search/columns.ts'
import { searchPage, type SearchInput } from './search/page.ts'
import type { OrderTerm } from './search/parse.ts'
import type { TrackingScope } from './scope.ts'
import type { ExperimentRow, LoggedModelRow, RunRow } from './tables.ts'

export type ViewType = 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL'

const attribute = (key: string, descending: boolean): OrderTerm => ({
  identifier: { entity: 'attribute', key, at: 0 },
  descending,
})

function inView(view: ViewType) {
  return view === 'ALL' ? sql<boolean>`true` : sql<boolean>`lifecycle_stage = ${view === 'ACTIVE_ONLY' ? 'active' : 'deleted'}`
}

/** Experiments, newest first unless ordered. */
export function searchExperiments(scope: TrackingScope, input: SearchInput & { view: ViewType }) {
  return searchPage<ExperimentRow>(
    {
      ctx: scope.ctx,
      from: sql`experiments`,
      where: sql<boolean>`workspace_id = ${scope.workspaceId} and ${inView(input.view)}`,
      resolve: experimentColumns,
      defaultOrder: [attribute('creation_time', true)],
      tieBreaker: { sql: sql`sequence`, descending: true, type: 'number' },
      binding: `experiments ${scope.workspaceId} ${input.view}`,
      read: (row) => row as unknown as ExperimentRow,
    },
    input,
  )
}

/** Runs of experiments, newest start first unless ordered. */
export function searchRuns(scope: TrackingScope, input: SearchInput & { view: ViewType; experimentIds: readonly string[] }) {
  return searchPage<RunRow>(
    {
      ctx: scope.ctx,
      from: sql`runs`,
      where: sql<boolean>`workspace_id = ${scope.workspaceId} and experiment_id = any(${[...input.experimentIds]}::text[]) and ${inView(input.view)}`,
      resolve: runColumns,
      defaultOrder: [attribute('start_time', true)],
      tieBreaker: { sql: sql`run_id collate "C"`, descending: false, type: 'text' },
      binding: `runs ${scope.workspaceId} ${input.view} ${input.experimentIds.join(',')}`,
      read: (row) => row as unknown as RunRow,
    },
    input,
  )
}

/** Logged models of experiments, newest first unless ordered. */
export function searchLoggedModels(scope: TrackingScope, input: SearchInput & { experimentIds: readonly string[] }) {
  return searchPage<LoggedModelRow>(
    {
      ctx: scope.ctx,
      from: sql`logged_models`,
      where: sql<boolean>`workspace_id = ${scope.workspaceId} and experiment_id = any(${[...input.experimentIds]}::text[]) and deleted_time_ms is null`,
      resolve: loggedModelColumns,
      defaultOrder: [attribute('creation_timestamp', true)],
      tieBreaker: { sql: sql`sequence`, descending: true, type: 'number' },
      binding: `logged-models ${scope.workspaceId} ${input.experimentIds.join(',')}`,
      read: (row) => row as unknown as LoggedModelRow,
    },
    input,
  )
}
