import { criticalPath } from './critical-path.ts'
import { clampWindow, formatTick, ticksOf, type TimeWindow } from './gantt-time.ts'
import type { GraphNode, PhaseKind, PreparedGraph } from './prepare-graph.ts'

export const phaseKinds: readonly PhaseKind[] = ['queue', 'prepare', 'run', 'publish']

export interface GanttSegment {
  readonly kind: PhaseKind
  /** Within the window: percent from its left edge; cut at its edges. */
  readonly startPercent: number
  readonly lengthPercent: number
  /** Of the whole phase, also of what lies outside the window. */
  readonly durationMs: number
}

export interface GanttRow {
  readonly node: GraphNode
  /** Empty for a step that has not started, and for one outside the window. */
  readonly segments: readonly GanttSegment[]
  /** From the first phase to the last; undefined for a step that has not started. */
  readonly durationMs: number | undefined
  /** Where a label behind the bar may stand, in percent; undefined when the end of the bar is not in view. */
  readonly endPercent: number | undefined
  readonly isCritical: boolean
  /** Where in time it lies when the window does not show it. */
  readonly beyond: 'before' | 'after' | undefined
}

export interface PreparedGantt {
  readonly rows: readonly GanttRow[]
  /** Milliseconds since 1970 of the start of the run. */
  readonly startMs: number
  readonly spanMs: number
  readonly window: TimeWindow
  readonly isZoomed: boolean
  readonly ticks: readonly { readonly percent: number; readonly label: string }[]
  /** Time spent in each kind of phase by all steps together; steps at the same time count each. */
  readonly totals: Readonly<Record<PhaseKind, number>>
  /** Ids along the critical path, from the first step to the last. */
  readonly critical: readonly string[]
}

export interface GanttOptions {
  /** Milliseconds since 1970: the end of what has not ended. */
  readonly nowMs: number
  readonly window?: TimeWindow | undefined
}

interface Span {
  readonly kind: PhaseKind
  readonly fromMs: number
  readonly toMs: number
}

/** Places the phases of all steps on one time axis, from the first start to the last end, or to now while something runs. */
export function prepareGantt(graph: PreparedGraph, { nowMs, window: wanted }: GanttOptions): PreparedGantt {
  const spans = graph.nodes.map((node) => spansOf(node, nowMs))
  const { startMs, endMs } = boundsOf(spans, nowMs)
  const spanMs = Math.max(1, endMs - startMs)
  const zoomed = wanted && clampWindow(wanted, spanMs)
  const window = zoomed ?? { fromMs: 0, toMs: spanMs }
  const critical = criticalPath(graph, nowMs)
  const onPath = new Set(critical)
  const lengthMs = window.toMs - window.fromMs
  const percentOf = (timeMs: number) => ((timeMs - startMs - window.fromMs) / lengthMs) * 100
  const totals = { queue: 0, prepare: 0, run: 0, publish: 0 }
  const rows = graph.nodes.map((node, position): GanttRow => {
    const own = spans[position] ?? []
    for (const { kind, fromMs, toMs } of own) totals[kind] += toMs - fromMs
    return { node, isCritical: onPath.has(node.id), ...placeSpans(own, percentOf) }
  })
  return {
    rows,
    startMs,
    spanMs,
    window,
    isZoomed: zoomed !== undefined,
    ticks: ticksOf(window, 6).map((timeMs) => ({
      percent: ((timeMs - window.fromMs) / lengthMs) * 100,
      label: formatTick(timeMs),
    })),
    totals,
    critical,
  }
}

function boundsOf(spans: readonly (readonly Span[])[], nowMs: number): { startMs: number; endMs: number } {
  let [startMs, endMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const own of spans) {
    for (const { fromMs, toMs } of own) {
      startMs = Math.min(startMs, fromMs)
      endMs = Math.max(endMs, toMs)
    }
  }
  return startMs > endMs ? { startMs: nowMs, endMs: nowMs } : { startMs, endMs }
}

/** What is not known by phases (a group of steps, a step of elsewhere) is one bar from start to end. */
function spansOf(node: GraphNode, nowMs: number): readonly Span[] {
  const phases = node.phases?.length
    ? node.phases
    : node.startedAt
      ? [{ kind: 'run' as const, startedAt: node.startedAt, endedAt: node.endedAt }]
      : []
  return phases.flatMap(({ kind, startedAt, endedAt }) => {
    const fromMs = Date.parse(startedAt)
    const toMs = endedAt ? Date.parse(endedAt) : nowMs
    return Number.isNaN(fromMs) || Number.isNaN(toMs) ? [] : [{ kind, fromMs, toMs: Math.max(fromMs, toMs) }]
  })
}

type Placed = Pick<GanttRow, 'segments' | 'durationMs' | 'endPercent' | 'beyond'>

function placeSpans(spans: readonly Span[], percentOf: (timeMs: number) => number): Placed {
  const [first, last] = [spans[0], spans.at(-1)]
  if (!first || !last) return { segments: [], durationMs: undefined, endPercent: undefined, beyond: undefined }
  const segments = spans.flatMap(({ kind, fromMs, toMs }): GanttSegment[] => {
    const [from, to] = [percentOf(fromMs), percentOf(toMs)]
    if (to < 0 || from > 100) return []
    const startPercent = Math.max(0, from)
    return [{ kind, startPercent, lengthPercent: Math.min(100, to) - startPercent, durationMs: toMs - fromMs }]
  })
  const end = percentOf(last.toMs)
  const beyond = segments.length > 0 ? undefined : end < 0 ? 'before' : 'after'
  return {
    segments,
    durationMs: last.toMs - first.fromMs,
    endPercent: end >= 0 && end <= 100 ? end : undefined,
    beyond,
  }
}
