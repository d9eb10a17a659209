import { queryOptions } from '@tanstack/react-query'
import { api } from '../../api.ts'
import type { PhaseKind, Step, StepPhase } from '../../graph/prepare-graph.ts'
import { describeStatus } from '../../ui/status.ts'

/** The graph of a job as `GET …/jobs/{job}/steps` gives it; a command job is one step. A very large one comes in groups instead. */
export interface JobGraph {
  readonly nodes: readonly JobNode[]
  readonly edges: readonly { readonly source: string; readonly target: string }[]
  readonly groups?: readonly JobStepGroup[]
  readonly groupEdges?: readonly { readonly source: string; readonly target: string }[]
}

/** Steps of like names that are about equally far from the start. */
export interface JobStepGroup {
  readonly id: string
  readonly label: string
  readonly status: string
  readonly statuses: Readonly<Record<string, number>>
  readonly count: number
  readonly startedAt?: string
  readonly endedAt?: string
}

export interface JobNode {
  readonly name: string
  readonly displayName?: string
  /** The job that runs the step; its page has log, metrics and outputs. */
  readonly jobName: string
  readonly status: string
  readonly type?: string
  readonly reused?: boolean
  readonly attempt?: number
  /** What it went through and when: Ready, Launching, Running, …, and how it ended. */
  readonly phases: readonly { readonly name: string; readonly at: string; readonly attempt?: number | null }[]
  readonly attempts?: readonly {
    readonly attempt: number
    readonly startedAt: string
    readonly endedAt: string | null
    readonly exitCode: number | null
    readonly reason: string | null
  }[]
  readonly error?: {
    readonly code?: string
    readonly message?: string
    readonly likelyReason?: string
    readonly lastLogLines?: readonly string[]
  }
  /** Why it ran or was reused; absent until it is prepared. */
  readonly reuse?: ReuseDecision
  /** Of sweeps: what is optimised, and the trials in the order in which they were made. */
  readonly objective?: { readonly goal: string; readonly metric: string }
  readonly trials?: readonly Trial[]
}

/** One try of a sweep, with what it was given and the best value that it logged. */
export interface Trial {
  readonly number: number
  readonly jobName: string
  readonly status: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly objective: number | null
  /** Why it was stopped early. */
  readonly stopReason: string | null
}

/** Why each step ran or was reused, as `GET …/jobs/{job}/explain` gives it. */
export interface JobExplanation {
  readonly value: readonly StepExplanation[]
}

export interface StepExplanation {
  readonly step: string
  readonly jobName: string
  /** Null until the step is prepared. */
  readonly decision: ReuseDecision | null
  /** What the reuse key is made of; empty until the step is prepared. */
  readonly fields?: Readonly<Record<string, unknown>>
}

export interface ReuseDecision {
  readonly reused: boolean
  readonly reason: string
  /** The job whose result was taken over, or that came nearest. */
  readonly jobName?: string
  readonly differences?: readonly { readonly field: string; readonly now: unknown; readonly before: unknown }[]
}

/** Keys begin with the job's id: its live events make them stale. */
export function jobGraphQuery(jobId: string, isLive: boolean) {
  return queryOptions({
    queryKey: ['arm', jobId, 'steps'],
    queryFn: ({ signal }) => api.get<JobGraph>(`${jobId}/steps?top=${mostDrawn}`, { signal }),
    refetchInterval: ({ state }) => (isLive ? (state.data?.groups ? 10_000 : 3000) : false),
  })
}

/** Steps that are drawn one by one; more of them come in groups. */
const mostDrawn = 1000

/** The steps of one group, a page at a time. */
export function stepGroupQuery(jobId: string, page: { readonly group: string; readonly skip: number; readonly limit: number }) {
  const query = `group=${encodeURIComponent(page.group)}&skip=${page.skip}&limit=${page.limit}`
  return queryOptions({
    queryKey: ['arm', jobId, 'steps', query],
    queryFn: ({ signal }) => api.get<JobGraph>(`${jobId}/steps?${query}`, { signal }),
  })
}

export function jobExplanationQuery(jobId: string) {
  return queryOptions({
    queryKey: ['arm', jobId, 'explain'],
    queryFn: ({ signal }) => api.get<JobExplanation>(`${jobId}/explain`, { signal }),
  })
}

/** The graph as the drawing wants it. */
export function toSteps({ nodes, edges, groups, groupEdges }: JobGraph): readonly Step[] {
  if (groups) return groupsToSteps(groups, groupEdges ?? [])
  const needs = new Map<string, string[]>()
  for (const { source, target } of edges) needs.set(target, [...(needs.get(target) ?? []), source])
  return nodes.map((node) => stepOf(node, needs.get(node.name) ?? []))
}

