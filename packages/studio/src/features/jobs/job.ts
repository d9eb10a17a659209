import type { ArmResource } from '../../api.ts'
import { nameOfId } from '../../arm.ts'
import type { Step } from '../../graph/prepare-graph.ts'
import type { ChildRun } from './run-history.ts'

/** A job as Azure's wire gives it; what a kind of job lacks is undefined. */
export interface JobProperties {
  readonly jobType: string
  readonly status?: string
  readonly displayName?: string
  readonly experimentName?: string
  readonly description?: string
  readonly command?: string
  readonly computeId?: string | null
  readonly environmentId?: string
  readonly codeId?: string | null
  readonly tags?: Readonly<Record<string, string>>
  readonly properties?: Readonly<Record<string, string>>
  readonly inputs?: Readonly<Record<string, JobBinding>>
  readonly outputs?: Readonly<Record<string, JobBinding>>
  /** Steps of a pipeline by name, as they were submitted. */
  readonly jobs?: Readonly<Record<string, PipelineStep>>
}

export interface JobBinding {
  readonly jobInputType?: string
  readonly jobOutputType?: string
  readonly uri?: string
  readonly value?: string
  readonly mode?: string
}

interface PipelineStep {
  readonly type?: string
  readonly jobType?: string
  readonly componentId?: string
  readonly inputs?: Readonly<Record<string, JobBinding | string>>
}

export type Job = ArmResource<JobProperties>

/** When a job ran: Azure keeps both times in the property bag of the job. */
export function timesOf(job: Job): { readonly start: string | undefined; readonly end: string | undefined } {
  const bag = job.properties.properties ?? {}
  return {
    start: bag['StartTimeUtc'] ?? bag['startTimeUtc'] ?? bag['azureml.startTime'],
    end: bag['EndTimeUtc'] ?? bag['endTimeUtc'] ?? bag['azureml.endTime'],
  }
}

/** Steps as they were submitted; `children`, the runs of the steps, bring status and times. */
export function stepsOf(job: Job, children: readonly ChildRun[]): readonly Step[] {
  const childOf = new Map(children.map((child) => [stepNameOf(child), child]))
  return Object.entries(job.properties.jobs ?? {}).map(([name, step]) => {
    const child = childOf.get(name)
    const detail = step.componentId ? nameOfId(step.componentId) : (step.jobType ?? step.type)
    return {
      id: name,
      label: name,
      ...(detail && { detail }),
      status: child?.properties?.['azureml.isreused'] === 'true' ? 'Reused' : (child?.status ?? 'NotStarted'),
      startedAt: child?.startTimeUtc ?? undefined,
      endedAt: child?.endTimeUtc ?? undefined,
      needs: needsOf(step),
    }
  })
}

/** Name of the run of a step, once there is one. */
export function runNameOfStep(step: string, children: readonly ChildRun[]): string | undefined {
  return children.find((child) => stepNameOf(child) === step)?.runId
}

/** A child run belongs to the step its properties name. */
function stepNameOf(child: ChildRun): string {
  return child.properties?.['azureml.moduleName'] ?? child.displayName ?? child.name ?? child.runId
}

/** Inputs such as `${{parent.jobs.train.outputs.model}}` name the step they wait for. */
function needsOf(step: PipelineStep): Step['needs'] {
  return Object.values(step.inputs ?? {}).flatMap((input) => {
    const text = typeof input === 'string' ? input : (input.value ?? input.uri ?? '')
    const match = /\$\{\{\s*parent\.jobs\.([^.}\s]+)\.outputs\.([^.}\s]+)\s*\}\}/.exec(text)
    return match?.[1] && match[2] ? [{ id: match[1], label: match[2] }] : []
  })
}
