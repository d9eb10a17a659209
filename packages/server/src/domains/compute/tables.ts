import type { Generated } from 'kysely'

/** Nodes that a cluster has now; each is a share of this host for one job. */
export interface ComputeNodesTable {
  /** Lower case. */
  compute_id: string
  number: number
  state: 'preparing' | 'running' | 'idle'
  /** Whose node it is; absent when idle. */
  step_id: number | null
  run_id: string | null
  /** Of an idle node: since when. */
  since: Generated<Date>
}

declare module '../../kernel/db/schema.ts' {
  interface Database {
    compute_nodes: ComputeNodesTable
  }
}