function groupsToSteps(groups: readonly JobStepGroup[], edges: JobGraph['edges']): readonly Step[] {
  const needs = new Map<string, string[]>()
  for (const { source, target } of edges) needs.set(target, [...(needs.get(target) ?? []), source])
  return groups.map(({ id, label, status, statuses, count, startedAt, endedAt }) => ({
    id,
    label,
    detail: `${((statuses['Completed'] ?? 0) + (statuses['Reused'] ?? 0)).toLocaleString('en-GB')} of ${count.toLocaleString('en-GB')}`,
    status,
    startedAt,
    endedAt,
    count,
    needs: (needs.get(id) ?? []).map((need) => ({ id: need })),
  }))
}

/** One step as the drawings want it. @param needs names of the steps it waits for */
export function stepOf(node: JobNode, needs: readonly string[]): Step {
  const { start, end } = spanOf(node)
  return {
    id: node.name,
    label: node.displayName ?? node.name,
    ...(node.type && { detail: node.type }),
    status: statusOf(node),
    startedAt: start,
    endedAt: end,
    phases: timedPhasesOf(node),
    needs: needs.map((id) => ({ id })),
  }
}

/** A reused step is told from one that ran. */
export function statusOf(node: JobNode): string {
  return node.reused ? 'Reused' : node.status
}

/** When a step ran: from its first launch to its last phase; a step that still runs has no end. */
export function spanOf(node: JobNode): { readonly start: string | undefined; readonly end: string | undefined } {
  const start = node.attempts?.[0]?.startedAt ?? node.phases.find(({ name }) => !idlePhases.has(name))?.at
  return { start, end: describeStatus(statusOf(node)).isLive ? undefined : node.phases.at(-1)?.at }
}

/** The engine's states in the words of the chart; what is in none of these (waiting for earlier steps) takes no time of its own. */
const phaseKindOf: Readonly<Record<string, PhaseKind>> = {
  Ready: 'queue',
  Launching: 'prepare',
  Environment: 'prepare',
  Inputs: 'prepare',
  // A sandbox and a process come up; where a compute grows first, this is its time too.
  Submitted: 'prepare',
  Active: 'run',
  Publishing: 'publish',
}

/** What a step spent its time on. Phases of one kind that follow each other are one; instants between two others are left out. */
export function timedPhasesOf(node: JobNode): readonly StepPhase[] {
  const isLive = describeStatus(statusOf(node)).isLive
  const timed: { kind: PhaseKind; startedAt: string; endedAt: string | undefined }[] = []
  node.phases.forEach(({ name, at }, position) => {
    const kind = phaseKindOf[name]
    const endedAt = node.phases[position + 1]?.at
    if (kind === undefined || endedAt === at || (endedAt === undefined && !isLive)) return
    const last = timed.at(-1)
    if (last?.kind === kind && last.endedAt === at) last.endedAt = endedAt
    else timed.push({ kind, startedAt: at, endedAt })
  })
  return timed
}

const idlePhases = new Set(['Waiting', 'Ready', 'Skipped', 'Canceled'])

const phaseWords: Readonly<Record<string, string>> = {
  Waiting: 'Waiting for earlier steps',
  Ready: 'Queued',
  Launching: 'Taken up',
  Environment: 'Preparing the environment',
  Inputs: 'Fetching code and inputs',
  Submitted: 'Starting the process',
  Active: 'Running',
  Publishing: 'Publishing outputs',
}

/** Phases with their lengths; the last one of a step that has ended says how it ended. */
export function phasesOf(node: JobNode) {
  return node.phases.map((phase, position) => ({
    name: phaseWords[phase.name] ?? describeStatus(phase.name).word,
    raw: phase.name,
    start: phase.at,
    end: node.phases[position + 1]?.at,
    isLast: position === node.phases.length - 1,
  }))
}

const reasons: Readonly<Record<string, string>> = {
  found: 'An earlier step had the same code, environment, command and inputs: its result was taken over.',
  forced: 'The pipeline asked for every step to run again.',
  'not-deterministic': 'Its component says that it is not deterministic.',
  'not-in-pipeline': 'Only steps of pipelines take over earlier results.',
  'no-earlier-run': 'No earlier step of this kind has completed here.',
  'fields-differ': 'It differs from the nearest earlier run.',
  'output-gone': 'The outputs of the matching earlier run are no longer stored.',
  rerun: 'The pipeline is the rerun of another from what failed: the step completed there, and its result was taken over.',
}

/** The reason in words; a word nobody foresaw is shown as it is. */
export function reasonOf(decision: ReuseDecision | null): string {
  return decision ? (reasons[decision.reason] ?? decision.reason) : 'Not decided yet: the step has not been prepared.'
}
