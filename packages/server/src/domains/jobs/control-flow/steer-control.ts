import { invalid } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../../context.ts'
import type { Executor } from '../../../kernel/db/schema.ts'
import { requireReadable } from '../../storage/index.ts'
import { childProperties, insertChildJobs } from '../child-jobs.ts'
import { countSources } from '../graph.ts'
import { childJobName, jobId, nameOf } from '../job-ids.ts'
import { setJobStatus, setJobStatuses } from '../job-status.ts'
import { findJob, insertSteps, type JobRow } from '../job-store.ts'
import { noteStarts } from '../note-start.ts'
import { ReferenceResolver } from '../reference-resolver.ts'
import { endIdleSteps, moveStep, recordEvent, requestStepCancel, type StepRow } from '../step-store.ts'
import type { EndingStep, StepEnd } from '../engine-types.ts'
import { skipSteps } from '../skip-steps.ts'
import { endStepIn } from '../transitions.ts'
import type { DoWhile, IfElse, LoopItem, LoopSpec, OutputReference, StepInput, StepOutputs, StepSpec } from '../types.ts'
import { referencesOf } from './control-step.ts'
import { collectOutputs, placeOutputs, type Collected } from './collect-outputs.ts'
import {
  countStepsOf,
  firstFailedChild,
  lockAdded,
  lockControl,
  lockNamedAndBelow,
  readIterations,
  readOutputs,
  setOpenIterations,
} from './control-store.ts'
import { isTrue } from './control-values.ts'
import { writtenItems } from './loop-items.ts'
import { openIterationsWanted, planLoop, type IterationView, type LoopPlan } from './plan-loop.ts'
import { sourceSteps, valueOf } from './settle-input.ts'
import { iterationOutput, unroll } from './unroll.ts'

/**
 * Control-flow nodes hold no process and no lease: their state is their rows. Each look is one transaction that takes the job's row
 * and the node's, reads what its steps have become, decides, and adds or ends; a kill at any moment leaves it before or after.
 */

/** Azure's limit for the steps of one pipeline. */
const greatestStepCount = 30_000

interface Held {
  readonly step: StepRow
  readonly job: JobRow
  readonly workspaceId: string
  readonly jobName: string
}

/** Brings one node as far as it can go now. @returns the job to finish when the node has ended */
export async function steerControl(ctx: Context, stepId: number): Promise<number | undefined> {
  for (;;) {
    const ended = await lookAt(ctx, stepId, await collectOutputs(ctx, stepId))
    if (ended !== 'again') return ended
  }
}

async function lookAt(ctx: Context, stepId: number, collected: Collected | undefined): Promise<number | undefined | 'again'> {
  return ctx.db.transaction(async (tx) => {
    const held = await hold(tx, ctx, stepId)
    if (held === undefined) return undefined
    const { control } = held.step.spec
    if (control === undefined) return fail(tx, ctx, held, { code: 'InternalError', message: 'The node lost its settings.' })
    if (control.kind === 'if_else') return choose(tx, ctx, held, control)
    return steerLoop(tx, ctx, held, { control, collected })
  })
}

/** Ends a node that cannot go on, with the mistake that its author can mend. */
export async function failControl(
  ctx: Context,
  stepId: number,
  error: { code: string; message: string },
): Promise<number | undefined> {
  return ctx.db.transaction(async (tx) => {
    const held = await hold(tx, ctx, stepId)
    return held === undefined ? undefined : fail(tx, ctx, held, error)
  })
}

async function hold(tx: Executor, ctx: Context, stepId: number): Promise<Held | undefined> {
  const found = await tx.selectFrom('steps').select('job_id').where('id', '=', stepId).executeTakeFirst()
  const job = found === undefined ? undefined : await findJob(tx, found.job_id, { forUpdate: true })
  const row = job === undefined ? undefined : await lockControl(tx, stepId)
  if (job === undefined || row === undefined) return undefined
  const step = row.state === 'Ready' ? { ...row, attempt: row.attempt + 1 } : row
  if (row.state === 'Ready') {
    await tx.updateTable('steps').set({ attempt: step.attempt }).where('id', '=', step.id).execute()
    await noteStarts(tx, ctx, [{ job, step }])
  }
  const [resource, workspace] = [await ctx.resources.find(step.resource_id, tx), await ctx.resources.find(job.workspace_id, tx)]
  return { step, job, jobName: resource?.name ?? nameOf(step.resource_id), workspaceId: workspace?.id ?? job.workspace_id }
}

