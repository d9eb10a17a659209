/** What a job asks for, per node. */
export interface AskedResources {
  readonly cores: number
  readonly memoryBytes: number
  /** `all` = those of the host, however many; absent = as the compute says. */
  readonly gpus?: number | 'all'
}

/** What a step reserves on each of its nodes; 0 = nothing, it takes what is left. */
export interface ResourceRequest {
  readonly cores: number
  readonly memoryBytes: number
  readonly gpus: number
}

/** What all steps of a queue have in common. */
export interface QueueKey extends ResourceRequest {
  readonly compute: string
  readonly experiment: string
  /** 1 low, 2 medium, 3 high. */
  readonly priority: number
  readonly nodes: number
}

/** What jobs may reserve of this host. */
export interface Capacity {
  readonly slots: number
  readonly cores: number
  readonly memoryBytes: number
  /** As CUDA_VISIBLE_DEVICES names them. */
  readonly gpus: readonly string[]
}

export interface Head {
  readonly id: number
  readonly attempt: number
}

/** A queue with what runs and what could start. */
export interface QueueRow extends QueueKey {
  readonly id: number
  readonly workspaceId: string
  readonly submitter: string
  readonly held: number
  readonly devices: readonly string[]
  readonly heads: readonly Head[]
  readonly waitingSinceMs: number
  readonly computeType: string | undefined
  readonly computeState: string | undefined
  /** `scaleSettings.maxNodeCount` of the compute. */
  readonly maxNodes: number | undefined
}

export const quotaNames = ['concurrentJobs', 'cores', 'memoryMegabytes', 'gpus'] as const
export type QuotaName = (typeof quotaNames)[number]

export interface Quota {
  /** Id of a workspace or a compute, lower case. */
  readonly scope: string
  readonly name: QuotaName
  readonly quota: number
}

export interface QueueSnapshot {
  readonly rows: readonly QueueRow[]
  /** Running steps without a queue: they were planned before there were queues. */
  readonly unqueued: number
  readonly quotas: readonly Quota[]
  readonly nowMs: number
}
