import { roleIds } from '../../../kernel/authz/index.ts'
import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const workspaceType = 'Microsoft.MachineLearningServices/workspaces'

/** As the SDK's: neighbours of its own, switched by parameters. */
const template = {
  $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
  contentVersion: '1.0.0.0',
  parameters: {
    workspaceName: { type: 'string' },
    location: { type: 'string', defaultValue: '[resourceGroup().location]' },
    storageOption: { type: 'string', defaultValue: 'new' },
    networkOption: { type: 'string', defaultValue: 'none' },
    tagValues: { type: 'object', defaultValue: {} },
  },
  variables: {
    accountName: "[toLower(concat('st', uniqueString(parameters('workspaceName'), resourceGroup().id)))]",
    account: "[resourceId('Microsoft.Storage/storageAccounts', variables('accountName'))]",
  },
  resources: [
    {
      condition: "[equals(parameters('networkOption'), 'new')]",
      type: 'Microsoft.Network/virtualNetworks',
      apiVersion: '2019-09-01',
      name: 'net',
    },
    {
      type: workspaceType,
      apiVersion: '2023-08-01-preview',
      name: "[parameters('workspaceName')]",
      location: "[parameters('location')]",
      tags: "[parameters('tagValues')]",
      dependsOn: ["[variables('account')]"],
      identity: { type: 'systemAssigned' },
      properties: {
        friendlyName: "[if(empty(parameters('tagValues')), parameters('workspaceName'), 'tagged')]",
        storageAccount: "[variables('account')]",
        containerRegistry: "[json('null')]",
        hbiWorkspace: 'false',
      },
      resources: [
        {
          type: 'connections',
          apiVersion: '2022-05-01',
          name: 'git',
          properties: { authType: 'None', category: 'Git', target: 'https://git.example' },
        },
      ],
    },
    {
      condition: "[equals(parameters('storageOption'), 'new')]",
      type: 'Microsoft.Storage/storageAccounts',
      apiVersion: '2023-04-01',
      name: "[variables('accountName')]",
      location: "[parameters('location')]",
      sku: { name: 'Standard_LRS' },
      kind: 'StorageV2',
    },
  ],
  outputs: {
    id: { type: 'string', value: "[resourceId('Microsoft.MachineLearningServices/workspaces', parameters('workspaceName'))]" },
  },
}

describe('deployments of templates', () => {
  let server: TestServer
  let group: string
  beforeAll(async () => {
    server = await startTestServer({ engine: false })
    group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/templates`
    await server.admin.put(group, { location: 'local' })
  })
  afterAll(() => server.close())

  const deploy = (name: string, properties: object, api = server.admin) =>
    api.put(`${group}/providers/Microsoft.Resources/deployments/${name}`, { properties: { mode: 'Incremental', ...properties } })
  const workspace = (name: string): string => `${group}/providers/${workspaceType}/${name}`

  it('make a workspace and what it depends on, in the right order, and say what they did', async () => {
    const parameters = { workspaceName: { value: 'made' }, tagValues: { value: { team: 'a' } } }
    const answer = await deploy('first', { template, parameters })
    expect(answer.status, answer.text).toBe(201)
    expect(answer.json()).toMatchObject({
      properties: { provisioningState: 'Succeeded', outputs: { id: { value: workspace('made') } } },
    })
    expect(answer.text).not.toContain('contentVersion')
    const made = (await server.admin.get(workspace('made'))).json<{ properties: Record<string, string>; tags: object }>()
    expect(made).toMatchObject({ tags: { team: 'a' }, properties: { friendlyName: 'tagged', hbiWorkspace: false } })
    expect((await server.admin.get(made.properties['storageAccount'] ?? '')).status).toBe(200)
    expect((await server.admin.get(`${workspace('made')}/connections/git`)).status).toBe(200)
    for (const path of ['/providers/Microsoft.Resources', '']) {
      const operations = (await server.admin.get(`${group}${path}/deployments/first/operations`)).json<{
        value: { properties: { targetResource: { resourceType: string } } }[]
      }>().value
      expect(operations.map(({ properties }) => properties.targetResource.resourceType)).toEqual([
        'Microsoft.Storage/storageAccounts',
        workspaceType,
        `${workspaceType}/connections`,
      ])
    }
    expect((await deploy('first', { template, parameters })).status).toBe(200)
  })

  it.each([
    [
      'a resource of another type',
      { template, parameters: { workspaceName: { value: 'x' }, networkOption: { value: 'new' } } },
      /Microsoft\.Network\/virtualNetworks.*not supported/i,
    ],
    [
      'a parameter that it lacks',
      { template, parameters: { workspaceName: { value: 'x' }, colour: { value: 'red' } } },
      /no parameter 'colour'/,
    ],
    ['a parameter without a value', { template }, /'workspaceName' has no value/],
    [
      'an unknown function',
      { template: { resources: [{ type: workspaceType, name: "[concatt('a')]" }] } },
      /Did you mean 'concat'/,
    ],
    [
      'an unreadable expression',
      { template: { resources: [{ type: workspaceType, name: "[concat('a']" }] } },
      /is missing at character/,
    ],
    [
      'a variable that needs itself',
      { template: { variables: { a: "[variables('a')]" }, resources: [{ type: workspaceType, name: "[variables('a')]" }] } },
      /depends on itself/,
    ],
    ['complete mode', { mode: 'Complete', template: { resources: [] } }, /Complete/],
    ['a linked template', { templateLink: { uri: 'https://example.org/t.json' } }, /by link/],
  ])('refuse %s', async (_what, properties, message) => {
    const answer = await deploy('refused', properties)
    expect(answer.status).toBe(400)
    expect(answer.json<{ error: { message: string } }>().error.message).toMatch(message)
    expect((await server.admin.get(workspace('x'))).status).toBe(404)
  })

  it('do nothing when the author lacks a right to one of the resources', async () => {
    const user = await server.createUser('dora')
    await server.grant(user, roleIds.reader, group)
    const dora = server.api(await server.tokenOf(user))
    expect((await deploy('hers', { template, parameters: { workspaceName: { value: 'hers' } } }, dora)).status).toBe(403)
    await server.grant(user, roleIds.contributor, `${group}/providers/Microsoft.Resources/deployments/hers`)
    expect((await deploy('hers', { template, parameters: { workspaceName: { value: 'hers' } } }, dora)).status).toBe(403)
    expect((await server.admin.get(workspace('hers'))).status).toBe(404)
  })
})
