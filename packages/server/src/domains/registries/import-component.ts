import { AppError } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Tx } from '../../kernel/db/database.ts'
import { findResource, type StoredResource, type WriteResult } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { canonicalAssetId, versionByName } from '../storage/index.ts'
import { isSame, kindOf, requireReadableAsset, requireWritable, type Asker } from './assets.ts'

type Write = (tx: Tx) => Promise<WriteResult>
/** Prepares the copy of one more version. */
type Copy = (wanted: { readonly source: StoredResource; readonly id: string }) => Promise<Write>

interface ComponentCopy {
  /** The spec with everything it names in the registry. */
  readonly spec: JsonObject
  /** Writes of what goes along, in order. */
  readonly dependencies: readonly Write[]
}

interface CopyScope {
  readonly ctx: Context
  readonly asker: Asker
  readonly ownerId: string
  readonly registryId: string
  readonly copy: Copy
  readonly writes: Write[]
  /** Ids whose copy is planned, in the registry. */
  readonly planned: Set<string>
}

/** A component's spec as the registry keeps it: its code, environment and inner components are copied along and named there. */
export async function registryComponentSpec(
  ctx: Context,
  asker: Asker,
  request: { readonly source: StoredResource; readonly registryId: string; readonly copy: Copy },
): Promise<ComponentCopy> {
  const { source, registryId, copy } = request
  const ownerId = source.id.split('/').slice(0, -4).join('/')
  const scope: CopyScope = { ctx, asker, ownerId, registryId, copy, writes: [], planned: new Set() }
  const spec = await moved(scope, (source.properties['componentSpec'] ?? {}) as JsonObject)
  return { spec, dependencies: scope.writes }
}

/** Members of a spec, of its task, its trial and its steps that name assets. */
const references: Readonly<Record<string, string>> = {
  code: 'codes',
  environment: 'environments',
  component: 'components',
  componentId: 'components',
}

async function moved(scope: CopyScope, spec: JsonObject): Promise<JsonObject> {
  const result: JsonObject = { ...spec }
  for (const [member, kind] of Object.entries(references)) {
    const reference = spec[member]
    if (typeof reference === 'string' && reference !== '') result[member] = await movedReference(scope, kind, reference)
  }
  for (const member of ['task', 'trial']) {
    const inner = spec[member]
    if (typeof inner === 'object' && inner !== null) result[member] = await moved(scope, inner as JsonObject)
  }
  const steps = spec['jobs']
  if (typeof steps === 'object' && steps !== null) {
    const jobs: JsonObject = {}
    for (const [name, step] of Object.entries(steps as Record<string, JsonObject>)) jobs[name] = await moved(scope, step)
    result['jobs'] = jobs
  }
  return result
}

async function movedReference(scope: CopyScope, kind: string, reference: string): Promise<string> {
  const { ctx, asker, registryId } = scope
  const assetId = await assetIdOf(scope, kind, reference)
  if (assetId === undefined) return reference
  const source = await requireReadableAsset(ctx, asker, assetId)
  const [name, , version] = source.id.split('/').slice(-3)
  const id = `${registryId}/${kindOf(source)}/${name}/versions/${version}`
  const uri = `azureml://registries/${registryId.split('/').at(-1)}/${kindOf(source)}/${name}/versions/${version}`
  if (scope.planned.has(id.toLowerCase()) || source.id.toLowerCase() === id.toLowerCase()) return uri
  const existing = await findResource(ctx.db.kysely, id)
  if (existing !== undefined && !isSame(existing, source))
    throw new AppError('ResourceAlreadyExists', `The registry has another '${uri}' than the one that the component names.`, {
      target: reference,
    })
  if (existing === undefined) {
    await requireWritable(ctx, asker, id)
    scope.planned.add(id.toLowerCase())
    scope.writes.push(await scope.copy({ source, id }))
  }
  return uri
}

/** The ARM id behind a reference; `undefined` for one that needs no copy: a curated environment, a local or remote URL. */
async function assetIdOf({ ctx, ownerId }: CopyScope, kind: string, reference: string): Promise<string | undefined> {
  const db = ctx.db.kysely
  const canonical = await canonicalAssetId(db, ownerId, reference).catch((error: unknown) => {
    if (kind === 'environments' && /^azureml:\/\/registries\//i.test(reference)) return undefined
    throw error
  })
  if (canonical === undefined || canonical.startsWith('/')) return canonical
  const named = /^(?:azureml:)?([A-Za-z0-9][\w.-]*)(?::([^:@/]+)|@[\w-]+)?$/i.exec(canonical)
  if (named?.[1] === undefined) return undefined
  const container = `${ownerId}/${kind}/${named[1]}`
  if ((await findResource(db, container)) === undefined && kind === 'environments') return undefined
  return (await versionByName(db, container, named[2])).id
}
