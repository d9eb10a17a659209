import { personaNames, type PersonaName } from '@fulcrum/contract'
import { describe, expect, test } from 'vitest'
import { preproductionText, productionText } from './persona-tables.fixture.ts'
import {
  assignmentsForPersona,
  builtinRoles,
  createAuthorizer,
  preproductionTable,
  presetColumns,
  productionTable,
  type PresetEnvironment,
} from './index.ts'

const group = '/subscriptions/s/resourceGroups/p'
const places = {
  resourceGroupScope: group,
  workspaceScope: `${group}/providers/Microsoft.MachineLearningServices/workspaces/w`,
  vaultScope: `${group}/providers/Microsoft.KeyVault/vaults/v`,
  registryScopes: [`${group}/providers/Microsoft.ContainerRegistry/registries/r`],
  storageScopes: [
    `${group}/providers/Microsoft.Storage/storageAccounts/s1`,
    `${group}/providers/Microsoft.Storage/storageAccounts/s2`,
  ],
  logAnalyticsScope: `${group}/providers/Microsoft.OperationalInsights/workspaces/l`,
}
const preset = (persona: PersonaName, environment: PresetEnvironment) =>
  assignmentsForPersona({ ...places, persona, environment })

/** Role names as the published legend spells them out, not as the engine maps them. */
const legend: Record<string, string> = {
  R: 'Reader',
  C: 'Contributor',
  O: 'Owner',
  ADS: 'AzureML Data Scientist',
  AcrPush: 'AcrPush',
  DOPCA: 'Delivery Administrator',
  LAR: 'Log Analytics Reader',
  LAC: 'Log Analytics Contributor',
  MR: 'Monitoring Reader',
  MC: 'Monitoring Contributor',
  KVA: 'Key Vault Administrator',
  KVR: 'Key Vault Reader',
}
const nameOfRole = new Map(builtinRoles.map((role) => [role.id, role.roleName]))
const cellsOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .flatMap((line, row) =>
      line
        .split('|')
        .slice(2, -1)
        .map((cell, column) => {
          const codes = cell.trim() === '–' ? [] : cell.split(',').map((code) => code.trim())
          return { persona: personaNames[row]!, column: presetColumns[column]!, codes }
        }),
    )
const tables = [
  { name: 'production', cells: cellsOf(productionText), table: productionTable, environment: 'prod' as const },
  { name: 'preproduction', cells: cellsOf(preproductionText), table: preproductionTable, environment: 'dev' as const },
]

describe.each(tables)('the $name table', ({ cells, table, environment }) => {
  test('has 96 cells', () => expect(cells).toHaveLength(96))

  test.each(cells)('$persona × $column is $codes', ({ persona, column, codes }) => {
    expect(table[persona][column] ?? []).toEqual(codes)
    const wanted = codes.map((code) => (column === 'delivery' && code === 'C' ? 'Delivery Contributor' : legend[code]!))
    if (column === 'storage' && (codes.includes('C') || codes.includes('O'))) wanted.push('Storage Blob Data Contributor')
    if (column === 'storage' && persona === 'data-governance') wanted.push('Storage Blob Data Reader')
    const given = preset(persona, environment).filter((item) => item.column === column)
    expect([...new Set(given.map((item) => nameOfRole.get(item.roleDefinitionId)))]).toEqual(wanted)
    if (column === 'storage') expect(given).toHaveLength(wanted.length * 2)
    expect(given.every((item) => item.createdBy === `preset/${persona}`)).toBe(true)
  })
})

const W = 'Microsoft.MachineLearningServices/workspaces'
const blob = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'
const container = `${places.storageScopes[0]}/blobServices/default/containers/c`
const release = `${group}/providers/Fulcrum.Delivery/releases/1`
const approve = 'Fulcrum.Delivery/releases/gates/approve/action'
const behaviour: [PersonaName, PresetEnvironment, string, string, 'control' | 'data', boolean][] = [
  ['data-scientist', 'dev', `${W}/jobs/write`, places.workspaceScope, 'control', true],
  ['data-scientist', 'dev', `${W}/computes/write`, places.workspaceScope, 'control', false],
  ['data-scientist', 'dev', `${blob}/write`, container, 'data', true],
  ['data-scientist', 'dev', approve, release, 'control', false],
  ['data-scientist', 'dev', 'Fulcrum.Delivery/releases/write', release, 'control', true],
  ['data-scientist', 'prod', `${W}/read`, places.workspaceScope, 'control', false],
  ['model-tester', 'dev', `${blob}/read`, container, 'data', false],
  ['model-tester', 'test', `${W}/read`, places.workspaceScope, 'control', true],
  ['model-tester', 'qa', `${W}/read`, places.workspaceScope, 'control', true],
  ['model-tester', 'prod', `${W}/read`, places.workspaceScope, 'control', false],
  ['data-scientist', 'test', `${W}/jobs/write`, places.workspaceScope, 'control', false],
  [
    'business-stakeholder',
    'prod',
    'Microsoft.Insights/metrics/read',
    `${group}/providers/Microsoft.Insights/metrics/m`,
    'control',
    true,
  ],
  ['business-stakeholder', 'prod', `${W}/read`, places.workspaceScope, 'control', false],
  ['data-governance', 'prod', `${blob}/read`, container, 'data', true],
  ['data-governance', 'prod', `${blob}/write`, container, 'data', false],
  ['ci-cd', 'prod', `${blob}/write`, container, 'data', false],
  ['ci-cd', 'prod', approve, release, 'control', false],
  ['project-lead', 'prod', 'Microsoft.KeyVault/vaults/secrets/getSecret/action', places.vaultScope, 'data', false],
  ['ci-cd', 'prod', 'Microsoft.KeyVault/vaults/secrets/getSecret/action', places.vaultScope, 'data', true],
]

test.each(behaviour)('%s in %s: %s at %s (%s) is %s', (...row) => {
  const [persona, environment, action, scope, plane, allow] = row
  const roleAssignments = preset(persona, environment).map((item, index) => ({
    ...item,
    id: String(index),
    principalId: 'g',
    principalType: 'Group' as const,
  }))
  const authorizer = createAuthorizer({ roleDefinitions: builtinRoles, roleAssignments, denyAssignments: [] })
  expect(authorizer.decide({ principals: ['g'], action, scope, plane, now: new Date(0) }).allow).toBe(allow)
})

test('only platform support is just in time', () => {
  for (const persona of personaNames) {
    expect(preset(persona, 'dev').every((item) => item.isJustInTime === (persona === 'platform-support'))).toBe(true)
  }
})

test('shipped roles have unique ids and names, and hand out no storage keys to log readers', () => {
  expect(new Set(builtinRoles.map((role) => role.name)).size).toBe(builtinRoles.length)
  expect(new Set(builtinRoles.map((role) => role.roleName)).size).toBe(builtinRoles.length)
  const contributor = builtinRoles.find((role) => role.roleName === 'Contributor')
  const scientist = builtinRoles.find((role) => role.roleName === 'AzureML Data Scientist')
  const logs = builtinRoles.find((role) => role.roleName === 'Log Analytics Contributor')
  expect(contributor?.permissions[0]?.notActions).toHaveLength(11)
  expect(scientist?.permissions[0]?.notActions).toHaveLength(10)
  expect(JSON.stringify(logs)).not.toMatch(/listKeys/i)
})
