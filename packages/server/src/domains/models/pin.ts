import { nameOf } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import type { ResourceWrite } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { findRun } from '../tracking/index.ts'
import { modelCard } from './card.ts'
import { treeDigestOf, type ModelFile } from './manifest.ts'
import { readModelDescription } from './mlmodel.ts'
import { readOrigin } from './origin.ts'
import { readSource, type ModelSource } from './source.ts'
import { modelNameOf } from './versions.ts'

/** What becomes of a version when it is made: its files, for good, and what they say. */
export interface PinnedVersion {
  readonly files: readonly ModelFile[]
  readonly status: JsonObject
}

/** Finds the files of a new version and describes them. The rows are read in the transaction; the bytes never change. */
export async function pinVersion(ctx: Context, tx: Executor, write: ResourceWrite, given?: ModelSource): Promise<PinnedVersion> {
  const { properties } = write.body
  const ownerId = write.id.split('/').slice(0, -4).join('/')
  const uri = textOf(properties['modelUri'])
  const source = given ?? (uri === undefined ? undefined : await readSource(ctx, tx, ownerId, uri))
  const files = source?.files ?? []
  const described = await readModelDescription(ctx, files)
  const model = typeof described === 'string' ? undefined : described
  const jobName = textOf(properties['jobName'])
  const runId = source?.runId ?? model?.runId ?? jobName
  const origin = await readOrigin(tx, ownerId, optional({ runId, jobName, versionId: source?.versionId }))
  const run = runId === undefined ? undefined : await findRun({ ctx, workspaceId: ownerId.toLowerCase() }, runId, tx)
  const digest = files.length === 0 ? undefined : treeDigestOf(files)
  const card = modelCard({
    name: modelNameOf(write.id),
    version: nameOf(write.id),
    author: write.actor.name,
    createdAt: ctx.clock.now(),
    description: textOf(properties['description']),
    modelType: textOf(properties['modelType']) ?? 'custom_model',
    digest,
    files,
    model,
    origin,
    metrics: Object.fromEntries(Object.entries(run?.metrics ?? {}).map(([key, [value]]) => [key, Number(value)])),
    params: run?.params ?? {},
  })
  return {
    files,
    status: {
      provisioningState: 'Succeeded',
      sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      fileCount: files.length,
      author: write.actor.name,
      lineage: origin,
      card,
      conditions: conditions(ctx, uri, { files, source, problem: typeof described === 'string' ? described : undefined }),
      ...optional({
        digest,
        runId,
        loggedModelId: source?.modelId ?? model?.modelId,
        signature: model?.signature,
        inputExample: model?.inputExample,
        mlflowVersion: model?.mlflowVersion,
        flavors: model === undefined ? undefined : azureFlavors(model.flavors),
      }),
    },
  }
}

function conditions(
  ctx: Context,
  uri: string | undefined,
  found: { files: readonly ModelFile[]; source: ModelSource | undefined; problem: string | undefined },
): JsonObject[] {
  const time = ctx.clock.now().toISOString()
  const present = found.files.length > 0
  const missing =
    found.source === undefined
      ? `The place '${uri ?? ''}' is not one this server stores.`
      : `There are no files at '${uri ?? ''}'.`
  return [
    {
      type: 'FilesPinned',
      status: present ? 'True' : 'False',
      reason: present ? 'Copied' : 'NoFiles',
      message: present ? `${found.files.length} files are kept by digest.` : missing,
      time,
    },
    ...(found.problem === undefined
      ? []
      : [{ type: 'Described', status: 'False', reason: 'UnreadableMLmodel', message: found.problem, time }]),
  ]
}

/** Azure's form: `{flavor: {data: {member: text}}}`. */
function azureFlavors(flavors: Readonly<Record<string, JsonObject>>): JsonObject {
  const textual = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
  return Object.fromEntries(
    Object.entries(flavors).map(([name, members]) => [
      name,
      { data: Object.fromEntries(Object.entries(members).map(([key, value]) => [key, textual(value)])) },
    ]),
  )
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Leaves out members that are `undefined`. */
export function optional<Members extends Record<string, unknown>>(
  members: Members,
): { [Key in keyof Members]?: NonNullable<Members[Key]> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Members]?: NonNullable<Members[Key]>
  }
}
