import { nameOf, notFound, workspaceOf } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource, type ResourceWrite } from '../../kernel/resources/index.ts'
import { withoutPrefix } from './asset-references.ts'
import { registryId } from './data-uri.ts'

/**
 * What a resource names is used later by the platform itself, so the right to read it is asked of the writer, at the write.
 * An asset that the writer may not read and one that is not there get the same answer.
 */

const machineLearning = 'Microsoft.MachineLearningServices'
const guarded = /^microsoft\.machinelearningservices\/(?:workspaces|registries)\//i
/** What runs: nothing of another workspace may be named there. */
const executing = /\/workspaces\/(?:jobs|components\/versions|schedules|(?:online|batch)endpoints\/deployments)$/i
/** Models of a catalogue that is elsewhere: kept as text, never looked up. */
const unfollowed = /\/workspaces\/(?:serverlessendpoints|marketplacesubscriptions)$/i
const assetKinds = 'codes|components|data|environments|models'
const registryUri = new RegExp(`^azureml://registries/([^/]+)/(?:(${assetKinds})/([^/]+)|datastores)(?:/|$)`, 'i')
const registryArmId = new RegExp(
  `^(/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\\.machinelearningservices/registries/[^/]+)(?:/(${assetKinds})/([^/]+))?(?:/|$)`,
  'i',
)
const foreignForms = [
  new RegExp(
    `^(/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\\.machinelearningservices/workspaces/[^/]+)/(?:${assetKinds}|computes|datastores)/`,
    'i',
  ),
  /^azureml:\/\/(subscriptions\/[^/]+\/resourcegroups\/[^/]+\/(?:providers\/[^/]+\/)?workspaces\/[^/]+)\//i,
  /^azureml:\/\/locations\/[^/]+\/workspaces\/([^/]+)\//i,
]

/** @throws ResourceNotFound */
export async function guardReferences(ctx: Context, tx: Executor, write: ResourceWrite, type: string): Promise<void> {
  if (write.actor.kind === 'System' || !guarded.test(type) || unfollowed.test(type)) return
  const { tags: _tags, properties: _properties, ...named } = write.body.properties
  const known = new Set(textsOf(write.existing?.properties))
  const workspaceId = workspaceOf(write.id) ?? ''
  for (const text of new Set(textsOf(named))) {
    if (known.has(text)) continue
    const reference = withoutPrefix(text)
    await requireRegistry(ctx, tx, write.actor, { ownerId: workspaceId, reference })
    if (executing.test(`/${type}`)) await refuseForeign(tx, workspaceId, reference)
  }
}

function* textsOf(value: unknown): Generator<string> {
  if (typeof value === 'string') {
    if (/(?:registries|workspaces)\//i.test(value.slice(0, 1024))) yield value
  } else if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) yield* textsOf(member)
}

interface RegistryReference {
  readonly registryName: string
  /** ARM id, when the reference is one. */
  readonly armId: string | undefined
  readonly kind: string
  readonly asset: string | undefined
}

function registryReference(reference: string): RegistryReference | undefined {
  const byName = registryUri.exec(reference)
  const byId = byName === null ? registryArmId.exec(reference) : null
  const [, owner = '', kind = 'data', asset] = byName ?? byId ?? []
  if (owner === '') return undefined
  const armId = byId === null ? undefined : owner
  return { registryName: nameOf(owner), armId, kind: kind.toLowerCase(), asset }
}

/** As the guard does for what is written, for references that only come to light with the write, such as those inside a component. */
export async function requireReadable(
  ctx: Context,
  tx: Executor,
  actor: Actor,
  named: { readonly ownerId: string; readonly references: readonly (string | undefined)[] },
): Promise<void> {
  if (actor.kind === 'System') return
  for (const reference of named.references)
    if (reference !== undefined)
      await requireRegistry(ctx, tx, actor, { ownerId: named.ownerId, reference: withoutPrefix(reference) })
}

async function requireRegistry(
  ctx: Context,
  tx: Executor,
  actor: Actor,
  { ownerId, reference }: { readonly ownerId: string; readonly reference: string },
): Promise<void> {
  const wanted = registryReference(reference)
  if (wanted === undefined) return
  const { registryName, armId, kind, asset } = wanted
  const registry =
    armId === undefined ? await registryId(tx, ownerId, registryName).catch(() => undefined) : (await findResource(tx, armId))?.id
  // Environments of a registry that is none of ours may be curated ones; their domain answers.
  if (registry === undefined && armId === undefined && kind === 'environments') return
  if (registry === undefined) throw notFound('Registry', registryName)
  if (registry.toLowerCase() === ownerId.toLowerCase()) return
  const scope = asset === undefined ? registry : `${registry}/${kind}/${asset}`
  const action = `${machineLearning}/registries/${kind}/versions/read`
  if (!(await ctx.authorization.allows(actor, action, 'control', scope))) throw notFound('Registry', registryName)
}

async function refuseForeign(tx: Executor, workspaceId: string, reference: string): Promise<void> {
  const owner = foreignForms.map((form) => form.exec(reference)?.[1]).find((found) => found !== undefined)
  if (owner !== undefined && !(await isOwn(tx, workspaceId, owner)))
    throw notFound(/\/computes\/[^/]+$/i.test(reference) ? 'Compute' : 'Asset', reference)
}

/** By ARM id, with or without its provider, or by name or GUID. */
async function isOwn(tx: Executor, workspaceId: string, owner: string): Promise<boolean> {
  if (owner.includes('/')) {
    const short = (id: string) => id.toLowerCase().replace(/^\//, '').replace('/providers/microsoft.machinelearningservices', '')
    return short(owner) === short(workspaceId)
  }
  const workspace = await findResource(tx, workspaceId)
  const names = [workspace?.name, workspace?.status['workspaceId'], workspace?.properties['workspaceId']]
  return names.some((name) => typeof name === 'string' && name.toLowerCase() === owner.toLowerCase())
}
