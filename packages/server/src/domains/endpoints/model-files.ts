import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { invalid, nameOf } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { systemActor } from '../../kernel/auth/index.ts'
import type { StoredResource } from '../../kernel/resources/index.ts'
import { ensureDirectory, readText, removeTree, statOrUndefined, writeFileAtomic } from '../../kernel/safe/index.ts'
import { materialiseModel } from '../models/index.ts'
import { materialiseUri } from '../storage/index.ts'
import { digestOf } from './resolve-model.ts'
import { objectOf, textOf } from './types.ts'

/** The files of deployed models, and the environments that models without code run in. */

const environmentType = 'Microsoft.MachineLearningServices/workspaces/environments/versions'

export interface PlacedModel {
  /** What scoring scripts get as `AZUREML_MODEL_DIR`: a folder is in there under its own name, a single file lies in it. */
  readonly root: string
  /** The model's own files. */
  readonly own: string
}

/** One directory per digest and name, complete once its marker exists; deployments of the same model share it. */
export async function placeModel(ctx: Context, model: StoredResource): Promise<PlacedModel> {
  const digest = digestOf(model) ?? `id:${createHash('sha256').update(model.id.toLowerCase()).digest('hex')}`
  const uri = textOf(model.properties['modelUri'])
  const name = folderNameOf(uri)
  const base = join(ctx.config.dataDirectory, 'serving', 'models', `${digest}.${name}`.replaceAll(/[^a-zA-Z0-9.]/g, '-'))
  const own = join(base, name)
  const marker = `${base}.complete`
  if ((await statOrUndefined(marker)) === undefined) {
    await removeTree(base)
    await ensureDirectory(own, 0o755)
    const placed = await materialiseModel(ctx, model.id, own)
    if (placed.files === 0) {
      if (uri === undefined) throw invalid(`Model version '${model.id}' has no files.`, { target: 'properties.model' })
      const workspaceId = model.id.split('/').slice(0, -4).join('/')
      await materialiseUri(ctx, { workspaceId, uri, targetDirectory: own, writable: false })
    }
    await writeFileAtomic(marker, '', { durable: ctx.config.durable })
  }
  const isFile = (await statOrUndefined(join(own, name)))?.isFile() === true
  return { root: isFile ? own : base, own }
}

/** The last segment of a model's path, which Azure keeps below `AZUREML_MODEL_DIR`. */
function folderNameOf(uri: string | undefined): string {
  const name = (uri ?? '').replace(/\/+$/, '').split('/').at(-1) ?? ''
  return /^[^/\0]{1,200}$/.test(name) && !/^\.{1,2}$/.test(name) ? name : 'model'
}

/** @throws InvalidRequestContent a deployment without code needs an MLflow model */
export async function requireMlflow(modelDirectory: string | null): Promise<void> {
  if (modelDirectory === null)
    throw invalid('A deployment needs a model, or a codeConfiguration with a scoring script.', { target: 'properties.model' })
  if ((await statOrUndefined(join(modelDirectory, 'MLmodel'))) === undefined) {
    throw invalid(
      'Without a codeConfiguration the model must be an MLflow model (a folder with a file MLmodel); this one has none. Add a scoring script.',
      {
        target: 'properties.codeConfiguration',
      },
    )
  }
}

/** The environment of a model without code: that of the job which trained it, else one made from its conda file or requirements. */
export async function environmentOfModel(
  ctx: Context,
  workspaceId: string,
  source: { readonly model: StoredResource | undefined; readonly modelDirectory: string | null },
): Promise<string | undefined> {
  return environmentOfJob(workspaceId, source.model) ?? environmentOfFiles(ctx, workspaceId, source)
}

function environmentOfJob(workspaceId: string, model: StoredResource | undefined): string | undefined {
  const reference = textOf(objectOf(model?.status['lineage'])['environmentId'])
  if (reference === undefined) return undefined
  const known =
    !reference.startsWith('/') ||
    reference.toLowerCase().startsWith(`${workspaceId.toLowerCase()}/`) ||
    /\/registries\//i.test(reference)
  return known ? reference : undefined
}

/** Registers the model's own conda.yaml as an environment, so that people see what it runs in. */
async function environmentOfFiles(
  ctx: Context,
  workspaceId: string,
  source: { model: StoredResource | undefined; modelDirectory: string | null },
): Promise<string | undefined> {
  const { model, modelDirectory } = source
  if (model === undefined || modelDirectory === null) return undefined
  const condaFile =
    (await readText(join(modelDirectory, 'conda.yaml'), 1024 * 1024).catch(() => undefined)) ??
    (await condaOfRequirements(modelDirectory))
  if (condaFile === undefined) return undefined
  const version = createHash('sha256').update(condaFile).digest('hex').slice(0, 16)
  const id = `${workspaceId}/environments/model-${nameOf(model.id.split('/').slice(0, -2).join('/'))}/versions/${version}`
  if ((await ctx.resources.find(id)) === undefined) {
    await ctx.resources.put(
      systemActor,
      id,
      { properties: { condaFile, description: `Requirements of ${model.id}.` } },
      { type: environmentType },
    )
  }
  return id
}

async function condaOfRequirements(modelDirectory: string): Promise<string | undefined> {
  const text = await readText(join(modelDirectory, 'requirements.txt'), 1024 * 1024).catch(() => undefined)
  if (text === undefined) return undefined
  const requirements = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  return JSON.stringify({ name: 'model', dependencies: ['python', 'pip', { pip: requirements }] })
}
