import { allKinds, expandPath, kindPath, type ResourceKind } from '@fulcrum/contract'
import { startTestServer, type TestApi, type TestServer } from '@fulcrum/testkit'
import { expect } from 'vitest'
import { roleIds } from '../../src/kernel/authz/index.ts'
import { putBlob } from '../../src/domains/storage/index.ts'
import { kindBodies, type World } from './kind-bodies.ts'

/** Items that each kind gets beside the first one, `parent`. */
export const itemsPerKind = 4

export interface ContractWorld extends World {
  readonly server: TestServer
  /** Owner of a workspace of their own, without any right at the one where everything is. */
  readonly stranger: TestApi
  /** The stranger's own workspace. */
  readonly otherWorkspace: string
  /** Values of path parameters that name something that exists. */
  readonly params: Readonly<Record<string, string>>
}

const isGroup = (kind: ResourceKind): boolean => kind.noun === 'resourceGroups'

/** The path parameter that holds the name of a kind's items. */
export const nameParameterOf = (kind: ResourceKind): string => /\{(\w+)\}$/.exec(kindPath(kind))?.[1] ?? ''

/** Name of an item; number 0 is the one that other items may lie below. */
export function itemName(kind: ResourceKind, number: number): string {
  return kindBodies[kind.noun]?.name?.(number) ?? (number > 0 ? `item-${number}` : isGroup(kind) ? 'group' : 'parent')
}

export function itemPath(world: Pick<ContractWorld, 'params'>, kind: ResourceKind, name: string): string {
  return expandPath(kindPath(kind), { ...world.params, [nameParameterOf(kind)]: name }).replaceAll('%2F', '/')
}

/** Ids of the items that a kind has by its table of bodies. */
export function itemIds(world: ContractWorld, kind: ResourceKind): string[] {
  return Array.from({ length: itemsPerKind + 1 }, (_item, number) => itemPath(world, kind, itemName(kind, number)))
}

export function bodyOf(world: World, kind: ResourceKind, number: number): unknown {
  return kindBodies[kind.noun]?.body(world, number)
}

/** One server in which every kind has items, made through the API alone, as its administrator would make them. */
export async function createContractWorld(): Promise<ContractWorld> {
  const server = await startTestServer({ engine: false })
  const subscription = `/subscriptions/${server.ctx.config.subscriptionId}`
  const machineLearning = 'providers/Microsoft.MachineLearningServices'
  const workspace = `${subscription}/resourceGroups/group/${machineLearning}/workspaces/parent`
  const otherWorkspace = `${subscription}/resourceGroups/other/${machineLearning}/workspaces/other`
  const principalId = await server.createUser('somebody')
  const strangerId = await server.createUser('stranger')
  await put(server, `${subscription}/resourceGroups/other`, { location: 'local' })
  await put(server, otherWorkspace, { location: 'local' })
  await server.grant(strangerId, roleIds.owner, otherWorkspace)
  const group = await put(server, `${subscription}/providers/Fulcrum.Identity/groups/approvers`, { properties: {} })
  const world: ContractWorld = {
    server,
    subscription,
    workspace,
    otherWorkspace,
    modelVersion: `${workspace}/models/parent/versions/1`,
    endpoint: `${workspace}/onlineEndpoints/parent`,
    release: `${subscription}/resourceGroups/group/providers/Fulcrum.Delivery/releases/parent`,
    digest: '',
    principalId,
    groupId: group.principalId ?? '',
    stranger: server.api(await server.tokenOf(strangerId)),
    params: {
      subscriptionId: server.ctx.config.subscriptionId,
      scope: workspace.slice(1),
      ...Object.fromEntries(allKinds.map((kind) => [nameParameterOf(kind), itemName(kind, 0)])),
      roleDefinitionName: itemName(kindOf('roleDefinitions'), 0),
    },
  }
  let digest = ''
  // What attaches to any scope comes last: the scope must exist.
  for (const kind of allKinds.toSorted((left, right) => attaches(left) - attaches(right))) {
    for (let number = 0; number <= itemsPerKind; number += 1) {
      const properties = await put(
        server,
        itemPath(world, kind, itemName(kind, number)),
        bodyOf({ ...world, digest }, kind, number),
      )
      if (kind.noun === 'releases') digest = String(properties.digest)
      if (kind.noun === 'workspaces' && number === 0)
        await putBlob(server.ctx, { workspaceId: workspace, name: 'm/model.bin', source: Buffer.from('weights') })
    }
  }
  return { ...world, digest }
}

const attaches = (kind: ResourceKind): number => (kind.placement === 'extension' ? 1 : 0)

function kindOf(noun: string): ResourceKind {
  const kind = allKinds.find((candidate) => candidate.noun === noun)
  if (kind === undefined) throw new Error(`There is no kind '${noun}'.`)
  return kind
}

interface Shown {
  readonly principalId?: string
  readonly digest?: string
}

async function put(server: TestServer, path: string, body: unknown): Promise<Shown> {
  const response = await server.admin.put(path, body)
  expect([200, 201], `PUT ${path}: ${response.text}`).toContain(response.status)
  return response.json<{ properties: Shown }>().properties
}
