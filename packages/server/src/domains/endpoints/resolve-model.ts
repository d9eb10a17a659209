import { invalid, isWithinScope, notFound } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource, type StoredResource } from '../../kernel/resources/index.ts'
import { canonicalAssetId, versionByName } from '../storage/index.ts'

/**
 * The model version that a reference names: an ARM id, `azureml:name:version`, `azureml:name@latest` or
 * `azureml://registries/R/models/N/versions/V`. Only of the same workspace or of a registry.
 * @throws ResourceNotFound · InvalidRequestContent
 */
export async function resolveModel(_ctx: Context, db: Executor, workspaceId: string, reference: string): Promise<StoredResource> {
  const plain = await canonicalAssetId(db, workspaceId, reference)
  if (plain.startsWith('/')) return byId(db, workspaceId, plain)
  const named = /^azureml:(?!\/\/)([^:@/]+)(?::([^:@/]+)|@latest)$/i.exec(plain)
  if (named !== null) return versionByName(db, `${workspaceId}/models/${named[1]}`, named[2])
  throw invalid(
    `'${reference.slice(0, 200)}' is no model reference; use azureml:<name>:<version> or the id of a model version.`,
    { target: 'properties.model' },
  )
}

async function byId(db: Executor, workspaceId: string, id: string): Promise<StoredResource> {
  const usable = isWithinScope(id, workspaceId) || /\/providers\/microsoft\.machinelearningservices\/registries\//i.test(id)
  const found = usable && /\/models\/[^/]+\/versions\/[^/]+$/i.test(id) ? await findResource(db, id) : undefined
  if (found === undefined)
    throw notFound('Model version', id, 'A model id ends in /models/<name>/versions/<version>, in this workspace or a registry.')
  return found
}

export function digestOf(model: StoredResource): string | undefined {
  const digest = model.status['digest']
  return typeof digest === 'string' ? digest : undefined
}

/** `Model 'churn' version '3'`. */
export function describeModel(model: StoredResource): string {
  return `Model '${model.id.split('/').at(-3) ?? ''}' version '${model.name}'`
}
