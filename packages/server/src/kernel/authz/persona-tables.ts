import type { PersonaName } from '@fulcrum/contract'

/** The eight columns of the tables. `delivery` is Azure DevOps, `packages` Azure Artifacts, `monitor` Azure Monitor. */
export const presetColumns = [
  'workspace',
  'keyVault',
  'containerRegistry',
  'storage',
  'delivery',
  'packages',
  'logAnalytics',
  'monitor',
] as const
export type PresetColumn = (typeof presetColumns)[number]

/**
 * R Reader, C Contributor, O Owner, ADS AzureML Data Scientist, DOPCA Delivery Administrator (DevOps project-collection
 * administrator in the source), LAR/LAC Log Analytics and MR/MC Monitoring Reader/Contributor, KVA/KVR Key Vault
 * Administrator/Reader.
 */
export type RoleCode = 'R' | 'C' | 'O' | 'ADS' | 'AcrPush' | 'DOPCA' | 'LAR' | 'LAC' | 'MR' | 'MC' | 'KVA' | 'KVR'

export type PersonaTable = Readonly<Record<PersonaName, Readonly<Partial<Record<PresetColumn, readonly RoleCode[]>>>>>

/**
 * Production. Oddities of the source are kept: the tester has nothing, CI/CD has no storage role, and only platform
 * support (just in time), CI/CD and the workspace identity write anything.
 */
export const productionTable: PersonaTable = {
  'data-scientist': { containerRegistry: ['R'], logAnalytics: ['LAR'], monitor: ['MR'] },
  'data-analyst': {},
  'model-tester': {},
  'business-stakeholder': { monitor: ['MR'] },
  'project-lead': { workspace: ['R'], keyVault: ['R', 'KVR'], containerRegistry: ['R'], logAnalytics: ['LAR'], monitor: ['MR'] },
  'project-owner': { monitor: ['MR'] },
  'platform-support': {
    workspace: ['O'],
    keyVault: ['O', 'KVA'],
    delivery: ['DOPCA'],
    packages: ['O'],
    logAnalytics: ['O'],
    monitor: ['O'],
  },
  'model-end-user': {},
  'ci-cd': {
    workspace: ['O'],
    keyVault: ['O', 'KVA'],
    containerRegistry: ['AcrPush'],
    delivery: ['DOPCA'],
    packages: ['O'],
    logAnalytics: ['O'],
    monitor: ['O'],
  },
  'ml-workspace': { keyVault: ['R'], containerRegistry: ['C'], storage: ['C'] },
  monitoring: { workspace: ['R'], logAnalytics: ['LAR'], monitor: ['MR'] },
  'data-governance': { workspace: ['R'], containerRegistry: ['R'], storage: ['R'], delivery: ['R'], packages: ['R'] },
}

/** Preproduction. Monitoring processes hold more here than in production; that is the source. */
export const preproductionTable: PersonaTable = {
  'data-scientist': {
    workspace: ['ADS'],
    keyVault: ['R', 'KVA'],
    containerRegistry: ['C'],
    storage: ['C'],
    delivery: ['C'],
    packages: ['C'],
    logAnalytics: ['LAC'],
    monitor: ['MC'],
  },
  'data-analyst': { workspace: ['R'], storage: ['C'], logAnalytics: ['LAR'], monitor: ['MC'] },
  'model-tester': {
    workspace: ['R'],
    keyVault: ['R', 'KVR'],
    containerRegistry: ['R'],
    storage: ['R'],
    delivery: ['R'],
    packages: ['R'],
    logAnalytics: ['LAR'],
    monitor: ['MR'],
  },
  'business-stakeholder': { workspace: ['R'], containerRegistry: ['R'], storage: ['R'], delivery: ['R'], packages: ['R'] },
  'project-lead': {
    workspace: ['C'],
    keyVault: ['C', 'KVA'],
    containerRegistry: ['C'],
    storage: ['C'],
    delivery: ['C'],
    packages: ['C'],
    logAnalytics: ['LAC'],
    monitor: ['MC'],
  },
  'project-owner': { workspace: ['R'], storage: ['R'], monitor: ['MR'] },
  'platform-support': {
    workspace: ['O'],
    keyVault: ['O', 'KVA'],
    containerRegistry: ['O'],
    storage: ['O'],
    delivery: ['DOPCA'],
    packages: ['O'],
    logAnalytics: ['O'],
    monitor: ['O'],
  },
  'model-end-user': {},
  'ci-cd': {
    workspace: ['O'],
    keyVault: ['O', 'KVA'],
    containerRegistry: ['AcrPush'],
    storage: ['O'],
    delivery: ['DOPCA'],
    packages: ['O'],
    logAnalytics: ['O'],
    monitor: ['O'],
  },
  'ml-workspace': { keyVault: ['R', 'KVR'], containerRegistry: ['C'], storage: ['C'] },
  monitoring: {
    workspace: ['R'],
    keyVault: ['R'],
    containerRegistry: ['R'],
    storage: ['R'],
    delivery: ['R'],
    packages: ['R'],
    logAnalytics: ['LAC'],
  },
  'data-governance': { workspace: ['R'], containerRegistry: ['R'], storage: ['R'] },
}
