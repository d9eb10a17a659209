import type { Decision, GateRecord } from './gates.ts'

/** What is known of a release; kept in the resource's status. */
export interface ReleaseStatus {
  readonly provisioningState: 'Succeeded'
  readonly model: {
    readonly name: string
    readonly version: string
    readonly workspaceId: string
    readonly jobName: string | null
  }
  /** Tree digest of the model's files: what the release stands for. */
  readonly digest: string
  readonly author: { readonly id: string; readonly name: string }
  /** The job whose end makes the release ready for its first gate; absent when it is ready at once. */
  readonly awaitedJobId: string | null
  readonly ready: boolean
  readonly gates: readonly GateRecord[]
  readonly state: 'collecting' | 'open' | 'approved' | 'rejected' | 'released' | 'rolledBack'
  readonly history: readonly { readonly time: string; readonly what: string; readonly by: string }[]
}

export function withHistory(status: ReleaseStatus, time: Date, what: string, by: string): ReleaseStatus {
  return { ...status, history: [...status.history, { time: time.toISOString(), what, by }] }
}

export function withDecision(status: ReleaseStatus, gate: Omit<GateRecord, 'decisions'>, decision: Decision): ReleaseStatus {
  const existing = status.gates.find((candidate) => candidate.name === gate.name)
  const updated: GateRecord = { ...gate, decisions: [...(existing?.decisions ?? []), decision] }
  return { ...status, gates: [...status.gates.filter((candidate) => candidate.name !== gate.name), updated] }
}
