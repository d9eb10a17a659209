import type { Client } from '@fulcrum/sdk'
import { OutcomeError } from '../cli-errors.ts'
import { releaseId, type Guide } from './guide.ts'
import { find, waitFor } from './wait.ts'

interface RolloutView {
  readonly properties: {
    readonly state?: string
    readonly reason?: string
    readonly history?: readonly { readonly what: string }[]
  }
}

/** 10 % mirrored, then 10, 50 and 100 % of the traffic; the server goes on or goes back by what it measures. */
export async function runRollout(guide: Guide, client: Client, wanted: { version: string; deployment: string }): Promise<void> {
  const id = await startRollout(guide, client, wanted)
  const told = new Set<string>()
  await waitFor(guide, 'The rollout', { timeoutMs: 600_000 }, async () => {
    const { properties } = await client.get<RolloutView>(id)
    for (const [index, entry] of (properties.history ?? []).entries()) {
      const key = `${index} ${entry.what}`
      if (!told.has(key)) guide.note(`rollout: ${entry.what}`)
      told.add(key)
    }
    guide.say(`rollout ${properties.state ?? 'starting'}`)
    if (properties.state === 'RolledBack') throw new OutcomeError(`The rollout was rolled back: ${properties.reason}`)
    return properties.state === 'Released' ? true : undefined
  })
}

/** Starts the rollout, or finds the one that a tour before this started; one that was rolled back is followed by another. */
async function startRollout(guide: Guide, client: Client, wanted: { version: string; deployment: string }): Promise<string> {
  const { prod, endpointName } = guide.places
  const group = prod.slice(0, prod.indexOf('/providers/'))
  for (let attempt = 1; ; attempt += 1) {
    const id = `${group}/providers/Fulcrum.Delivery/rollouts/${endpointName}-${wanted.version}${attempt === 1 ? '' : `-${attempt}`}`
    const existing = await find<RolloutView>(client, id)
    if (existing?.properties.state === 'RolledBack') continue
    if (existing === undefined) await client.request('PUT', id, { body: { properties: rolloutProperties(guide, wanted) } })
    return id
  }
}

function rolloutProperties(guide: Guide, wanted: { version: string; deployment: string }): Record<string, unknown> {
  return {
    endpointId: `${guide.places.prod}/onlineEndpoints/${guide.places.endpointName}`,
    deploymentName: wanted.deployment,
    releaseId: releaseId(guide.places, wanted.version),
    mirrorPercent: 10,
    steps: [10, 50, 100],
    minimumRequests: 50,
    stepTimeoutSeconds: 180,
    maximumErrorRateIncrease: 0.02,
    maximumLatencyRatio: 3,
    // On one busy host the p99 of 50 requests is noisy; a second is what instance.yml allows.
    minimumP99Ms: 1_000,
  }
}
