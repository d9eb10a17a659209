import type { Context } from '../../../context.ts'
import type { Executor } from '../../../kernel/db/schema.ts'
import { digestOfTree, filesOfUri, placeFiles, type TreeFile } from '../../storage/index.ts'
import { outputUri } from '../publish-attempt.ts'
import type { StepRow } from '../step-store.ts'
import type { DoWhile, ParallelFor, PublishedOutput, StepOutput, StepOutputs } from '../types.ts'
import { readIterations, readOutputs } from './control-store.ts'
import { iterationOutput } from './unroll.ts'

/**
 * What a loop gives out. A `do_while`: the outputs of its last iteration, where they lie. A `parallel_for`: for data a folder `{n}` per
 * iteration beside an `MLTable` that names them, content shared with the steps that wrote it; for values a JSON list.
 */

interface Gathered {
  readonly files: readonly TreeFile[]
  readonly value?: string
}
export interface Collected {
  /** How many iterations there were: with more by now it is out of date. */
  readonly iterations: number
  readonly outputs: Readonly<Record<string, Gathered>>
}

/**
 * Stores what is new (tables, lists) and lists what there is, outside of any transaction; harmless when repeated.
 * @returns `undefined` while iterations are open, and for everything but a `parallel_for`
 */
export async function collectOutputs(ctx: Context, stepId: number): Promise<Collected | undefined> {
  const db = ctx.db.kysely
  const step = await db.selectFrom('steps').selectAll().where('id', '=', stepId).executeTakeFirst()
  const control = step?.spec.control
  if (step === undefined || control?.kind !== 'parallel_for' || step.state === 'Done') return undefined
  const iterations = await readIterations(db, stepId)
  if (iterations.some((iteration) => iteration.open)) return undefined
  const job = await db.selectFrom('jobs').select('workspace_id').where('id', '=', step.job_id).executeTakeFirst()
  if (job === undefined) return undefined
  const published = await outputsOfIterations(db, step, control, iterations.length)
  const collected: Record<string, Gathered> = {}
  for (const [name, output] of Object.entries(step.spec.outputs)) {
    const each = published.get(name) ?? []
    collected[name] =
      output.control === undefined ? await gatherData(ctx, job.workspace_id, each) : await gatherValues(ctx, name, each)
  }
  return { iterations: iterations.length, outputs: collected }
}

async function outputsOfIterations(
  db: Executor,
  step: StepRow,
  control: ParallelFor,
  count: number,
): Promise<Map<string, (PublishedOutput | undefined)[]>> {
  const numbers = Array.from({ length: count }, (_, index) => index)
  const references = Object.entries(control.body.outputs)
  const names = references.flatMap(([, reference]) => numbers.map((number) => iterationOutput(step.name, reference, number).step))
  const outputs = await readOutputs(db, step.job_id, names)
  return new Map(
    references.map(([name, reference]) => [
      name,
      numbers.map((number) => outputs.get(iterationOutput(step.name, reference, number).step)?.[reference.output]),
    ]),
  )
}

async function gatherData(ctx: Context, workspaceId: string, each: readonly (PublishedOutput | undefined)[]): Promise<Gathered> {
  const files: TreeFile[] = []
  const lines: string[] = []
  for (const [number, output] of each.entries()) {
    if (output === undefined || output.files === 0) continue
    const found = await filesOfUri(ctx, { workspaceId, uri: output.uri })
    files.push(...found.files.map((file) => ({ ...file, path: `${number}/${file.path}` })))
    lines.push(found.kind === 'file' ? `  - file: ./${number}/${found.files[0]?.path ?? ''}` : `  - folder: ./${number}`)
  }
  const paths = lines.length === 0 ? 'paths: []' : `paths:\n${lines.join('\n')}`
  const table = await storeText(
    ctx,
    'MLTable',
    `$schema: https://azuremlschemas.azureedge.net/latest/MLTable.schema.json\ntype: mltable\n${paths}\n`,
  )
  return { files: [table, ...files] }
}

async function gatherValues(ctx: Context, name: string, each: readonly (PublishedOutput | undefined)[]): Promise<Gathered> {
  const value = JSON.stringify(each.map((output) => output?.value ?? null))
  return { files: [await storeText(ctx, name, value)], value }
}

async function storeText(ctx: Context, path: string, text: string): Promise<TreeFile> {
  return { path, ...(await ctx.content.put(Buffer.from(text))) }
}

/** The outputs of a loop that ends now, gathered ones placed under the loop's own job or where the pipeline wants them. */
export async function placeOutputs(
  tx: Executor,
  ctx: Context,
  { step, jobName, workspaceId }: { readonly step: StepRow; readonly jobName: string; readonly workspaceId: string },
  collected: Collected | undefined,
): Promise<StepOutputs> {
  const { control } = step.spec
  if (control === undefined || control.kind === 'if_else') return {}
  if (control.kind === 'do_while') return lastOutputs(tx, step, control)
  const placed: Record<string, PublishedOutput> = {}
  for (const [name, { files, value }] of Object.entries(collected?.outputs ?? {})) {
    const output = step.spec.outputs[name]
    const uri = placeOf({ step, jobName }, name, output)
    await placeFiles(tx, ctx, { workspaceId, uri, files })
    placed[name] = {
      uri: value === undefined ? uri : `${uri}${name}`,
      jobOutputType: output?.type ?? 'mltable',
      digest: digestOfTree(files),
      files: files.length,
      sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
      ...(value === undefined ? {} : { value }),
    }
  }
  return placed
}

function placeOf(
  { step, jobName }: { readonly step: StepRow; readonly jobName: string },
  name: string,
  output: StepOutput | undefined,
): string {
  if (output?.pipelineOutput === undefined) return outputUri(jobName, name, output?.uri)
  return outputUri(step.spec.parentJobName ?? jobName, output.pipelineOutput, output.uri)
}

async function lastOutputs(tx: Executor, step: StepRow, control: DoWhile): Promise<StepOutputs> {
  const last = Math.max(0, (await readIterations(tx, step.id)).length - 1)
  const references = Object.entries(control.body.outputs).map(
    ([name, body]) => [name, iterationOutput(step.name, body, last)] as const,
  )
  const outputs = await readOutputs(
    tx,
    step.job_id,
    references.map(([, reference]) => reference.step),
  )
  return Object.fromEntries(
    references.flatMap(([name, reference]) => {
      const found = outputs.get(reference.step)?.[reference.output]
      return found === undefined ? [] : [[name, found]]
    }),
  )
}
