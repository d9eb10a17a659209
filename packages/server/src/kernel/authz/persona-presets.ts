import type { PersonaName } from '@fulcrum/contract'
import { roleIds } from './builtin-roles.ts'
import {
  preproductionTable,
  presetColumns,
  productionTable,
  type PersonaTable,
  type PresetColumn,
  type RoleCode,
} from './persona-tables.ts'

export type PresetEnvironment = 'dev' | 'qa' | 'test' | 'prod'

export interface PresetInput {
  readonly persona: PersonaName
  readonly environment: PresetEnvironment
  /** The environment's resource group; delivery, packages and monitoring are provider scopes below it. */
  readonly resourceGroupScope: string
  readonly workspaceScope: string
  readonly vaultScope: string
  readonly registryScopes: readonly string[]
  readonly storageScopes: readonly string[]
  readonly logAnalyticsScope: string
}

/** An assignment a preset calls for; the caller adds id and principal (the persona's group). */
export interface PresetAssignment {
  readonly roleDefinitionId: string
  readonly scope: string
  readonly createdBy: `preset/${PersonaName}`
  /** Which column of the table asked for it. */
  readonly column: PresetColumn
  /** Make it an eligibility, not a standing assignment. */
  readonly isJustInTime: boolean
}

const roleOfCode: Readonly<Record<RoleCode, string>> = {
  R: roleIds.reader,
  C: roleIds.contributor,
  O: roleIds.owner,
  ADS: roleIds.dataScientist,
  AcrPush: roleIds.acrPush,
  DOPCA: roleIds.deliveryAdministrator,
  LAR: roleIds.logAnalyticsReader,
  LAC: roleIds.logAnalyticsContributor,
  MR: roleIds.monitoringReader,
  MC: roleIds.monitoringContributor,
  KVA: roleIds.keyVaultAdministrator,
  KVR: roleIds.keyVaultReader,
}

/**
 * The table an environment uses for a persona: `dev` preproduction, `prod` production; `test` and `qa` production,
 * except that the model tester keeps the preproduction row there, since testing is what these environments are for.
 */
export function tableFor(environment: PresetEnvironment, persona: PersonaName): PersonaTable {
  if (environment === 'dev') return preproductionTable
  if (environment !== 'prod' && persona === 'model-tester') return preproductionTable
  return productionTable
}

/**
 * The role assignments of one persona in one environment, in a stable order and without duplicates.
 *
 * Deviation from Azure at storage: Azure's R, C and O are control plane only. Here C and O also hold blob data rights,
 * and the governance scan's R also reads blobs, because a data scientist or a scan without data is of no use.
 * Everybody else's R stays metadata only. Model end users hold an endpoint key or a role at the endpoint: no preset.
 */
export function assignmentsForPersona(input: PresetInput): PresetAssignment[] {
  const row = tableFor(input.environment, input.persona)[input.persona]
  const result = new Map<string, PresetAssignment>()
  for (const column of presetColumns) {
    const roles = (row[column] ?? []).flatMap((code) => rolesOfCell(input.persona, column, code))
    for (const scope of scopesOfColumn(input, column)) {
      for (const roleDefinitionId of roles) {
        const assignment: PresetAssignment = {
          roleDefinitionId,
          scope,
          createdBy: `preset/${input.persona}`,
          column,
          isJustInTime: input.persona === 'platform-support',
        }
        result.set(`${roleDefinitionId} ${scope.toLowerCase()}`, assignment)
      }
    }
  }
  return [...result.values()]
}

function rolesOfCell(persona: PersonaName, column: PresetColumn, code: RoleCode): string[] {
  const role = roleOfCode[code]
  // Contributor would include approving, and approving a release is in no cell of the tables.
  if (column === 'delivery' && code === 'C') return [roleIds.deliveryContributor]
  if (column !== 'storage') return [role]
  if (code === 'C' || code === 'O') return [role, roleIds.storageBlobDataContributor]
  return persona === 'data-governance' ? [role, roleIds.storageBlobDataReader] : [role]
}

/**
 * Delivery, packages and monitoring are whole provider namespaces of the group. The scope is the provider segment, so
 * that `Reader` for one of them reads nothing else of the group.
 */
function scopesOfColumn(input: PresetInput, column: PresetColumn): readonly string[] {
  const scopes: Readonly<Record<PresetColumn, readonly string[]>> = {
    workspace: [input.workspaceScope],
    keyVault: [input.vaultScope],
    containerRegistry: input.registryScopes,
    storage: input.storageScopes,
    delivery: [`${input.resourceGroupScope}/providers/Fulcrum.Delivery`],
    packages: [`${input.resourceGroupScope}/providers/Fulcrum.Packages`],
    logAnalytics: [input.logAnalyticsScope],
    monitor: [`${input.resourceGroupScope}/providers/Microsoft.Insights`],
  }
  return scopes[column]
}
