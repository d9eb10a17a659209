import type { Client } from '@fulcrum/sdk'
import { registryModel, type Guide } from './guide.ts'
import { find } from './wait.ts'

export async function ensureEndpoint(guide: Guide, client: Client, workspaceId: string): Promise<string> {
  const id = `${workspaceId}/onlineEndpoints/${guide.places.endpointName}`
  const existing = await find(client, id)
  if (existing === undefined || existing.properties['provisioningState'] === 'Failed') {
    await client.put(id, {
      location: 'local',
      identity: { type: 'SystemAssigned' },
      properties: { authMode: 'Key', traffic: {} },
    })
  }
  return id
}

/** A deployment of the registry's model version. In production its inputs and outputs are collected. */
export async function ensureDeployment(
  guide: Guide,
  client: Client,
  wanted: { workspaceId: string; name: string; version: string; collects: boolean },
): Promise<string> {
  const id = `${wanted.workspaceId}/onlineEndpoints/${guide.places.endpointName}/deployments/${wanted.name}`
  const model = registryModel(guide.places, wanted.version)
  const existing = await find(client, id)
  if (existing?.properties['provisioningState'] === 'Succeeded' && existing.properties['model'] === model) return id
  const collections = {
    model_inputs: { dataCollectionMode: 'Enabled', samplingRate: 1 },
    model_outputs: { dataCollectionMode: 'Enabled', samplingRate: 1 },
  }
  await client.put(id, {
    location: 'local',
    sku: { name: 'Default', capacity: 1 },
    properties: {
      endpointComputeType: 'Managed',
      model,
      environmentId: `${wanted.workspaceId}/environments/flights/versions/1`,
      instanceType: 'Standard_DS3_v2',
      requestSettings: { requestTimeout: 'PT30S', maxConcurrentRequestsPerInstance: 4 },
      ...(wanted.collects ? { dataCollector: { collections } } : {}),
    },
  })
  return id
}

/** Gives all traffic to one deployment. */
export async function setAllTraffic(guide: Guide, client: Client, workspaceId: string, deployment: string): Promise<void> {
  const id = `${workspaceId}/onlineEndpoints/${guide.places.endpointName}`
  const endpoint = await client.get(id)
  await client.put(id, {
    location: endpoint.location ?? 'local',
    identity: { type: 'SystemAssigned' },
    properties: { authMode: 'Key', traffic: { [deployment]: 100 } },
  })
}
