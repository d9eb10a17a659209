import { AppError } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../context.ts'

/** A workspace whose experiments and runs are meant. */
export interface TrackingScope {
  readonly ctx: Context
  /** Lower-case ARM id. */
  readonly workspaceId: string
}

export const defaultExperimentId = '0'

/** Opens the tracking store of a workspace; its first use makes the experiment `Default`. @throws ResourceNotFound no such workspace */
export async function openTracking(ctx: Context, workspaceId: string): Promise<TrackingScope> {
  const id = workspaceId.toLowerCase()
  const found = await sql<{ workspace: boolean; experiment: boolean }>`select
    exists (select 1 from resources where id = ${id}) as workspace,
    exists (select 1 from experiments where workspace_id = ${id} and experiment_id = ${defaultExperimentId}) as experiment`.execute(
    ctx.db.kysely,
  )
  const row = found.rows[0]
  if (row?.workspace !== true) throw new AppError('ResourceNotFound', `Workspace '${workspaceId}' was not found.`)
  if (!row.experiment) await createDefault(ctx, id)
  return { ctx, workspaceId: id }
}

async function createDefault(ctx: Context, workspaceId: string): Promise<void> {
  const now = ctx.clock.now().getTime()
  await ctx.db.kysely
    .insertInto('experiments')
    .values({
      workspace_id: workspaceId,
      experiment_id: defaultExperimentId,
      name: 'Default',
      artifact_location: `mlflow-artifacts:/${defaultExperimentId}`,
      creation_time_ms: now,
      last_update_time_ms: now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
