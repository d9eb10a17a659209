import type { ArmResource } from '../../api.ts'
import { nameOfId } from '../../arm.ts'

export type BatchEndpoint = ArmResource<{
  readonly description?: string | null
  readonly defaults?: { readonly deploymentName?: string | null } | null
  readonly scoringUri?: string
  readonly provisioningState?: string
}>

export type BatchDeployment = ArmResource<{
  readonly model?: { readonly assetId?: string | null } | null
  readonly deploymentConfiguration?: { readonly componentId?: { readonly assetId?: string | null } | null } | null
  readonly compute?: string | null
  readonly miniBatchSize?: number | null
  readonly maxConcurrencyPerInstance?: number | null
  readonly resources?: { readonly instanceCount?: number | null } | null
  readonly provisioningState?: string
}>

export type BatchJob = ArmResource<{ readonly status?: string; readonly tags?: Readonly<Record<string, string>> }>

/** What the driver of one parallel step says of itself. */
export interface MiniBatches {
  readonly state: string
  readonly total: number | null
  readonly completed?: number
  readonly failed?: number
  readonly itemsFailed?: number
}

/** What a deployment runs: the id of a model version or of a component. */
export function contentOf({ properties }: BatchDeployment): string | undefined {
  return properties.model?.assetId ?? properties.deploymentConfiguration?.componentId?.assetId ?? undefined
}

/** `3 of 10, 1 failed`. */
export function progressText(steps: readonly MiniBatches[] | undefined): string {
  const known = steps?.filter(({ total }) => total !== null) ?? []
  if (known.length === 0) return '–'
  const sum = (count: (step: MiniBatches) => number | null | undefined) =>
    known.reduce((total, step) => total + (count(step) ?? 0), 0)
  const failed = sum((step) => step.failed)
  const done = sum((step) => step.completed) + failed
  return `${done} of ${sum((step) => step.total)}${failed > 0 ? `, ${failed} failed` : ''}`
}

/** Processes that score side by side. */
export function workersOf({ properties }: BatchDeployment): number {
  return (properties.resources?.instanceCount ?? 1) * (properties.maxConcurrencyPerInstance ?? 1)
}

/** `churn:3` for a version, else the last name of an id. */
export function shortContent(id: string): string {
  const parts = id.split('/')
  return parts.at(-2)?.toLowerCase() === 'versions' ? `${parts.at(-3)}:${parts.at(-1)}` : nameOfId(id)
}
