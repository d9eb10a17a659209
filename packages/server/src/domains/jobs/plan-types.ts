import type { JobProperties } from '@fulcrum/contract'
import type { Edge } from './graph.ts'
import type { StepSpec } from './types.ts'

/** Loosely typed, snake_case members of nodes and component specs. */
export type Members = Readonly<Record<string, unknown>>

/** A component's spec, or the same members inline in a node. */
export type ComponentSpec = Members

export interface PlannedStep {
  readonly name: string
  readonly spec: StepSpec
}

export interface JobPlan {
  readonly steps: readonly PlannedStep[]
  readonly edges: readonly Edge[]
  /** Steps that wait for the end of all others, however these end. */
  readonly finalizers?: readonly string[]
}

export interface PlanRequest {
  readonly jobName: string
  readonly properties: JobProperties
  /** Component specs by the reference under which nodes name them, lower case. */
  readonly components: ReadonlyMap<string, ComponentSpec>
}
