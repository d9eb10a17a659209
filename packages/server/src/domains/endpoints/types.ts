import { parseArmId } from '@fulcrum/contract'
import type { JsonObject } from '../../kernel/tables.ts'

export const endpointType = 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints'
export const deploymentType = `${endpointType}/deployments`

/** `…/onlineEndpoints/e/deployments/d` → `…/onlineEndpoints/e`. */
export function endpointIdOf(deploymentId: string): string {
  return deploymentId.split('/').slice(0, -2).join('/')
}

/** Names in an endpoint's id. */
export function namesOf(endpointId: string): { resourceGroup: string; workspace: string; endpoint: string } {
  const parsed = parseArmId(endpointId)
  return {
    resourceGroup: parsed?.resourceGroup ?? '',
    workspace: parsed?.segments[0]?.name ?? '',
    endpoint: parsed?.segments[1]?.name ?? '',
  }
}

/** Percents of an endpoint's property, numbers only. */
export function percentsOf(value: unknown): Record<string, number> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === 'number'))
}

export function objectOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