async function end(tx: Executor, ctx: Context, held: Held, end: StepEnd): Promise<number> {
  const { step, job, jobName, workspaceId } = held
  const ending: EndingStep = {
    step,
    token: `control ${step.id}`,
    resourceId: step.resource_id,
    workspaceId,
    jobName,
    submitter: job.submitter,
  }
  await endStepIn(tx, ctx, ending, { from: ['Ready', 'Active'], ...end })
  return job.id
}

async function fail(tx: Executor, ctx: Context, held: Held, error: { code: string; message: string }): Promise<number> {
  await stopAdded(tx, held.step, `The loop '${held.step.name}' failed.`)
  return end(tx, ctx, held, { outcome: 'Failed', error, reason: error.message })
}

async function choose(tx: Executor, ctx: Context, held: Held, control: IfElse): Promise<number> {
  const { step, job } = held
  if (step.cancel_requested_at !== null) return end(tx, ctx, held, { outcome: 'Canceled' })
  const outputs = await outputsOf(tx, job.id, [control.condition])
  const taken = isTrue(valueOf(control.condition, outputs), `The condition of '${step.name}'`)
  const left = taken ? control.falseRoots : control.trueRoots
  const reason = `The condition of '${step.name}' was ${String(taken)}.`
  // Before the node ends, so that nothing of the block is released by its end.
  await skipSteps(tx, ctx, await lockNamedAndBelow(tx, job.id, left), reason)
  return end(tx, ctx, held, { outcome: 'Completed', reason, properties: { 'fulcrum.condition': String(taken) } })
}

async function steerLoop(
  tx: Executor,
  ctx: Context,
  held: Held,
  { control, collected }: { readonly control: LoopSpec; readonly collected: Collected | undefined },
): Promise<number | undefined | 'again'> {
  const { step, job } = held
  const items = control.kind === 'parallel_for' ? await itemsOf(tx, held, control) : []
  const iterations = await readIterations(tx, step.id)
  const last = iterations.at(-1)?.number ?? -1
  const goesOn = control.kind === 'do_while' ? await conditionOf(tx, held, control, last) : () => true
  const [limit, concurrency] =
    control.kind === 'do_while' ? [control.maxIterations, 1] : [items.length, control.maxConcurrency ?? items.length]
  const plan = planLoop({
    iterations,
    limit,
    concurrency,
    cancelRequested: step.cancel_requested_at !== null || job.cancel_requested_at !== null,
    stopsOnFailure: control.kind === 'do_while' || !job.continue_on_step_failure,
    goesOn,
  })
  if (step.cancel_requested_at !== null) await stopAdded(tx, step, `The loop '${step.name}' was cancelled.`)
  // The last iterations ended after the outputs were collected.
  if (plan.end === 'Completed' && control.kind === 'parallel_for' && collected?.iterations !== iterations.length) return 'again'
  if (plan.end !== undefined) return endLoop(tx, ctx, held, { end: plan.end, iterations, collected })
  if (step.state === 'Ready') {
    await moveStep(tx, step, { from: ['Ready'], to: 'Active' })
    await setJobStatus(tx, ctx, step.resource_id, { status: 'Running' })
  }
  await createIterations(tx, ctx, held, { control, items, create: plan.create })
  const open = iterations.filter((iteration) => iteration.open).length + plan.create.length
  await setOpenIterations(tx, step.id, openIterationsWanted({ limit, concurrency }, iterations.length + plan.create.length, open))
  return undefined
}

async function endLoop(
  tx: Executor,
  ctx: Context,
  held: Held,
  {
    end: outcome,
    iterations,
    collected,
  }: { end: NonNullable<LoopPlan['end']>; iterations: readonly IterationView[]; collected: Collected | undefined },
): Promise<number> {
  const count = `${iterations.length} ${iterations.length === 1 ? 'iteration' : 'iterations'}`
  if (outcome === 'Completed') {
    const outputs = await placeOutputs(tx, ctx, held, collected)
    return end(tx, ctx, held, {
      outcome,
      outputs,
      reason: `after ${count}`,
      properties: { 'fulcrum.iterations': String(iterations.length) },
    })
  }
  const failed = await firstFailedChild(tx, held.step.id)
  const message = failed === undefined ? 'The loop was cancelled.' : `Step '${failed.name}' failed: ${failed.message}`
  return end(tx, ctx, held, {
    outcome,
    error: { code: outcome === 'Failed' ? 'IterationFailed' : 'Canceled', message },
    reason: `after ${count}: ${message}`,
  })
}

