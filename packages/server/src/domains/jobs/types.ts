import type { ProcessReference } from '../../kernel/processes/index.ts'
import type { AutoMLSpec } from './automl/types.ts'
import type { ServiceRequest } from './service-types.ts'
import type { SweepSettings } from './sweep/types.ts'
import type { AskedResources, ResourceRequest } from './queue/types.ts'
import type { ParallelSpec } from './parallel/parallel-types.ts'
import type { ControlType } from './control-flow/control-types.ts'
import type { Edge } from './graph.ts'

/** Where a step's input comes from, once the expressions of the pipeline are resolved. */
export type StepInput =
  | { readonly kind: 'literal'; readonly value: string | undefined }
  | { readonly kind: 'data'; readonly uri: string; readonly type: string; readonly mode: string; readonly empty?: boolean }
  | { readonly kind: 'stepOutput'; readonly step: string; readonly output: string; readonly mode: string }
  /** A text with values in it that are known when the step starts, such as `n=${{parent.jobs.a.outputs.n}}`. */
  | { readonly kind: 'text'; readonly parts: readonly StepInput[] }
  /** Only in the body of a loop: what the loop named so gives to each iteration. */
  | { readonly kind: 'loopInput'; readonly loop: string; readonly name: string; readonly mode?: string }

export interface StepOutput {
  readonly type: string
  readonly mode: string
  /** Asked for by the user, before `${{name}}` is filled in; absent = the default place of the workspace. */
  readonly uri?: string
  /** A control output: the step writes one value into a file, and later nodes read the value. */
  readonly control?: ControlType
  /** Name of the output of the pipeline that this is. */
  readonly pipelineOutput?: string
  readonly assetName?: string
  readonly assetVersion?: string
}

/** Everything needed to run one step, fixed at submission. */
export interface StepSpec {
  readonly type: string
  readonly command: string
  readonly codeId?: string
  readonly environmentId?: string
  readonly computeId?: string
  /** Name of the compute, whose `scaleSettings.maxNodeCount` limits how many of its jobs run at once. */
  readonly computeName?: string
  readonly componentId?: string
  readonly environmentVariables: Readonly<Record<string, string>>
  readonly inputs: Readonly<Record<string, StepInput>>
  readonly outputs: Readonly<Record<string, StepOutput>>
  readonly instanceCount: number
  /** As asked for by the author; what is reserved on its compute is `request`, once that is known. */
  readonly asked?: AskedResources
  readonly request?: ResourceRequest
  /** 1 low, 2 medium, 3 high; absent = the job's. */
  readonly priority?: number
  readonly processCount: number
  readonly distribution?: Readonly<Record<string, unknown>>
  /** The job is cut off from every network; absent = it has the host's. */
  readonly network?: 'none'
  /** Asked for by its compute; the stricter of this and the instance's setting counts. */
  readonly isolation?: 'required' | 'best-effort' | 'none'
  /** Programs beside the command, by name. */
  readonly services?: Readonly<Record<string, ServiceRequest>>
  readonly timeoutMs?: number
  /** How often the program may fail and be started again. */
  readonly maxRetries?: number
  readonly displayName: string
  readonly experimentName: string
  readonly deterministic: boolean
  /** Only steps of pipelines take over earlier results. */
  readonly mayReuse: boolean
  /** Name of the job above, for steps of pipelines. */
  readonly parentJobName?: string
  /** A parallel step; its `command` then only describes it. */
  readonly parallel?: ParallelSpec
  /** Of a step of type `sweep`: `command` and the rest are those of its trials. */
  readonly sweep?: SweepSettings
  /** A control-flow node: it has no program, the engine steers it. */
  readonly control?: ControlSpec
  /** AutoML: together with `sweep` the search, with `trial` in it one of its trials. */
  readonly automl?: AutoMLSpec
  /** Why the step cannot run here; it fails with this text at once. */
  readonly unsupported?: string
}

export interface OutputReference {
  readonly step: string
  readonly output: string
}

/**
 * What a loop repeats, planned once at submission so that every mistake is found then. Names begin with `{loop}/*` + `/`, and an
 * iteration puts its number in the place of the star.
 */
export interface LoopBody {
  readonly steps: readonly { readonly name: string; readonly spec: StepSpec }[]
  readonly edges: readonly Edge[]
  /** What an iteration is given unless the loop gives it something else. */
  readonly inputs: Readonly<Record<string, StepInput>>
  readonly outputs: Readonly<Record<string, OutputReference>>
}

export interface IfElse {
  readonly kind: 'if_else'
  readonly condition: StepInput
  /** The steps of each block that nothing else in the block comes before. */
  readonly trueRoots: readonly string[]
  readonly falseRoots: readonly string[]
}

export interface DoWhile {
  readonly kind: 'do_while'
  readonly body: LoopBody
  /** Without one the loop goes on to its limit. */
  readonly condition?: OutputReference
  readonly mapping: readonly { readonly output: OutputReference; readonly inputs: readonly string[] }[]
  readonly maxIterations: number
}

export type LoopItem = Readonly<Record<string, StepInput>>

export interface ParallelFor {
  readonly kind: 'parallel_for'
  readonly body: LoopBody
  /** The items themselves, or the value from which they are read as JSON when the loop starts. */
  readonly items: { readonly list: readonly LoopItem[] } | { readonly value: StepInput }
  readonly maxConcurrency?: number
}

export type ControlSpec = IfElse | DoWhile | ParallelFor
export type LoopSpec = DoWhile | ParallelFor

export interface PublishedOutput {
  readonly uri: string
  readonly jobOutputType: string
  /** Tree digest: sha256 over sorted `path\0digest\n` lines. */
  readonly digest: string
  readonly files: number
  readonly sizeBytes: number
  /** Of a control output: what the step wrote, checked against its type. */
  readonly value?: string
}
export type StepOutputs = Readonly<Record<string, PublishedOutput>>

export interface StepError {
  readonly code: string
  readonly message: string
  /** One sentence for people, see `likely-reason.ts`. */
  readonly likelyReason?: string
  readonly exitCode?: number
  readonly lastLogLines?: readonly string[]
}

/** The wrapper of an attempt, as found again after a restart. */
export type RunnerProcess = ProcessReference

/** What the wrapper leaves behind; the members we read. */
export interface ExitRecord {
  readonly token: string
  readonly exitCode: number | null
  readonly signal: string | null
  readonly reason: string
  readonly message: string | null
  readonly startedAt: string
  readonly endedAt: string
  readonly maxRssBytes?: number
  readonly oomKilled?: boolean
  readonly isolation?: Readonly<Record<string, unknown>>
  readonly distribution?: Readonly<Record<string, unknown>> | null
  readonly lastLogLines?: readonly string[]
}
