import { nameOf, type InstanceDescription } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { Tx } from '../../kernel/db/database.ts'
import { findResource } from '../../kernel/resources/index.ts'
import { ensureAssignmentIn } from '../access/index.ts'
import { addMemberIn, ensurePrincipalIn, findPrincipal, type PrincipalKind, type PrincipalRow } from '../identity/index.ts'
import { planAssignments, type Holder, type WorkspaceNeighbours } from './access-plan.ts'
import { ensureResourceIn, summaryOf, type WantedResource } from './ensure-resource.ts'
import { gatesInOrder, lakeAccountId, placesOf, sharedPlace, type EnvironmentPlace } from './layout.ts'

export interface StepContext {
  readonly ctx: Context
  readonly actor: Actor
  readonly instance: InstanceDescription
  readonly places: readonly EnvironmentPlace[]
}

/** One idempotent step of an apply; runs in a transaction of its own. @returns what it did; `skipped` when the instance asks for something this server does not offer */
export interface ApplyStep {
  readonly name: string
  readonly title: string
  readonly run: (tx: Tx, step: StepContext) => Promise<string | { readonly skipped: string }>
}

const machineLearning = 'Microsoft.MachineLearningServices'
const storageAccountType = 'Microsoft.Storage/storageAccounts'

export function stepContext(ctx: Context, actor: Actor, instance: InstanceDescription): StepContext {
  return { ctx, actor, instance, places: placesOf(ctx.config.subscriptionId, instance) }
}

export const applySteps: readonly ApplyStep[] = [
  {
    name: 'resourceGroups',
    title: 'Resource groups',
    run: (tx, step) =>
      ensureAll(
        tx,
        step,
        step.places.map((place) => ({
          id: place.resourceGroupId,
          type: 'Microsoft.Resources/resourceGroups',
          body: { location: place.location, tags: place.tags, properties: {} },
        })),
      ),
  },
  {
    name: 'workspaces',
    title: 'Workspaces with their neighbours',
    run: (tx, step) =>
      ensureAll(
        tx,
        step,
        step.places.flatMap((place) =>
          place.workspaceId === undefined
            ? []
            : [
                {
                  id: place.workspaceId,
                  type: `${machineLearning}/workspaces`,
                  body: { location: place.location, tags: place.tags, properties: {} },
                },
              ],
        ),
      ),
  },
  {
    name: 'registry',
    title: 'Shared registry',
    run: (tx, step) =>
      ensureAll(
        tx,
        step,
        step.places.flatMap((place) =>
          place.registryId === undefined
            ? []
            : [
                {
                  id: place.registryId,
                  type: `${machineLearning}/registries`,
                  body: { location: place.location, tags: place.tags, properties: {} },
                },
              ],
        ),
      ),
  },
  // Of its own, and before its containers are attached: access to them is checked against the account as stored.
  { name: 'lake', title: 'Storage account of the data lakes', run: createLake },
  { name: 'datastores', title: 'Data lakes attached to every workspace', run: attachLakes },
  { name: 'principals', title: 'Groups and demo principals', run: createPrincipals },
  { name: 'roleAssignments', title: 'Role assignments of the personas', run: assignRoles },
  { name: 'gates', title: 'Gates', run: createGates },
  {
    name: 'budget',
    title: 'Budget',
    run: async (_tx, { instance }) =>
      instance.budget === undefined
        ? 'none asked for'
        : { skipped: 'Budgets are not enforced by this version; the amount is kept with the instance.' },
  },
]

async function ensureAll(tx: Tx, { ctx, actor }: StepContext, wanted: readonly WantedResource[]): Promise<string> {
  const outcomes: ('created' | 'updated' | 'unchanged')[] = []
  for (const resource of wanted) outcomes.push(await ensureResourceIn(tx, ctx, actor, resource))
  return summaryOf(outcomes)
}

/** Where the data lakes of the instance are; `undefined` when it asks for none. */
function lakeOf({ instance, places }: StepContext): { id: string; place: EnvironmentPlace } | undefined {
  const place = sharedPlace(places)
  if (place === undefined || Object.keys(instance.datastores).length === 0) return undefined
  return { id: lakeAccountId(place, instance.name), place }
}

async function createLake(tx: Tx, step: StepContext): Promise<string> {
  const lake = lakeOf(step)
  if (lake === undefined) return 'none asked for'
  const { location, tags } = lake.place
  const body = { location, tags, kind: 'StorageV2', sku: { name: 'Standard_LRS' }, properties: { isHnsEnabled: true } }
  return ensureAll(tx, step, [{ id: lake.id, type: storageAccountType, body }])
}

async function attachLakes(tx: Tx, step: StepContext): Promise<string> {
  const lake = lakeOf(step)
  if (lake === undefined) return 'none asked for'
  const datastores = step.places.flatMap(({ workspaceId }) =>
    workspaceId === undefined
      ? []
      : Object.entries(step.instance.datastores).map(([name, { description, access }]) => ({
          id: `${workspaceId}/datastores/${name}`,
          type: `${machineLearning}/workspaces/datastores`,
          body: {
            properties: {
              datastoreType: 'AzureBlob',
              accountName: nameOf(lake.id),
              containerName: name.toLowerCase(),
              description,
              access,
              isDefault: false,
              credentials: { credentialsType: 'None' },
            },
          },
        })),
  )
  return ensureAll(tx, step, datastores)
}

