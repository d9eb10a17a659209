/** What the gateway serves: an immutable picture of all endpoints, made by the endpoints domain. */

/** One deployment as its workers need it. */
export interface DeploymentPlan {
  /** ARM id. */
  readonly id: string
  readonly name: string
  /** Grows with every change that needs new workers. */
  readonly revision: number
  readonly engine: 'score.py' | 'mlflow'
  /** Absolute path of the interpreter, or a name on the standard path. */
  readonly python: string
  readonly modelDirectory: string | null
  readonly codeDirectory: string | null
  readonly script: string | null
  readonly environmentVariables: Readonly<Record<string, string>>
  readonly instances: number
  readonly workersPerInstance: number
  readonly maxConcurrentPerInstance: number
  readonly requestTimeoutMs: number
  /** `managed` and `kubernetes` answer failures with different status codes. */
  readonly kind: 'managed' | 'kubernetes'
  readonly collections: Readonly<Record<string, { readonly samplingRate: number }>>
  readonly modelVersion: string | null
}

export interface EndpointRoute {
  /** ARM id. */
  readonly id: string
  readonly name: string
  readonly workspaceId: string
  /** `{resource group}/{workspace}/{endpoint}`, lower case. */
  readonly path: string
  readonly authMode: 'Key' | 'AMLToken' | 'AADToken'
  /** SHA-256 of the keys that are valid, hex. */
  readonly keyHashes: readonly string[]
  /** Percent by deployment name; the sum is 0 or 100. */
  readonly traffic: Readonly<Record<string, number>>
  readonly mirrorTraffic: Readonly<Record<string, number>>
  readonly deployments: readonly DeploymentPlan[]
}

export interface RoutingSnapshot {
  /** Grows with every change; a gateway reports the generation it serves. */
  readonly generation: number
  readonly endpoints: readonly EndpointRoute[]
}

/** What a gateway says about a deployment. */
export interface DeploymentReport {
  readonly deploymentId: string
  readonly revision: number
  readonly state: 'starting' | 'ready' | 'failed'
  readonly readyInstances: number
  /** Azure's failure code, e.g. `UserScriptInitFailed`. */
  readonly code: string | null
  readonly message: string | null
  readonly probe: 'liveness' | 'readiness' | null
  /** Last lines of the workers' stderr and stdout. */
  readonly log: string
  readonly inputs: unknown
  readonly outputs: unknown
  readonly inputExample: unknown
}

export function endpointPath(resourceGroup: string, workspace: string, endpoint: string): string {
  return `${resourceGroup}/${workspace}/${endpoint}`.toLowerCase()
}
