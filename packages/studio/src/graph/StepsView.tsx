import { lazy, Suspense, useMemo } from 'react'
import { Card } from '../ui/Card.tsx'
import { cx } from '../ui/cx.ts'
import { Notice, Skeleton } from '../ui/Feedback.tsx'
import { formatDuration } from '../ui/format.ts'
import { StatusDot, StatusMark } from '../ui/Status.tsx'
import { describeStatus } from '../ui/status.ts'
import { TabButtons } from '../ui/Tabs.tsx'
import { useNow } from '../ui/Time.tsx'
import tones from '../ui/tones.module.css'
import styles from './graph.module.css'
import { prepareGantt, prepareGraph, type PreparedGraph, type Step } from './prepare-graph.ts'

/** The graph libraries come with the first graph that is shown. */
const DagGraph = lazy(() => import('./DagGraph.tsx').then((module) => ({ default: module.DagGraph })))

export type StepsForm = 'graph' | 'gantt' | 'list'

export interface StepsViewProps {
  readonly steps: readonly Step[]
  readonly form: StepsForm
  onForm(form: StepsForm): void
  readonly selected: string | undefined
  onSelect(id: string | undefined): void
}

/** The same steps as graph, Gantt chart or list. Form and selection belong to the caller, who keeps them in the URL. */
export function StepsView({ steps, form, onForm, selected, onSelect }: StepsViewProps) {
  const graph = useMemo(() => prepareGraph(steps), [steps])
  const twin = { graph, selected, onSelect }
  return (
    <Card
      title={`${steps.length} ${steps.length === 1 ? 'step' : 'steps'}`}
      isFlush
      actions={
        <TabButtons
          label="Form"
          tabs={[
            { id: 'graph', label: 'Graph' },
            { id: 'gantt', label: 'Timeline' },
            { id: 'list', label: 'List' },
          ]}
          active={form}
          onChange={(id) => onForm(id === 'gantt' || id === 'list' ? id : 'graph')}
        />
      }
    >
      {graph.cyclic.length > 0 && <Notice tone="bad">These steps wait for each other: {graph.cyclic.join(', ')}</Notice>}
      {form === 'graph' && (
        <Suspense fallback={<Skeleton height={520} />}>
          <DagGraph {...twin} label="Steps and what flows between them" />
        </Suspense>
      )}
      {form === 'gantt' && <Gantt {...twin} />}
      {form === 'list' && <StepList {...twin} />}
    </Card>
  )
}

interface TwinProps {
  readonly graph: PreparedGraph
  readonly selected: string | undefined
  onSelect(id: string | undefined): void
}

/** When each step ran, on one axis. */
function Gantt({ graph, selected, onSelect }: TwinProps) {
  const nowMs = useNow()
  const gantt = useMemo(() => prepareGantt(graph, nowMs), [graph, nowMs])
  return (
    <div className={styles.gantt}>
      <div className={styles.axis} aria-hidden="true">
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <span key={share}>{formatDuration(gantt.spanMs * share)}</span>
        ))}
      </div>
      <ul aria-label="Steps by time">
        {gantt.bars.map(({ node, bar }) => (
          <li key={node.id}>
            <button
              type="button"
              className={cx(styles.ganttRow, node.id === selected && styles.chosenRow)}
              aria-pressed={node.id === selected}
              onClick={() => onSelect(node.id === selected ? undefined : node.id)}
            >
              <span className={styles.ganttName}>
                <StatusMark status={node.status} size={13} />
                <span>{node.label}</span>
              </span>
              <span className={styles.lane}>
                {bar ? (
                  <span
                    className={cx(styles.ganttBar, tones[describeStatus(node.status).tone])}
                    style={{ left: `${bar.startPercent}%`, width: `${bar.lengthPercent}%` }}
                  />
                ) : (
                  <span className={styles.unstarted}>{describeStatus(node.status).word}</span>
                )}
              </span>
              <span className={styles.ganttTime}>{bar ? formatDuration(bar.durationMs) : '–'}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
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
