import { queryOptions } from '@tanstack/react-query'
import { api } from '../../api.ts'
import type { Step } from '../../graph/prepare-graph.ts'

/** The graph of a job as `GET …/jobs/{job}/steps` gives it; a command job is one step. */
export interface JobGraph {
  readonly nodes: readonly JobNode[]
  readonly edges: readonly { readonly source: string; readonly target: string; readonly output?: string }[]
}

export interface JobNode {
  readonly name: string
  readonly displayName?: string
  /** The job that runs the step; its page has log, metrics and outputs. */
  readonly jobName?: string
  readonly status: string
  readonly type?: string
  readonly startedAt?: string | null
  readonly endedAt?: string | null
  readonly attempt?: number
  /** What it went through: Queued, Preparing, Running, Finalizing … */
  readonly phases?: readonly JobPhase[]
  readonly error?: { readonly code?: string; readonly message?: string; readonly lastLogLines?: readonly string[] } | null
}

export interface JobPhase {
  readonly name: string
  readonly startedAt?: string | null
  readonly endedAt?: string | null
  readonly attempt?: number
}

/** Why each step ran or was reused, as `GET …/jobs/{job}/explain` gives it. */
export interface JobExplanation {
  readonly steps: readonly StepExplanation[]
}

export interface StepExplanation {
  readonly name: string
  readonly status?: string
  readonly reused?: boolean
  readonly reason?: string | null
  readonly message?: string | null
  /** The job whose result was taken over, or that came nearest. */
  readonly jobName?: string | null
  readonly differences?: readonly { readonly field: string; readonly now: unknown; readonly before: unknown }[]
}

/** Keys begin with the job's id: its live events make them stale. */
export function jobGraphQuery(jobId: string, isLive: boolean) {
  return queryOptions({
    queryKey: ['arm', jobId, 'steps'],
    queryFn: ({ signal }) => api.get<JobGraph>(`${jobId}/steps`, { signal }),
    refetchInterval: isLive ? 3000 : false,
  })
}

export function jobExplanationQuery(jobId: string) {
  return queryOptions({
    queryKey: ['arm', jobId, 'explain'],
    queryFn: ({ signal }) => api.get<JobExplanation>(`${jobId}/explain`, { signal }),
  })
}

/** The graph as the drawing wants it. */
export function toSteps({ nodes, edges }: JobGraph): readonly Step[] {
  return nodes.map((node) => ({
    id: node.name,
    label: node.displayName ?? node.name,
    ...(node.type && { detail: node.type }),
    status: node.status,
    startedAt: node.startedAt ?? undefined,
    endedAt: node.endedAt ?? undefined,
    needs: edges
      .filter((edge) => edge.target === node.name)
      .map((edge) => ({ id: edge.source, ...(edge.output && { label: edge.output }) })),
  }))
}

const reasons: Readonly<Record<string, string>> = {
  found: 'An earlier step had the same code, environment, command and inputs: its result was taken over.',
  forced: 'The pipeline asked for every step to run again.',
  'not-deterministic': 'Its component says that it is not deterministic.',
  'not-in-pipeline': 'Only steps of pipelines take over earlier results.',
  'no-earlier-run': 'No earlier step of this kind has completed here.',
  'fields-differ': 'It differs from the nearest earlier run in what is listed below.',
  'output-gone': 'The outputs of the matching earlier run are no longer stored.',
}

/** The reason in words; a word nobody foresaw is shown as it is. */
export function reasonOf(step: StepExplanation): string {
  return step.message ?? reasons[step.reason ?? ''] ?? step.reason ?? 'Not decided yet.'
}
