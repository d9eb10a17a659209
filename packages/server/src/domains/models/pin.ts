import { nameOf } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import type { ResourceWrite } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { digestOfTree } from '../storage/index.ts'
import { findRun } from '../tracking/index.ts'
import { modelCard } from './card.ts'
import type { ModelFile } from './manifest.ts'
import { readModelDescription, type ModelDescription } from './mlmodel.ts'
import { readOrigin, type ModelOrigin } from './origin.ts'
import { readSource, type ModelSource } from './source.ts'
import { modelNameOf } from './versions.ts'

/** What becomes of a version when it is made: its files, for good, and what they say. */
export interface PinnedVersion {
  readonly files: readonly ModelFile[]
  readonly status: JsonObject
}

interface Findings {
  readonly uri: string | undefined
  readonly source: ModelSource | undefined
  readonly files: readonly ModelFile[]
  readonly digest: string | undefined
  readonly model: ModelDescription | undefined
  /** Why the description could not be read. */
  readonly problem: string | undefined
  readonly runId: string | undefined
  readonly origin: ModelOrigin
}

/** Finds the files of a new version and describes them. The rows are read in the transaction; the bytes never change. */
export async function pinVersion(ctx: Context, tx: Executor, write: ResourceWrite, given?: ModelSource): Promise<PinnedVersion> {
  const findings = await inspect(ctx, tx, write, given)
  const { files, digest, runId, model, source } = findings
  return {
    files,
    status: {
      provisioningState: 'Succeeded',
      sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      fileCount: files.length,
      author: write.actor.name,
      lineage: findings.origin,
      card: await cardOf(ctx, tx, write, findings),
      conditions: conditions(ctx, findings),
      ...optional({ digest, runId, loggedModelId: source?.modelId ?? model?.modelId, ...describedMembers(model) }),
    },
  }
}

function describedMembers(model: ModelDescription | undefined) {
  if (model === undefined) return {}
  const { signature, inputExample, mlflowVersion } = model
  return { signature, inputExample, mlflowVersion, flavors: azureFlavors(model.flavors) }
}

async function inspect(ctx: Context, tx: Executor, write: ResourceWrite, given: ModelSource | undefined): Promise<Findings> {
  const ownerId = ownerOf(write.id)
  const uri = textOf(write.body.properties['modelUri'])
  const source = given ?? (uri === undefined ? undefined : await readSource(ctx, tx, ownerId, uri))
  const files = source?.files ?? []
  const described = await readModelDescription(ctx, files)
  const [model, problem] = typeof described === 'string' ? [undefined, described] : [described, undefined]
  const jobName = textOf(write.body.properties['jobName'])
  const runId = source?.runId ?? model?.runId ?? jobName
  const origin = source?.origin ?? (await readOrigin(tx, ownerId, optional({ runId, jobName, versionId: source?.versionId })))
  return { uri, source, files, digest: files.length === 0 ? undefined : digestOfTree(files), model, problem, runId, origin }
}

async function cardOf(ctx: Context, tx: Executor, write: ResourceWrite, findings: Findings): Promise<string> {
  const { properties } = write.body
  const run =
    findings.runId === undefined
      ? undefined
      : await findRun({ ctx, workspaceId: ownerOf(write.id).toLowerCase() }, findings.runId, tx)
  return modelCard({
    ...findings,
    name: modelNameOf(write.id),
    version: nameOf(write.id),
    author: write.actor.name,
    createdAt: ctx.clock.now(),
    description: textOf(properties['description']),
    modelType: textOf(properties['modelType']) ?? 'custom_model',
    metrics: Object.fromEntries(Object.entries(run?.metrics ?? {}).map(([key, [value]]) => [key, Number(value)])),
    params: run?.params ?? {},
  })
}

/** The workspace or registry of a version's id. */
function ownerOf(versionId: string): string {
  return versionId.split('/').slice(0, -4).join('/')
}

function conditions(ctx: Context, found: Findings): JsonObject[] {
  const { uri } = found
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
