import type { Generated } from 'kysely'
import type { Json, JsonObject } from '../../kernel/tables.ts'
import type { StepOutcome, StepState } from './planner.ts'
import type { QuotaName } from './queue/types.ts'
import type { FinalRole, ParameterValue, Point, TrialStatus } from './sweep/types.ts'
import type { ExitRecord, RunnerProcess, StepError, StepOutputs, StepSpec } from './types.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { ExecutionRecord } from './execution-types.ts'
import type { KeyFields, ReuseDecision } from './reuse-key.ts'

/** One graph of steps: a command job (one step) or a pipeline. */
export interface JobsTable {
  id: Generated<number>
  resource_id: string
  workspace_id: string
  kind: string
  submitter: Json<Actor>
  continue_on_step_failure: boolean
  force_rerun: boolean
  deadline: Date | null
  cancel_requested_at: Date | null
  created_at: Generated<Date>
  started_at: Date | null
  ended_at: Date | null
  /** When the steps of `settings.on_finalize` were let go. */
  finalizing_at: Generated<Date | null>
  /** The job whose completed steps this one takes over. */
  rerun_of: Generated<number | null>
}

export interface StepsTable {
  id: Generated<number>
  job_id: number
  name: string
  /** The job resource whose status this step is: the job itself, or the child of the pipeline. */
  resource_id: string
  spec: Json<StepSpec>
  state: StepState
  outcome: StepOutcome | null
  /** Sources that are not done yet. */
  remaining: number
  /** Fencing token. */
  attempt: Generated<number>
  infrastructure_failures: Generated<number>
  /** Attempts that failed by the program's own fault and were tried again because of `limits.max_retries`. */
  user_failures: Generated<number>
  /** The loop that added the step, and in which iteration. */
  parent_id: Generated<number | null>
  iteration: Generated<number | null>
  /** Of a loop: it is looked at again once fewer iterations than this are open. */
  open_iterations: Generated<number | null>
  /** Of the node `settings.on_finalize`: it waits for everything else, however that ends. */
  finalizer: Generated<boolean>
  /** Why the step is to stop, when it is not its user's wish. */
  cancel_reason: Generated<Json<StepError | null> | null>
  priority: Generated<number>
  /** The queue that it waits in; steps planned before there were queues have none once they are done. */
  queue_id: number | null
  /** GPUs that its attempt may use. */
  devices: Generated<string[]>
  /** Of a step that is Ready: since when it could run but for its turn. */
  not_before: Generated<Date>
  lease_until: Date | null
  holder: string | null
  cancel_requested_at: Date | null
  reuse_key: string | null
  key_fields: Json<KeyFields | null> | null
  reuse_decision: Json<ReuseDecision | null> | null
  outputs: Json<StepOutputs>
  error: Json<StepError | null> | null
}

export interface QueuesTable {
  id: Generated<number>
  workspace_id: string
  compute: string
  experiment: string
  /** Id of the principal. */
  submitter: string
  priority: number
  nodes: number
  cores: number
  memory_bytes: number
  gpus: number
  served_at: Date | null
}

export interface QuotasTable {
  scope: string
  name: QuotaName
  quota: number
  modified_at: Generated<Date>
}

export interface EdgesTable {
  source: number
  target: number
}

export interface AttemptsTable {
  step_id: number
  attempt: number
  token: string
  directory: string
  process: Json<RunnerProcess | null> | null
  exit: Json<ExitRecord | null> | null
  execution: Json<ExecutionRecord | null> | null
  started_at: Generated<Date>
  ended_at: Date | null
}

export interface JobEventsTable {
  sequence: Generated<number>
  transaction_id: Generated<string>
  job_id: number
  step_id: number | null
  attempt: number | null
  from_state: string | null
  to_state: string
  at: Generated<Date>
  data: Json<JsonObject | null> | null
}

export interface ScheduleFiresTable {
  schedule_id: string
  fire_time: Date
  job_id: string | null
  fired_at: Generated<Date>
  /** Fired by hand: says nothing about which scheduled times are due. */
  manual: Generated<boolean>
  error: Json<StepError | null> | null
}

export interface SweepsTable {
  step_id: number
  deadline: Date | null
  started_at: Generated<Date>
  ended_at: Date | null
}

export interface SweepTrialsTable {
  step_id: number
  /** From 0; the place in the sampler's sequence. */
  number: number
  /** The job that runs it; it may have been deleted since. */
  job_id: number
  name: string
  point: Json<Point>
  parameters: Json<Readonly<Record<string, ParameterValue>>>
  /** Absent while the trial is open. */
  status: TrialStatus | null
  objective: number | null
  outputs: Json<StepOutputs>
  /** The last interval at which the early termination policy looked at it. */
  evaluated_interval: Generated<number>
  stop_reason: string | null
  /** Absent for trials of the search. */
  role: FinalRole | null
  created_at: Generated<Date>
  ended_at: Date | null
}

declare module '../../kernel/db/schema.ts' {
  interface Database {
    jobs: JobsTable
    steps: StepsTable
    queues: QueuesTable
    quotas: QuotasTable
    edges: EdgesTable
    attempts: AttemptsTable
    job_events: JobEventsTable
    schedule_fires: ScheduleFiresTable
    sweeps: SweepsTable
    sweep_trials: SweepTrialsTable
  }
}
