import { nameOf, workspaceKind, type WorkspaceProperties } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { bumpAuthorizationGeneration } from '../../kernel/authz/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import type { KindBehaviour, ResourceBody, ResourceWrite, StoredResource } from '../../kernel/resources/index.ts'
import { ensurePrincipalIn, findPrincipals, removePrincipalIn } from '../identity/index.ts'
import { addressOf, mlflowAddressOf } from './addresses.ts'
import { neighboursOf } from './names.ts'
import { createNeighboursIn, refuseMissingNeighbours } from './neighbours.ts'

/** Workspaces: an identity of their own, neighbours created with them, addresses that clients read. */
export function workspaceBehaviour(ctx: Context): KindBehaviour {
  return {
    kind: workspaceKind,
    defaults: (write) => withDefaults(write),
    validate: (tx, write) => refuseMissingNeighbours(tx, write.id, write.body.properties),
    statusOnWrite: ({ existing }) => ({
      provisioningState: 'Succeeded',
      ...(existing === undefined ? { workspaceId: ctx.ids.uuid(), principalId: ctx.ids.uuid() } : {}),
    }),
    immutableMembers: ['storageAccount', 'hbiWorkspace'],
    afterWrite: async (tx, resource, { actor, existing }) => {
      if (existing !== undefined) return
      await createNeighboursIn(tx, ctx, actor, {
        resource,
        members: ['logAnalytics', 'storageAccount', 'keyVault', 'applicationInsights', 'containerRegistry'],
      })
      await createIdentity(tx, ctx, actor, resource)
    },
    afterDelete: async (tx, resource, actor) => {
      const principalId = resource.status['principalId']
      const [identity] = typeof principalId === 'string' ? await findPrincipals(tx, [principalId]) : []
      if (identity !== undefined) await removePrincipalIn(tx, ctx, actor, identity)
      await bumpAuthorizationGeneration(tx)
    },
    present: (resource, origin) => shownProperties(ctx, resource, origin),
    presentEnvelope: (resource) => ({
      tags: { ...resource.tags },
      identity: {
        ...resource.identity,
        type: resource.identity?.['type'] ?? 'SystemAssigned',
        principalId: resource.status['principalId'],
        tenantId: ctx.config.tenantId,
      },
    }),
  }
}

function withDefaults({ id, body, existing }: ResourceWrite): ResourceBody {
  return {
    ...body,
    location: body.location ?? existing?.location ?? 'local',
    identity: body.identity ?? existing?.identity ?? { type: 'SystemAssigned' },
    sku: body.sku ?? { name: 'Basic', tier: 'Basic' },
    kind: body.kind ?? 'Default',
    properties: { ...defaultsOf(id), ...kept(existing), ...given(withoutReadOnly(body.properties as WorkspaceProperties)) },
  }
}

function defaultsOf(id: string): WorkspaceProperties {
  const { storageAccount, keyVault, applicationInsights, containerRegistry } = neighboursOf(id)
  return {
    friendlyName: nameOf(id),
    description: '',
    hbiWorkspace: false,
    v1LegacyMode: false,
    publicNetworkAccess: 'Enabled',
    storageAccount,
    keyVault,
    applicationInsights,
    containerRegistry,
  }
}

/** What was chosen at creation stays when a later PUT leaves it out. */
function kept(existing: StoredResource | undefined): WorkspaceProperties {
  const members = [
    'friendlyName',
    'hbiWorkspace',
    'storageAccount',
    'keyVault',
    'applicationInsights',
    'containerRegistry',
  ] as const
  const properties = existing?.properties ?? {}
  return Object.fromEntries(members.flatMap((member) => (member in properties ? [[member, properties[member]]] : [])))
}

/** `null` on the wire means absent. */
function given(properties: WorkspaceProperties): WorkspaceProperties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null && value !== undefined))
}

/** Clients send back what they read; what the platform says about itself is dropped. */
function withoutReadOnly(properties: WorkspaceProperties): WorkspaceProperties {
  const readOnly = new Set([
    'workspaceId',
    'discoveryUrl',
    'mlFlowTrackingUri',
    'provisioningState',
    'tenantId',
    'principalId',
    'notebookInfo',
    'serviceProvisionedResourceGroup',
  ])
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !readOnly.has(name)))
}

/** The system-assigned identity lives and dies with its workspace. Its name is the workspace's id: names of workspaces repeat across groups. */
async function createIdentity(tx: Executor, ctx: Context, actor: Actor, resource: StoredResource): Promise<void> {
  await ensurePrincipalIn(tx, ctx, actor, {
    kind: 'ManagedIdentity',
    id: String(resource.status['principalId']),
    name: resource.id.toLowerCase(),
    properties: { displayName: `${resource.name} (workspace)` },
  })
}

function shownProperties(ctx: Context, resource: StoredResource, origin: string | undefined) {
  const { principalId: _principalId, ...status } = resource.status
  return {
    ...resource.properties,
    ...status,
    tenantId: ctx.config.tenantId,
    discoveryUrl: `${addressOf(ctx, origin)}/discovery`,
    mlFlowTrackingUri: mlflowAddressOf(ctx, resource.id, origin),
    isPrivateLinkEnabled: false,
    allowPublicAccessWhenBehindVnet: false,
    privateEndpointConnections: [],
  }
}