async function createIterations(
  tx: Executor,
  ctx: Context,
  held: Held,
  {
    control,
    items,
    create,
  }: { readonly control: LoopSpec; readonly items: readonly LoopItem[]; readonly create: readonly number[] },
): Promise<void> {
  const { step, job, workspaceId } = held
  if (create.length === 0) return
  const added = create.length * control.body.steps.length
  if ((await countStepsOf(tx, job.id)) + added > greatestStepCount)
    throw invalid(`The loop '${step.name}' would give the pipeline more than ${greatestStepCount} steps.`)
  const parentName = step.spec.parentJobName ?? nameOf(job.resource_id)
  const pipelineId = jobId(workspaceId, parentName)
  for (const number of create) {
    const iteration = unroll(step.name, control, number, items[number])
    const names = iteration.steps.map((entry) => entry.name)
    const remaining = countSources(names, iteration.edges)
    const steps = []
    for (const { name, spec } of iteration.steps) {
      steps.push({
        name,
        spec: await resolveGiven(tx, ctx, held, spec),
        resourceId: jobId(workspaceId, childJobName(pipelineId, name)),
        remaining: remaining.get(name) ?? 0,
      })
    }
    await insertSteps(
      tx,
      { jobId: job.id, workspaceId, submitter: job.submitter, priority: step.priority },
      { steps, edges: iteration.edges, loop: { id: step.id, iteration: number } },
    )
    const children = steps.map((entry) => ({
      resourceId: entry.resourceId,
      properties: childProperties(parentName, entry.name, entry.spec),
    }))
    await insertChildJobs(tx, ctx, { actor: job.submitter, workspaceId, children })
    await recordEvent(tx, {
      jobId: job.id,
      stepId: step.id,
      attempt: step.attempt,
      to: 'IterationStarted',
      data: { reason: `number ${number}` },
    })
  }
  await sql`select pg_notify('steps', '')`.execute(tx)
}

/** What an item names is read in the submitter's name: it may have been written by a step. */
async function resolveGiven(tx: Executor, ctx: Context, { workspaceId, job }: Held, spec: StepSpec): Promise<StepSpec> {
  await requireReadable(ctx, tx, job.submitter, { ownerId: workspaceId, references: referencesOf(spec).map(([, uri]) => uri) })
  const resolver = new ReferenceResolver(ctx, tx, workspaceId)
  const inputs: Record<string, StepInput> = {}
  for (const [name, input] of Object.entries(spec.inputs))
    inputs[name] = input.kind === 'data' ? { ...input, uri: await resolver.data(input.uri) } : input
  return { ...spec, inputs }
}

async function itemsOf(
  tx: Executor,
  { step, job }: Held,
  control: Extract<LoopSpec, { kind: 'parallel_for' }>,
): Promise<readonly LoopItem[]> {
  const { items, body } = control
  if ('list' in items) return items.list
  const text = valueOf(items.value, await outputsOf(tx, job.id, [items.value]))
  return writtenItems(text, step.name, Object.keys(body.inputs))
}

async function conditionOf(tx: Executor, { step, job }: Held, control: DoWhile, last: number): Promise<() => boolean> {
  if (control.condition === undefined || last < 0) return () => true
  const input = asInput(iterationOutput(step.name, control.condition, last))
  const outputs = await outputsOf(tx, job.id, [input])
  return () => isTrue(valueOf(input, outputs), `The condition of '${step.name}' after iteration ${last}`)
}

function asInput(reference: OutputReference): StepInput {
  return { kind: 'stepOutput', ...reference, mode: 'ReadOnlyMount' }
}

function outputsOf(tx: Executor, jobId: number, inputs: readonly StepInput[]): Promise<Map<string, StepOutputs>> {
  return readOutputs(tx, jobId, sourceSteps(Object.fromEntries(inputs.map((input, index) => [String(index), input]))))
}

/** Passes a cancel on to what the loop added: idle steps end, running ones are asked to. */
async function stopAdded(tx: Executor, loop: StepRow, reason: string): Promise<void> {
  const open = await lockAdded(tx, loop.id)
  const idle = open.filter((step) => step.state === 'Waiting' || step.state === 'Ready').map((step) => step.id)
  await setJobStatuses(tx, await endIdleSteps(tx, idle, 'Canceled', reason), { status: 'Canceled' })
  await requestStepCancel(
    tx,
    open.map((step) => step.id),
  )
}