async function createPrincipals(tx: Tx, { ctx, actor, instance }: StepContext): Promise<string> {
  let [created, added] = [0, 0]
  const ensure = async (kind: PrincipalKind, name: string, displayName?: string): Promise<PrincipalRow> => {
    const found = await ensurePrincipalIn(tx, ctx, actor, {
      kind,
      name,
      ...(displayName === undefined ? {} : { properties: { displayName } }),
    })
    if (found.created) created += 1
    return found.row
  }
  for (const entry of [...Object.values(instance.personas), ...instance.assignments]) {
    const group = await ensure('Group', entry.group)
    const members = [
      ...entry.users.map((name) => ({ kind: 'User' as const, name })),
      ...entry.servicePrincipals.map((name) => ({ kind: 'ServicePrincipal' as const, name })),
    ]
    for (const { kind, name } of members) {
      const displayName = kind === 'User' ? name.charAt(0).toUpperCase() + name.slice(1) : undefined
      if (await addMemberIn(tx, ctx, actor, { group, member: await ensure(kind, name, displayName) })) added += 1
    }
  }
  return `${created} principals created, ${added} memberships added`
}

async function assignRoles(tx: Tx, { ctx, actor, instance, places }: StepContext): Promise<string> {
  const planned = planAssignments({
    instance,
    places,
    neighbours: await readNeighbours(tx, places),
    subscriptionScope: `/subscriptions/${ctx.config.subscriptionId}`,
  })
  const standing = planned.filter((item) => !item.isJustInTime)
  const holders = new Map<string, string | undefined>()
  let created = 0
  for (const { holder, roleDefinitionId, scope, createdBy } of standing) {
    const key = JSON.stringify(holder)
    if (!holders.has(key)) holders.set(key, await principalIdOf(tx, holder))
    const principalId = holders.get(key)
    // A lake or registry that this server does not offer has no scope to assign at.
    if (principalId === undefined || !(await scopeExists(tx, scope))) continue
    if (await ensureAssignmentIn(tx, ctx, actor, { principalId, roleDefinitionId, scope, createdBy })) created += 1
  }
  const eligible = planned.length - standing.length
  return `${created} created, ${standing.length - created} unchanged${eligible === 0 ? '' : `, ${eligible} only just in time: not assigned`}`
}

/** What the workspaces really depend on: somebody may have created one with neighbours of their own choice. */
async function readNeighbours(tx: Tx, places: readonly EnvironmentPlace[]): Promise<Map<string, WorkspaceNeighbours>> {
  const found = new Map<string, WorkspaceNeighbours>()
  for (const { workspaceId } of places) {
    const properties = workspaceId === undefined ? undefined : (await findResource(tx, workspaceId))?.properties
    if (workspaceId === undefined || properties === undefined) continue
    const insights = await findResource(tx, String(properties['applicationInsights']))
    found.set(workspaceId, {
      keyVault: String(properties['keyVault']),
      containerRegistry: String(properties['containerRegistry']),
      storageAccount: String(properties['storageAccount']),
      logAnalytics: String(insights?.properties['WorkspaceResourceId']),
    })
  }
  return found
}

async function scopeExists(tx: Tx, scope: string): Promise<boolean> {
  const resource = scope.replace(/\/providers\/[^/]+$/, '')
  return /^\/subscriptions\/[^/]+$/.test(resource) || (await findResource(tx, resource)) !== undefined
}

async function principalIdOf(tx: Tx, holder: Holder): Promise<string | undefined> {
  if ('group' in holder) return (await findPrincipal(tx, holder.group, 'Group'))?.id
  const workspace = await findResource(tx, holder.identityOf)
  return workspace?.status['principalId'] as string | undefined
}

async function createGates(tx: Tx, step: StepContext): Promise<string> {
  const { instance, places } = step
  const shared = sharedPlace(places)
  const gates = gatesInOrder(instance)
  if (gates.length === 0 || shared === undefined) return 'none asked for'
  const wanted: WantedResource[] = []
  for (const { name, order } of gates) {
    const gate = instance.gates[name]
    const group = gate === undefined ? undefined : await findPrincipal(tx, gate.approvers, 'Group')
    if (gate === undefined || group === undefined) continue
    wanted.push({
      id: `${shared.resourceGroupId}/providers/Fulcrum.Delivery/gates/${name}`,
      type: 'Fulcrum.Delivery/gates',
      body: {
        properties: {
          displayName: gate.displayName ?? `${gate.from} to ${gate.to}`,
          order,
          environment: gate.to,
          approverGroupIds: [group.id],
          requiredApprovals: gate.requiredApprovals,
          requiredEvidence: gate.evidence,
          twoPersonRule: gate.twoPersonRule,
          thresholds: gate.thresholds,
        },
      },
    })
  }
  return ensureAll(tx, step, wanted)
}
