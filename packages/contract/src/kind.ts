import { z } from 'zod'
import { operation, type Operation } from './operation.ts'

export type KindVerb = 'list' | 'get' | 'put' | 'patch' | 'delete'

/** A resource kind, declared as data. The kernel serves it; a domain adds behaviour. */
export interface ResourceKind<Properties extends z.ZodType = z.ZodType> {
  /** Full ARM type, e.g. `Microsoft.MachineLearningServices/workspaces/models/versions`. */
  readonly type: string
  /** Prefix of its operation ids, e.g. `models.versions`. */
  readonly noun: string
  /** Singular, for messages: `Model version`. */
  readonly title: string
  /** Schema of `properties` as clients send them; unknown members are kept. */
  readonly properties: Properties
  /** Tracked resources carry `location` and top-level `tags`. */
  readonly tracked: boolean
  readonly verbs: readonly KindVerb[]
  /** Names that are valid; default letters, digits, `-`, `_`, `.` up to 255. */
  readonly namePattern?: RegExp
  /** PUT and DELETE finish in the background: 201/202 with `Azure-AsyncOperation`. */
  readonly longRunning?: boolean
  /** Answer to the PUT that creates; default 201. Some of Azure's clients insist on 200. */
  readonly createdStatus?: 200 | 201
  /** `extension` kinds attach to any scope: subscription, resource group or resource. */
  readonly placement?: 'resourceGroup' | 'subscription' | 'extension'
  readonly example?: unknown
}

export function resourceKind<P extends z.ZodType>(
  draft: Omit<ResourceKind<P>, 'verbs' | 'tracked'> & Partial<Pick<ResourceKind<P>, 'verbs' | 'tracked'>>,
): ResourceKind<P> {
  return { ...draft, verbs: draft.verbs ?? ['list', 'get', 'put', 'delete'], tracked: draft.tracked ?? false }
}

const tags = z.record(z.string(), z.string())

export const systemDataSchema = z.object({
  createdBy: z.string(),
  createdByType: z.string(),
  createdAt: z.string(),
  lastModifiedBy: z.string(),
  lastModifiedByType: z.string(),
  lastModifiedAt: z.string(),
})

/** The one envelope of every resource. */
export const resourceSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  location: z.string().optional(),
  tags: tags.optional(),
  identity: z.looseObject({ type: z.string() }).optional(),
  sku: z.looseObject({ name: z.string() }).optional(),
  kind: z.string().optional(),
  etag: z.string().optional(),
  properties: z.looseObject({}),
  systemData: systemDataSchema,
})
export type Resource = z.infer<typeof resourceSchema>

export const listSchema = z.object({ value: z.array(resourceSchema), nextLink: z.string().nullable() })

export const listQuerySchema = z.looseObject({
  'api-version': z.string().optional(),
  $top: z.coerce.number().int().min(1).max(1000).optional(),
  $skip: z.string().max(2048).optional(),
  $filter: z.string().max(8192).optional(),
  $orderBy: z.string().max(200).optional(),
  listViewType: z.string().optional(),
})

/** The request body of a PUT: envelope members a client may set. Read-only members are accepted and dropped. */
export function putBody<P extends z.ZodType>(properties: P) {
  return z.looseObject({
    location: z.string().optional(),
    tags: tags.nullish(),
    identity: z.looseObject({ type: z.string() }).nullish(),
    sku: z.looseObject({ name: z.string() }).nullish(),
    kind: z.string().nullish(),
    properties,
  })
}

const patchBody = z.looseObject({
  tags: tags.optional(),
  identity: z.looseObject({ type: z.string() }).optional(),
  sku: z.looseObject({ name: z.string().optional() }).optional(),
  properties: z.looseObject({}).optional(),
})

const singular = (word: string): string => (word.endsWith('ies') ? `${word.slice(0, -3)}y` : word.replace(/s$/, ''))

/** `Microsoft.X/a/b` → `…/providers/Microsoft.X/a/{aName}/b/{bName}`. */
export function kindPath(kind: Pick<ResourceKind, 'type' | 'placement'>): string {
  if (kind.type === 'Microsoft.Resources/resourceGroups')
    return '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}'
  const [namespace, ...types] = kind.type.split('/')
  const base =
    kind.placement === 'extension'
      ? '/{scope*}'
      : kind.placement === 'subscription'
        ? '/subscriptions/{subscriptionId}'
        : '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}'
  return `${base}/providers/${namespace}/${types.map((type) => `${type}/{${singular(type)}Name}`).join('/')}`
}

/** The operations the kernel serves for a kind. */
export function operationsOf(kind: ResourceKind): Operation[] {
  const itemPath = kindPath(kind)
  const listPath = itemPath.slice(0, itemPath.lastIndexOf('/'))
  const extension = kind.placement === 'extension'
  const itemScope = extension ? '{scope*}' : itemPath
  const parentScope = extension ? '{scope*}' : parentTemplate(itemPath)
  const lower = kind.title.toLowerCase()
  const all: Record<KindVerb, Operation> = {
    list: operation({
      id: `${kind.noun}.list`,
      method: 'GET',
      path: listPath,
      summary: `Lists each ${lower} the caller may read.`,
      action: `${kind.type}/read`,
      scope: parentScope,
      filtered: true,
      query: listQuerySchema,
      response: listSchema,
    }),
    get: operation({
      id: `${kind.noun}.get`,
      method: 'GET',
      path: itemPath,
      summary: `Gets one ${lower}.`,
      action: `${kind.type}/read`,
      scope: itemScope,
      response: resourceSchema,
    }),
    put: operation({
      id: `${kind.noun}.createOrUpdate`,
      method: 'PUT',
      path: itemPath,
      summary: `Creates or replaces one ${lower}.`,
      action: `${kind.type}/write`,
      scope: itemScope,
      body: putBody(kind.properties),
      response: resourceSchema,
      success: [200, 201],
      longRunning: kind.longRunning ?? false,
      example: kind.example,
    }),
    patch: operation({
      id: `${kind.noun}.update`,
      method: 'PATCH',
      path: itemPath,
      summary: `Updates members of one ${lower}.`,
      action: `${kind.type}/write`,
      scope: itemScope,
      body: patchBody,
      response: resourceSchema,
      success: [200, 202],
      longRunning: kind.longRunning ?? false,
      example: { tags: { purpose: 'demo' } },
    }),
    delete: operation({
      id: `${kind.noun}.delete`,
      method: 'DELETE',
      path: itemPath,
      summary: `Deletes one ${lower}.`,
      action: `${kind.type}/delete`,
      scope: itemScope,
      success: kind.longRunning === true ? [202, 204] : [200, 204],
      longRunning: kind.longRunning ?? false,
    }),
  }
  return kind.verbs.map((verb) => all[verb])
}

function parentTemplate(itemPath: string): string {
  const parts = itemPath.split('/')
  const shortened = parts.slice(0, -2)
  // A top-level kind lists at its group: drop `providers/Namespace` as well.
  return (shortened.at(-2) === 'providers' ? shortened.slice(0, -2) : shortened).join('/') || '/'
}
