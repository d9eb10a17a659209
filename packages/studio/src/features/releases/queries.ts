import { assetHref } from '../../app/asset-link.ts'
import { armKey, useInstanceList } from '../../app/queries.ts'
import type { Gate, Release, Rollout } from './release.ts'

export const useReleases = () => useInstanceList<Release>('Fulcrum.Delivery/releases')
export const useGates = () => useInstanceList<Gate>('Fulcrum.Delivery/gates')
export const useRollouts = () => useInstanceList<Rollout>('Fulcrum.Delivery/rollouts')

/** Path of a release in the studio; its resource group is part of it. */
export function releaseHref(id: string): string {
  return assetHref(id, '') ?? '/releases'
}

/** ARM id of the release a page names. */
export function releaseId(subscriptionId: string, resourceGroup: string, name: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Fulcrum.Delivery/releases/${name}`
}

export const evidenceKey = (id: string) => armKey(`${id}/evidence`)
