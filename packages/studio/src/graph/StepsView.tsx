import { lazy, Suspense, useMemo, useState, type ReactNode } from 'react'
import { Card } from '../ui/Card.tsx'
import { cx } from '../ui/cx.ts'
import { Notice, Skeleton } from '../ui/Feedback.tsx'
import { StatusDot } from '../ui/Status.tsx'
import { TabButtons } from '../ui/Tabs.tsx'
import { criticalPath } from './critical-path.ts'
import { Gantt } from './Gantt.tsx'
import type { TimeWindow } from './gantt-time.ts'
import styles from './graph.module.css'
import { prepareGraph, type PreparedGraph, type Step } from './prepare-graph.ts'

/** The graph libraries come with the first graph that is shown. */
const DagGraph = lazy(() => import('./DagGraph.tsx').then((module) => ({ default: module.DagGraph })))

export type StepsForm = 'both' | 'graph' | 'gantt' | 'list'

export const stepsForms: readonly { readonly id: StepsForm; readonly label: string }[] = [
  { id: 'both', label: 'Both' },
  { id: 'graph', label: 'Graph' },
  { id: 'gantt', label: 'Timeline' },
  { id: 'list', label: 'List' },
]

export interface StepsViewProps {
  readonly steps: readonly Step[]
  readonly form: StepsForm
  onForm(form: StepsForm): void
  readonly selected: string | undefined
  onSelect(id: string | undefined): void
  /** What of the time axis is in view; undefined for all of it. */
  readonly window: TimeWindow | undefined
  onWindow(window: TimeWindow | undefined): void
  /** What is known of the selected step; it stands beside or below, so that a selection moves nothing else. */
  readonly panel?: ReactNode
}

const heightPx = 540

/**
 * The same steps as graph, Gantt chart or list, or as graph and Gantt chart beside each other. Form, selection and the
 * window on the time axis belong to the caller, who keeps them in the URL.
 */
export function StepsView({ steps, form, onForm, selected, onSelect, window, onWindow, panel }: StepsViewProps) {
  const graph = useMemo(() => prepareGraph(steps), [steps])
  const [highlighted, onHighlight] = useState<string>()
  const critical = useMemo(() => new Set(criticalPath(graph, Date.now())), [graph])
  const twin = { graph, selected, onSelect, highlighted, onHighlight }
  const count = steps.reduce((sum, step) => sum + (step.count ?? 1), 0)
  return (
    <Card
      title={`${count.toLocaleString('en-GB')} ${count === 1 ? 'step' : 'steps'}`}
      isFlush
      actions={
        <TabButtons
          label="Form"
          tabs={stepsForms}
          active={form}
          onChange={(id) => onForm(stepsForms.find((known) => known.id === id)?.id ?? 'both')}
        />
      }
    >
      {graph.cyclic.length > 0 && <Notice tone="bad">These steps wait for each other: {graph.cyclic.join(', ')}</Notice>}
      <div className={cx(form === 'both' && styles.beside)}>
        {(form === 'graph' || form === 'both') && (
          <Suspense fallback={<Skeleton height={heightPx} />}>
            <DagGraph {...twin} critical={critical} label="Steps and what flows between them" height={heightPx} />
          </Suspense>
        )}
        {(form === 'gantt' || form === 'both') && (
          <div className={styles.timePart}>
            <Gantt {...twin} window={window} onWindow={onWindow} maxHeight={form === 'both' ? (panel ? 232 : 450) : 640} />
            {form === 'both' && panel && (
              // What scrolls must be reached by the keyboard.
              // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
              <div className={styles.panel} tabIndex={0} role="region" aria-label="The selected step">
                {panel}
              </div>
            )}
          </div>
        )}
        {form === 'list' && <StepList {...twin} />}
      </div>
      {form !== 'both' && panel && <div className={styles.panel}>{panel}</div>}
    </Card>
  )
}

interface TwinProps {
  readonly graph: PreparedGraph
  readonly selected: string | undefined
  onSelect(id: string | undefined): void
}

/** The steps in the order they can run, each with what it waits for. */
function StepList({ graph, selected, onSelect }: TwinProps) {
  const labels = new Map(graph.nodes.map((node) => [node.id, node.label]))
  return (
    <ol className={styles.list} aria-label="Steps">
      {graph.nodes.map((node) => (
        <li key={node.id}>
          <button
            type="button"
            className={cx(styles.listRow, node.id === selected && styles.chosenRow)}
            aria-pressed={node.id === selected}
            onClick={() => onSelect(node.id === selected ? undefined : node.id)}
          >
            <strong>{node.label}</strong>
            <StatusDot status={node.status} />
            <span className={styles.needs}>
              {node.needs.length === 0
                ? 'needs nothing'
                : `needs ${[...new Set(node.needs.map((need) => labels.get(need.id) ?? need.id))].join(', ')}`}
            </span>
          </button>
        </li>
      ))}
    </ol>
  )
}
