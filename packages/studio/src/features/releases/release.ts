import type { ArmResource } from '../../api.ts'

/** A release as the API gives it: what was asked, and what is known of it. */
export interface ReleaseProperties {
  readonly modelVersionId: string
  readonly description?: string | null
  readonly model?: {
    readonly name: string
    readonly version: string
    readonly workspaceId: string
    readonly jobName: string | null
  }
  /** Tree digest of the model's files: what the release stands for. */
  readonly digest?: string
  readonly author?: { readonly id: string; readonly name: string }
  readonly awaitedJobId?: string | null
  readonly ready?: boolean
  readonly gates?: readonly GateRecord[]
  readonly state?: string
  readonly history?: readonly { readonly time: string; readonly what: string; readonly by: string }[]
}
export type Release = ArmResource<ReleaseProperties>

export interface GateRecord {
  readonly name: string
  readonly decisions: readonly Decision[]
}

export interface Decision {
  readonly principalId: string
  readonly name: string
  readonly verdict: 'approve' | 'reject'
  readonly comment?: string | null
  readonly time: string
  readonly digest: string
}

export type Gate = ArmResource<{
  readonly displayName: string
  readonly order: number
  readonly environment: string
  readonly approverGroupIds: readonly string[]
  readonly requiredApprovals?: number
  readonly requiredEvidence?: readonly string[]
  readonly twoPersonRule?: boolean
}>

export type Evidence = ArmResource<{
  readonly gate: string
  readonly kind: string
  readonly verdict: 'pass' | 'warn' | 'fail'
  readonly summary: string
  readonly digest: string
  readonly checks?: readonly EvidenceCheck[]
  readonly measurements?: Readonly<Record<string, unknown>>
  /** ARM id of the job that wrote it. */
  readonly producedBy?: string
}>

export interface EvidenceCheck {
  readonly name: string
  readonly passed: boolean
  readonly value?: number | string | boolean | null
  readonly threshold?: number | string | null
}

export interface Figures {
  readonly requests: number
  /** Share of requests answered with an error, 0–1. */
  readonly errorRate: number
  readonly p99Ms: number
}

export type Rollout = ArmResource<{
  readonly endpointId: string
  readonly deploymentName: string
  readonly releaseId: string
  readonly mirrorPercent?: number
  readonly steps?: readonly number[]
  readonly state?: string
  readonly reason?: string
  readonly step?: number
  readonly figures?: { readonly current: Figures; readonly candidate: Figures }
  readonly history?: readonly {
    readonly time: string
    readonly what: string
    readonly traffic?: Readonly<Record<string, number>>
    readonly figures?: { readonly current: Figures; readonly candidate: Figures }
  }[]
}>

export interface GateView {
  readonly gate: Gate
  readonly state: 'Waiting' | 'Open' | 'Approved' | 'Rejected'
  readonly decisions: readonly Decision[]
  /** Newest evidence of each kind for the digest of the release. */
  readonly evidence: readonly Evidence[]
  /** Required kinds of which there is none. */
  readonly missing: readonly string[]
}

/**
 * Gates in their order with what speaks for each. The same rules as the server's: a decision counts for the digest it
 * was made on, a rejection is final, a gate opens when all before it are approved.
 */
export function gatesOf(release: Release, gates: readonly Gate[], evidence: readonly Evidence[]): readonly GateView[] {
  const { digest, ready, gates: records = [] } = release.properties
  let isReached = ready !== false
  return gates
    .toSorted((a, b) => a.properties.order - b.properties.order)
    .map((gate) => {
      const all = records.find(({ name }) => name === gate.name)?.decisions ?? []
      const decisions = all.filter((decision) => decision.digest === digest)
      const approvers = new Set(decisions.map(({ principalId }) => principalId))
      const isRejected = decisions.some(({ verdict }) => verdict === 'reject')
      const isApproved = !isRejected && approvers.size >= (gate.properties.requiredApprovals ?? 1)
      const state = isRejected ? 'Rejected' : isApproved ? 'Approved' : isReached ? 'Open' : 'Waiting'
      isReached = isReached && isApproved
      const newest = new Map(
        evidence
          .filter(({ properties }) => properties.gate === gate.name && properties.digest === digest)
          .map((entry) => [entry.properties.kind, entry]),
      )
      const missing = (gate.properties.requiredEvidence ?? []).filter((kind) => !newest.has(kind))
      return { gate, state, decisions, evidence: [...newest.values()], missing }
    })
}

interface Decider {
  readonly id: string
  readonly groups: readonly { readonly id: string }[]
}

/**
 * Why somebody cannot decide a gate now, as the server would answer; undefined when they can.
 * @param inboxReason what the server's inbox says of this gate to this person, when it lists it
 */
export function reasonAgainstDeciding(view: GateView, release: Release, me: Decider, inboxReason?: string): string | undefined {
  const { gate, state } = view
  const { author, ready } = release.properties
  if (state === 'Approved' || state === 'Rejected')
    return `Gate “${gate.properties.displayName}” is already ${state.toLowerCase()}.`
  if (state === 'Waiting') {
    return ready === false ? 'Its evidence is still being collected.' : 'The gate before this one has to be approved first.'
  }
  if (inboxReason) return inboxReason
  if (author?.id === me.id && (gate.properties.twoPersonRule !== false || gate.properties.environment === 'prod')) {
    return 'You made this model version; somebody else has to decide.'
  }
  if (!gate.properties.approverGroupIds.some((id) => me.groups.some((group) => group.id === id))) {
    return 'You are not in the groups that decide at this gate.'
  }
  return undefined
}

/** Why approving in particular is refused: evidence that is missing or failed. */
export function reasonAgainstApproving(view: GateView): string | undefined {
  const required = new Set(view.gate.properties.requiredEvidence ?? [])
  const failed = view.evidence.filter(({ properties }) => properties.verdict === 'fail' && required.has(properties.kind))
  if (view.missing.length > 0) return `Evidence is missing: ${view.missing.join(', ')}.`
  if (failed.length > 0) return `Evidence has failed: ${failed.map(({ properties }) => properties.kind).join(', ')}.`
  return undefined
}

/** `pass`, `warn` and `fail` as status words. */
export function statusOfVerdict(verdict: Evidence['properties']['verdict']): string {
  return verdict === 'pass' ? 'Passed' : verdict === 'warn' ? 'Warning' : 'Failed'
}
