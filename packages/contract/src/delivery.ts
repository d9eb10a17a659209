import { z } from 'zod'
import { resourceKind } from './kind.ts'
import { operation } from './operation.ts'

/** Releases, their gates and evidence, and rollouts: one model version on its way from dev to test to prod. */

export const gatePropertiesSchema = z.looseObject({
  /** Shown to people, e.g. `Integration`. */
  displayName: z.string().min(1).max(100),
  /** Position on the way, from 1. A gate opens when the one before it is approved. */
  order: z.number().int().min(1).max(20),
  /** The environment that the gate guards: nothing with an unapproved digest gets in. */
  environment: z.string().min(1).max(40),
  /** Ids of groups whose members may decide. */
  approverGroupIds: z.array(z.string()).min(1),
  requiredApprovals: z.number().int().min(1).max(10).default(1),
  /** Kinds of evidence that must be there and pass before the gate can be approved. */
  requiredEvidence: z.array(z.string()).default([]),
  /** The author of the model version may not decide. Default true; cannot be switched off for prod. */
  twoPersonRule: z.boolean().default(true),
})
export type GateProperties = z.output<typeof gatePropertiesSchema>

export const releasePropertiesSchema = z.looseObject({
  /** ARM id of the model version in the workspace where it was trained. */
  modelVersionId: z.string().min(1),
  description: z.string().max(5000).nullish(),
})

export const evidencePropertiesSchema = z.looseObject({
  /** Name of the gate it speaks for. */
  gate: z.string().min(1).max(100),
  /** `metrics`, `dataQuality`, `smokeTest`, `loadTest`, `comparison`, `fairness`, … */
  kind: z.string().min(1).max(60),
  verdict: z.enum(['pass', 'warn', 'fail']),
  summary: z.string().max(2000),
  /** Digest of the model version that was examined; must be the release's. */
  digest: z.string(),
  /** Single checks with their figures. */
  checks: z
    .array(
      z.looseObject({
        name: z.string(),
        passed: z.boolean(),
        value: z.union([z.number(), z.string(), z.boolean(), z.null()]).optional(),
        threshold: z.union([z.number(), z.string(), z.null()]).optional(),
      }),
    )
    .default([]),
  measurements: z.record(z.string(), z.unknown()).default({}),
})
export type EvidenceProperties = z.output<typeof evidencePropertiesSchema>

export const rolloutPropertiesSchema = z.looseObject({
  endpointId: z.string().min(1),
  /** The deployment that shall take over. */
  deploymentName: z.string().min(1),
  /** The release that allows it. */
  releaseId: z.string().min(1),
  /** Percent of live traffic mirrored to the new deployment before it gets any; 0 skips mirroring. */
  mirrorPercent: z.number().int().min(0).max(50).default(10),
  /** Percent of traffic after each step. */
  steps: z.array(z.number().int().min(1).max(100)).min(1).max(20).default([10, 50, 100]),
  /** Requests that the new deployment must have answered before a step is judged. */
  minimumRequests: z.number().int().min(1).max(1_000_000).default(100),
  /** A step ends in a rollback when it lasts longer than this without enough requests, in seconds. */
  stepTimeoutSeconds: z.number().int().min(5).max(86_400).default(600),
  /** Roll back when the new deployment's error rate exceeds the old one's by more than this share. */
  maximumErrorRateIncrease: z.number().min(0).max(1).default(0.02),
  /** Roll back when the new deployment's p99 latency exceeds the old one's by more than this factor. */
  maximumLatencyRatio: z.number().min(1).max(100).default(3),
  /** The factor counts only above this: a p99 of 40 ms after one of 10 ms is no reason to go back. In milliseconds. */
  minimumP99Ms: z.number().min(0).max(600_000).default(50),
})
export type RolloutProperties = z.output<typeof rolloutPropertiesSchema>

const delivery = 'Fulcrum.Delivery'
const release =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Fulcrum.Delivery/releases/{releaseName}'

export const deliveryKinds = [
  resourceKind({
    type: `${delivery}/gates`,
    noun: 'gates',
    title: 'Gate',
    properties: gatePropertiesSchema,
    example: {
      properties: {
        displayName: 'Integration',
        order: 1,
        environment: 'test',
        approverGroupIds: ['leads'],
        requiredEvidence: ['metrics'],
      },
    },
  }),
  resourceKind({
    type: `${delivery}/releases`,
    noun: 'releases',
    title: 'Release',
    tracked: true,
    properties: releasePropertiesSchema,
    example: {
      properties: {
        modelVersionId:
          '/subscriptions/s/resourceGroups/dev/providers/Microsoft.MachineLearningServices/workspaces/w/models/m/versions/1',
      },
    },
  }),
  resourceKind({
    type: `${delivery}/releases/evidence`,
    noun: 'releases.evidence',
    title: 'Evidence',
    properties: evidencePropertiesSchema,
    verbs: ['list', 'get', 'put'],
    example: { properties: { gate: 'integration', kind: 'metrics', verdict: 'pass', summary: 'AUC 0.71', digest: 'sha256:0' } },
  }),
  resourceKind({
    type: `${delivery}/rollouts`,
    noun: 'rollouts',
    title: 'Rollout',
    properties: rolloutPropertiesSchema,
    verbs: ['list', 'get', 'put'],
    example: { properties: { endpointId: '/subscriptions/s', deploymentName: 'green', releaseId: '/subscriptions/s' } },
  }),
]

export const deliveryOperations = {
  decideGate: operation({
    id: 'releases.decide',
    method: 'POST',
    path: `${release}/gates/{gateName}/decide`,
    scope: release,
    summary: 'Approves or rejects a gate of a release on its evidence.',
    action: 'Fulcrum.Delivery/releases/gates/approve/action',
    body: z.object({ verdict: z.enum(['approve', 'reject']), comment: z.string().max(2000).optional() }),
    example: { verdict: 'approve', comment: 'Metrics beat the champion.' },
    errors: ['TwoPersonRule', 'GateRequired', 'DigestChanged'],
  }),
  cancelRollout: operation({
    id: 'rollouts.rollback',
    method: 'POST',
    path: '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Fulcrum.Delivery/rollouts/{rolloutName}/rollback',
    summary: 'Gives all traffic back to the deployment that had it before the rollout.',
    action: 'Fulcrum.Delivery/rollouts/rollback/action',
  }),
  inbox: operation({
    id: 'releases.inbox',
    method: 'GET',
    path: '/subscriptions/{subscriptionId}/providers/Fulcrum.Delivery/inbox',
    summary: 'Open gates that wait for the caller, with their releases.',
    action: 'authenticated',
  }),
}
