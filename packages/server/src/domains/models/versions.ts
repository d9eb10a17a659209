import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource, listResources, type StoredResource } from '../../kernel/resources/index.ts'

export const modelType = 'Microsoft.MachineLearningServices/workspaces/models'
export const modelVersionType = `${modelType}/versions`
export const registryModelType = 'Microsoft.MachineLearningServices/registries/models'
export const registryVersionType = `${registryModelType}/versions`

export function modelId(ownerId: string, name: string): string {
  return `${ownerId}/models/${name}`
}

export function versionId(ownerId: string, name: string, version: string): string {
  return `${ownerId}/models/${name}/versions/${version}`
}

/** Name of the model that a version's id lies below. */
export function modelNameOf(id: string): string {
  return id.split('/').at(-3) ?? ''
}

/** A version of a model of a workspace or registry. */
export function findModelVersion(
  ctx: Context,
  ownerId: string,
  name: string,
  version: string,
  db: Executor = ctx.db.kysely,
): Promise<StoredResource | undefined> {
  return findResource(db, versionId(ownerId, name, version))
}

/** Versions of a model, newest first. */
export function listVersions(db: Executor, ownerId: string, name: string): Promise<StoredResource[]> {
  return listResources(db, { type: modelVersionType, parentId: modelId(ownerId, name), limit: 10_000 })
}

export function aliasesOf(model: StoredResource): Readonly<Record<string, string>> {
  return (model.status['aliases'] ?? {}) as Record<string, string>
}

/** Reads `name/1`, `name@alias`, `name/latest`, `name/Production`. */
export async function resolveVersion(db: Executor, ownerId: string, text: string): Promise<StoredResource | undefined> {
  const [, name, separator, wanted] = /^([^/@]+)([/@])([^/]+)$/.exec(text) ?? []
  if (name === undefined || wanted === undefined) return undefined
  const model = await findResource(db, modelId(ownerId, name))
  if (model === undefined) return undefined
  if (separator === '@') {
    const version = aliasesOf(model)[wanted]
    return version === undefined ? undefined : findResource(db, versionId(ownerId, name, version))
  }
  const exact = await findResource(db, versionId(ownerId, name, wanted))
  if (exact !== undefined) return exact
  const versions = await listVersions(db, ownerId, name)
  return wanted.toLowerCase() === 'latest'
    ? versions[0]
    : versions.find((version) => stageOf(version).toLowerCase() === wanted.toLowerCase())
}

export function stageOf(version: StoredResource): string {
  const stage = version.properties['stage']
  return typeof stage === 'string' && stage !== '' ? stage : 'None'
}
