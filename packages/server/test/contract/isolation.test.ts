import { allKinds, allOperations, expandPath, type Operation } from '@fulcrum/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createContractWorld, itemName, itemPath, nameParameterOf, type ContractWorld } from './contract-world.ts'

/** Generated from the operation table: to who may not read it, what exists is as what does not. */

const isGuarded = (operation: Operation): boolean => !['public', 'authenticated'].includes(operation.action)
/** Below a scope that somebody without rights there may ask about by name. */
const isAddressed = (operation: Operation): boolean =>
  isGuarded(operation) && /\{(resourceGroupName|scope\*|instanceName)\}/.test(operation.path)

describe('to a stranger', () => {
  let world: ContractWorld
  beforeAll(async () => {
    world = await createContractWorld()
  })
  afterAll(() => world.server.close())

  async function ask(operation: Operation, params: Readonly<Record<string, string>>) {
    const path = expandPath(operation.path, params).replaceAll('%2F', '/')
    const body = operation.example ?? (operation.body === undefined ? undefined : {})
    const response = await world.stranger.request(operation.method, path, body === undefined ? {} : { body })
    const scope = expandPath(operation.scope, params, true)
    const name = scope.slice(scope.lastIndexOf('/') + 1)
    const text = response.text
      .replaceAll(path, '(path)')
      .replaceAll(scope.startsWith('/') ? scope : `/${scope}`, '(scope)')
      .replaceAll(`'${name}'`, "'(name)'")
      .replaceAll(`"${name}"`, '"(name)"')
      .replace(/"(request_?id)":"[^"]*"/i, '"$1":"(any)"')
    return { status: response.status, text, kind: response.headers['content-type'] }
  }

  /** The parameters with one name changed to a name that nothing has. */
  function missing(operation: Operation, parameter: string): Record<string, string> {
    const value = parameter === 'scope' ? `${world.workspace.slice(1)}-missing` : 'missing'
    return { ...others(operation), ...world.params, [parameter]: value }
  }

  /** What has no name of its own among the kinds: a path of a log, a column, a step. */
  const others = (operation: Operation): Record<string, string> =>
    Object.fromEntries(parametersOf(operation).map((parameter) => [parameter, 'x']))
  const parametersOf = (operation: Operation): string[] =>
    [...operation.path.matchAll(/\{(\w+)\*?\}/g)].map((match) => match[1] ?? '').filter((name) => name !== 'subscriptionId')

  it('there is enough to ask about', () => {
    expect(allOperations.filter(isAddressed).length).toBeGreaterThan(250)
  })

  it.each(allOperations.filter(isAddressed))('$id tells nothing about what exists', async (operation) => {
    const answer = await ask(operation, { ...others(operation), ...world.params })
    if (operation.filtered !== true) expect(answer.status, answer.text).toBe(404)
    for (const parameter of parametersOf(operation))
      expect(await ask(operation, missing(operation, parameter)), `with a missing ${parameter}`).toEqual(answer)
  })

  it.each(allKinds.filter((kind) => kind.type.startsWith('Microsoft.MachineLearningServices/workspaces/')))(
    'their own workspace shows nothing of the $noun of another one',
    async (kind) => {
      const own = { ...world.params, resourceGroupName: 'other', workspaceName: 'other' }
      for (const operation of allOperations.filter((candidate) =>
        ['get', 'delete'].some((verb) => candidate.id === `${kind.noun}.${verb}`),
      )) {
        const found = await ask(operation, { ...own, [nameParameterOf(kind)]: itemName(kind, 1) })
        expect(found).toEqual(await ask(operation, { ...own, [nameParameterOf(kind)]: 'missing' }))
        expect(found.status).toBe(operation.method === 'GET' ? 404 : 204)
      }
    },
  )

  it('nothing was changed by asking', async () => {
    for (const kind of allKinds) {
      const id = itemPath(world, kind, itemName(kind, 0))
      const response = await world.server.admin.get(id)
      expect(response.status, `${id}: ${response.text}`).toBe(200)
    }
  })
})
