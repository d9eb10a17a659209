import { nameOf } from '@fulcrum/contract'
import type { StoredResource } from '../../../kernel/resources/index.ts'
import { latestOfStages } from '../registry.ts'
import { aliasesOf, modelNameOf, stageOf } from '../versions.ts'

/** Folder of a version's files below the artifacts proxy; read-only. */
export const versionMount = 'ModelVersions'

function tagsOf(resource: StoredResource): { key: string; value: string }[] {
  return Object.entries((resource.properties['tags'] ?? {}) as Record<string, string>).map(([key, value]) => ({ key, value }))
}

function text(name: string, value: unknown): Record<string, string> {
  return typeof value === 'string' && value !== '' ? { [name]: value } : {}
}

/** @param aliases names that point to this version */
export function presentVersion(version: StoredResource, aliases: readonly string[]) {
  return {
    name: modelNameOf(version.id),
    version: nameOf(version.id),
    creation_timestamp: version.createdAt.getTime(),
    last_updated_timestamp: version.modifiedAt.getTime(),
    user_id: version.createdBy,
    current_stage: stageOf(version),
    description: String(version.properties['description'] ?? ''),
    source: String(version.status['source'] ?? version.properties['modelUri'] ?? ''),
    run_id: String(version.status['runId'] ?? ''),
    status: version.status['provisioningState'] === 'Failed' ? 'FAILED_REGISTRATION' : 'READY',
    tags: tagsOf(version),
    aliases,
    ...text('model_id', version.status['loggedModelId']),
  }
}

export function presentModel(model: StoredResource, versions: readonly StoredResource[]) {
  const aliases = aliasesOf(model)
  return {
    name: model.name,
    creation_timestamp: model.createdAt.getTime(),
    last_updated_timestamp: model.modifiedAt.getTime(),
    description: String(model.properties['description'] ?? ''),
    tags: tagsOf(model),
    latest_versions: latestOfStages(versions, []).map((version) => presentVersion(version, aliasesFor(aliases, version))),
    aliases: Object.entries(aliases).map(([alias, version]) => ({ alias, version })),
  }
}

export function aliasesFor(aliases: Readonly<Record<string, string>>, version: StoredResource): string[] {
  return Object.entries(aliases).flatMap(([alias, target]) => (target === nameOf(version.id) ? [alias] : []))
}
