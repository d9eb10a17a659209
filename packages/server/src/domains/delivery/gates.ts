import type { EvidenceProperties, GateProperties } from '@fulcrum/contract'

/** Pure rules of gates: what is missing, what a decision does, which gate is open. */

export interface Decision {
  readonly principalId: string
  readonly name: string
  readonly verdict: 'approve' | 'reject'
  readonly comment: string | undefined
  readonly time: string
  /** What the decision was bound to. */
  readonly digest: string
  readonly evidence: readonly string[]
}

export type GateState = 'waiting' | 'open' | 'approved' | 'rejected'

export interface GateRecord {
  readonly name: string
  readonly displayName: string
  readonly order: number
  readonly environment: string
  readonly decisions: readonly Decision[]
}

export interface GateRules extends GateProperties {
  readonly name: string
}

/** State of one gate from its decisions; a rejection is final, approvals count once per person and only for this digest. */
export function stateOfGate(
  rules: GateRules,
  record: GateRecord | undefined,
  context: { digest: string; reached: boolean },
): GateState {
  const decisions = (record?.decisions ?? []).filter((decision) => decision.digest === context.digest)
  if (decisions.some((decision) => decision.verdict === 'reject')) return 'rejected'
  const approvers = new Set(decisions.map((decision) => decision.principalId))
  if (approvers.size >= rules.requiredApprovals) return 'approved'
  return context.reached ? 'open' : 'waiting'
}

/** States of all gates in order: a gate opens when all before it are approved and the release is ready for it. */
export function statesOfGates(
  rules: readonly GateRules[],
  records: readonly GateRecord[],
  context: { digest: string; ready: boolean },
): { rules: GateRules; state: GateState }[] {
  let reached = context.ready
  return [...rules]
    .toSorted((left, right) => left.order - right.order)
    .map((gate) => {
      const record = records.find((candidate) => candidate.name === gate.name)
      const state = stateOfGate(gate, record, { digest: context.digest, reached })
      reached = reached && state === 'approved'
      return { rules: gate, state }
    })
}

/** One record per gate, in order, with its present state: what a release shows. */
export function describeGates(
  rules: readonly GateRules[],
  records: readonly GateRecord[],
  context: { digest: string; ready: boolean },
): GateRecord[] {
  return statesOfGates(rules, records, context).map(({ rules: gate, state }) => ({
    name: gate.name,
    displayName: gate.displayName,
    order: gate.order,
    environment: gate.environment,
    decisions: records.find((record) => record.name === gate.name)?.decisions ?? [],
    state,
    requiredEvidence: gate.requiredEvidence,
    approverGroupIds: gate.approverGroupIds,
  }))
}

export interface EvidenceGaps {
  /** Required kinds without any evidence for this digest. */
  readonly missing: readonly string[]
  /** Required kinds whose newest evidence does not pass. */
  readonly failed: readonly string[]
}

/** Compares the required kinds with the newest evidence of each kind. A missing value never passes. */
export function evidenceGaps(rules: GateRules, evidence: readonly EvidenceProperties[], digest: string): EvidenceGaps {
  const newest = new Map<string, EvidenceProperties>()
  for (const entry of evidence) {
    if (entry.gate === rules.name && entry.digest === digest) newest.set(entry.kind, entry)
  }
  return {
    missing: rules.requiredEvidence.filter((kind) => !newest.has(kind)),
    failed: rules.requiredEvidence.filter((kind) => newest.get(kind)?.verdict === 'fail'),
  }
}
