import { accessKinds, accessOperations } from './access.ts'
import { identityOperations } from './identity.ts'
import { instanceKinds, instanceOperations } from './instances.ts'
import { computeKinds, computeOperations } from './compute.ts'
import { jobKinds, jobOperations } from './jobs.ts'
import { deliveryKinds, deliveryOperations } from './delivery.ts'
import type { ResourceKind } from './kind.ts'
import { operationsOf } from './kind.ts'
import { oauthOperations } from './oauth.ts'
import type { Operation } from './operation.ts'
import { monitoringKinds, monitoringOperations } from './monitoring.ts'
import { platformOperations } from './platform.ts'
import { modelKinds, modelOperations } from './models.ts'
import { blobOperations } from './blob.ts'
import { endpointKinds, endpointOperations } from './endpoints.ts'
import { batchEndpointKinds, batchEndpointOperations } from './batch-endpoints.ts'
import { environmentKinds, environmentOperations } from './environments.ts'
import { featureKinds, featureOperations } from './features.ts'
import { registryComponentKinds, registryOperations } from './registries.ts'
import { mirrorKind, mirrorOperations } from './mirrors.ts'
import { storageKinds, storageOperations } from './storage.ts'
import { serverlessKinds, serverlessOperations } from './serverless.ts'
import { queueOperations } from './queue.ts'
import { runHistoryOperations } from './run-history.ts'
import { trackingOperations } from './tracking.ts'
import {
  connectionKind,
  deploymentKind,
  deploymentOperations,
  subscriptionOperations,
  workspaceServiceOperations,
} from './workspace-services.ts'
import { workspaceKinds, workspaceOperations } from './workspaces.ts'

/** What a noun contributes to the contract: its resource kinds and its further operations. */
export interface ContractPart {
  readonly kinds: readonly ResourceKind[]
  readonly operations: Readonly<Record<string, Operation>>
}

/** Every noun of the platform, in call order of the domains. */
export const contractParts: readonly ContractPart[] = [
  { kinds: [], operations: platformOperations },
  { kinds: [], operations: identityOperations },
  { kinds: [], operations: oauthOperations },
  { kinds: accessKinds, operations: accessOperations },
  { kinds: instanceKinds, operations: instanceOperations },
  { kinds: workspaceKinds, operations: workspaceOperations },
  { kinds: [connectionKind, deploymentKind], operations: { ...workspaceServiceOperations, ...subscriptionOperations } },
  { kinds: [], operations: deploymentOperations },
  { kinds: storageKinds, operations: { ...storageOperations, ...blobOperations } },
  { kinds: [mirrorKind], operations: mirrorOperations },
  { kinds: environmentKinds, operations: environmentOperations },
  { kinds: computeKinds, operations: computeOperations },
  { kinds: [], operations: trackingOperations },
  { kinds: modelKinds, operations: modelOperations },
  { kinds: jobKinds, operations: jobOperations },
  { kinds: [], operations: queueOperations },
  { kinds: [], operations: runHistoryOperations },
  { kinds: registryComponentKinds, operations: registryOperations },
  { kinds: featureKinds, operations: featureOperations },
  { kinds: endpointKinds, operations: endpointOperations },
  { kinds: serverlessKinds, operations: serverlessOperations },
  { kinds: batchEndpointKinds, operations: batchEndpointOperations },
  { kinds: monitoringKinds, operations: monitoringOperations },
  { kinds: deliveryKinds, operations: deliveryOperations },
]

export const allKinds: readonly ResourceKind[] = contractParts.flatMap((part) => part.kinds)

/** The operation table. */
export const allOperations: readonly Operation[] = contractParts.flatMap((part) => [
  ...part.kinds.flatMap(operationsOf),
  ...Object.values(part.operations),
])
