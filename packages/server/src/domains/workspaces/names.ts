import { createHash } from 'node:crypto'
import { armId, nameOf, parseArmId } from '@fulcrum/contract'

/** Ids of what a workspace or registry depends on, made from its own id: asking twice names the same neighbours. */
export interface Neighbours {
  readonly storageAccount: string
  readonly keyVault: string
  readonly applicationInsights: string
  readonly logAnalytics: string
  readonly containerRegistry: string
}

/** Azure's limits: storage 3–24 lower-case letters and digits, vault ≤ 24, registry letters and digits. */
export function neighboursOf(id: string): Neighbours {
  const parsed = parseArmId(id)
  const { subscriptionId = '', resourceGroup = '' } = parsed ?? {}
  const name = nameOf(id).toLowerCase()
  const compact = name.replace(/[^a-z0-9]/g, '').slice(0, 14)
  const suffix = createHash('sha256').update(id.toLowerCase()).digest('hex').slice(0, 8)
  const at = (namespace: string, type: string, resource: string): string =>
    armId(subscriptionId, resourceGroup, namespace, [[type, resource]])
  return {
    storageAccount: at('Microsoft.Storage', 'storageAccounts', `st${compact}${suffix}`),
    keyVault: at('Microsoft.KeyVault', 'vaults', `kv-${compact.slice(0, 12)}-${suffix}`),
    applicationInsights: at('Microsoft.Insights', 'components', `appi-${name}`),
    logAnalytics: at('Microsoft.OperationalInsights', 'workspaces', `log-${name}`),
    containerRegistry: at('Microsoft.ContainerRegistry', 'registries', `cr${compact}${suffix}`),
  }
}

export const neighbourTypes: Readonly<Record<keyof Neighbours, string>> = {
  storageAccount: 'Microsoft.Storage/storageAccounts',
  keyVault: 'Microsoft.KeyVault/vaults',
  applicationInsights: 'Microsoft.Insights/components',
  logAnalytics: 'Microsoft.OperationalInsights/workspaces',
  containerRegistry: 'Microsoft.ContainerRegistry/registries',
}
