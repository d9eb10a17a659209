import { useVirtualizer } from '@tanstack/react-virtual'
import { Maximize2, Zap, ZoomIn, ZoomOut } from 'lucide-react'
import { useEffect, useId, useMemo, useRef, type CSSProperties, type KeyboardEvent } from 'react'
import { IconButton } from '../ui/Button.tsx'
import { cx } from '../ui/cx.ts'
import { formatDuration } from '../ui/format.ts'
import { StatusMark } from '../ui/Status.tsx'
import { describeStatus } from '../ui/status.ts'
import { moveActive } from '../ui/table-keys.ts'
import { useNow } from '../ui/Time.tsx'
import styles from './gantt.module.css'
import { GanttAxis } from './GanttAxis.tsx'
import { zoomWindow, type TimeWindow } from './gantt-time.ts'
import { phaseWords } from './phase-words.ts'
import { phaseKinds, prepareGantt, type GanttRow, type PreparedGantt } from './prepare-gantt.ts'
import type { PreparedGraph } from './prepare-graph.ts'

export interface GanttProps {
  readonly graph: PreparedGraph
  readonly selected: string | undefined
  onSelect(id: string | undefined): void
  readonly highlighted: string | undefined
  onHighlight(id: string | undefined): void
  /** What of the time axis is in view; undefined for all of it. */
  readonly window: TimeWindow | undefined
  onWindow(window: TimeWindow | undefined): void
  /** Height in pixels from which on the rows scroll. */
  readonly maxHeight: number
}

const rowHeight = 32
/** When each step ran and what it spent its time on, on one axis that can be zoomed. The chain that decided the length is marked. */
export function Gantt(props: GanttProps) {
  const isLive = props.graph.nodes.some((node) => node.startedAt !== undefined && node.endedAt === undefined)
  return isLive ? <LiveGantt {...props} /> : <GanttOf {...props} nowMs={0} />
}

/** Only a chart that grows needs the clock. */
function LiveGantt(props: GanttProps) {
  return <GanttOf {...props} nowMs={useNow()} />
}

function GanttOf({ graph, nowMs, ...props }: GanttProps & { readonly nowMs: number }) {
  const gantt = useMemo(() => prepareGantt(graph, { nowMs, window: props.window }), [graph, nowMs, props.window])
  return (
    <div className={styles.gantt}>
      <Legend gantt={gantt} />
      <div className={styles.top}>
        <ZoomButtons gantt={gantt} onWindow={props.onWindow} />
        <GanttAxis gantt={gantt} onWindow={props.onWindow} />
      </div>
      <GanttRows gantt={gantt} {...props} />
    </div>
  )
}

function Legend({ gantt }: { gantt: PreparedGantt }) {
  return (
    <ul className={styles.legend} aria-label="Time by phase, all steps together">
      {phaseKinds.map((kind) => (
        <li key={kind}>
          <i className={cx(styles.swatch, styles[kind])} />
          {phaseWords[kind]}
          <b>{formatDuration(gantt.totals[kind])}</b>
        </li>
      ))}
      <li title="The steps that decided how long the run took: each waited for the one before.">
        <Zap aria-hidden="true" className={styles.criticalMark} />
        Critical path
      </li>
    </ul>
  )
}

function ZoomButtons({ gantt, onWindow }: { gantt: PreparedGantt } & Pick<GanttProps, 'onWindow'>) {
  const zoom = (factor: number) => onWindow(zoomWindow(gantt.window, factor, gantt.spanMs))
  return (
    <div className={styles.zoom} role="group" aria-label="Zoom">
      <IconButton label="Zoom in" icon={<ZoomIn />} onClick={() => zoom(0.5)} />
      <IconButton label="Zoom out" icon={<ZoomOut />} onClick={() => zoom(2)} aria-disabled={!gantt.isZoomed} />
      <IconButton label="Show all" icon={<Maximize2 />} onClick={() => onWindow(undefined)} aria-disabled={!gantt.isZoomed} />
    </div>
  )
}

type RowsProps = Omit<GanttProps, 'graph' | 'window'> & { readonly gantt: PreparedGantt }

/** One list to the keyboard: arrows choose, left and right follow what flows, plus and minus zoom. */
function GanttRows({ gantt, selected, onSelect, highlighted, onHighlight, onWindow, maxHeight }: RowsProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const id = useId()
  const { rows } = gantt
  const active = rows.findIndex(({ node }) => node.id === selected)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 15,
  })
  useEffect(() => {
    if (active >= 0) virtual.scrollToIndex(active)
  }, [active, virtual])
  const handleKey = (event: KeyboardEvent) => {
    // A key that belongs to an action of the page has been served already.
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return
    const next = moveActive(event.key, active, rows.length)
    if (next !== undefined) onSelect(rows[next]?.node.id)
    else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') onSelect(neighbourOf(rows, active, event.key) ?? selected)
    else if (event.key === '+' || event.key === '=') onWindow(zoomWindow(gantt.window, 0.5, gantt.spanMs))
    else if (event.key === '-') onWindow(zoomWindow(gantt.window, 2, gantt.spanMs))
    else if (event.key === '0') onWindow(undefined)
    else if (event.key === 'Escape') onSelect(undefined)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div
      ref={scroller}
      className={styles.rows}
      style={{ maxHeight }}
      role="listbox"
      aria-label="Steps by time"
      aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
      tabIndex={0}
      onKeyDown={handleKey}
      onPointerLeave={() => onHighlight(undefined)}
    >
      <div role="presentation" className={styles.sizer} style={{ height: virtual.getTotalSize() }}>
        <GridLines gantt={gantt} />
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows[index]
          if (!row) return undefined
          return (
            // The list as a whole handles the keys.
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
            <div
              key={row.node.id}
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === active}
              aria-setsize={rows.length}
              aria-posinset={index + 1}
              className={cx(
                styles.row,
                row.isCritical && styles.critical,
                index === active && styles.chosen,
                row.node.id === highlighted && styles.highlighted,
              )}
              style={{ transform: `translateY(${start}px)` }}
              onClick={() => onSelect(index === active ? undefined : row.node.id)}
              onPointerEnter={() => onHighlight(row.node.id)}
            >
              <span className="visually-hidden">{describeRow(row)}</span>
              <RowContent row={row} />
            </div>
          )
        })}
      </div>
    </div>
  )
}

/** What an arrow key follows: to the left a step that this one needs, to the right one that needs it. */
function neighbourOf(rows: readonly GanttRow[], active: number, key: 'ArrowLeft' | 'ArrowRight'): string | undefined {
  const current = rows[active]?.node
  if (!current) return rows[0]?.node.id
  if (key === 'ArrowLeft') return current.needs[0]?.id
  return rows.find(({ node }) => node.needs.some((need) => need.id === current.id))?.node.id
}

function GridLines({ gantt }: { gantt: PreparedGantt }) {
  return (
    <div className={styles.grid} aria-hidden="true">
      {gantt.ticks.map(({ percent, label }) => (
        <i key={label} style={{ left: `${percent}%` }} />
      ))}
    </div>
  )
}

function RowContent({ row: { node, segments, durationMs, endPercent, isCritical, beyond } }: { row: GanttRow }) {
  const isReused = describeStatus(node.status).shape === 'recycle'
  const isFailed = describeStatus(node.status).tone === 'bad'
  return (
    <>
      <span className={styles.name} title={node.label} aria-hidden="true">
        <StatusMark status={node.status} size={13} />
        <span>{node.label}</span>
        {node.count !== undefined && <small>×{node.count.toLocaleString('en-GB')}</small>}
        {isCritical && <Zap aria-hidden="true" className={styles.criticalMark} />}
      </span>
      <span className={styles.lane} aria-hidden="true">
        {segments.map((segment, position) => (
          <span
            // Phases of one step never change places.
            // oxlint-disable-next-line react/no-array-index-key
            key={position}
            className={cx(
              styles.segment,
              styles[segment.kind],
              isReused && styles.reused,
              isFailed && segment.kind === 'run' && styles.failed,
              node.count !== undefined && styles.group,
            )}
            style={placed(segment.startPercent, segment.lengthPercent)}
            title={`${node.label}: ${phaseWords[segment.kind].toLowerCase()} ${formatDuration(segment.durationMs)}`}
          >
            <span className={styles.segmentLabel}>{phaseWords[segment.kind].toLowerCase()}</span>
          </span>
        ))}
        {isReused && endPercent !== undefined && (
          <span className={styles.behind} style={{ left: `min(${endPercent}%, 100% - 60px)` }}>
            reused
          </span>
        )}
        {durationMs === undefined && <span className={styles.remark}>{describeStatus(node.status).word}</span>}
        {beyond && <span className={cx(styles.remark, styles[beyond])}>{beyond === 'before' ? '← earlier' : 'later →'}</span>}
      </span>
      <span className={styles.time} aria-hidden="true">
        {durationMs === undefined ? '–' : formatDuration(durationMs)}
      </span>
    </>
  )
}

function placed(startPercent: number, lengthPercent: number): CSSProperties {
  return { left: `${startPercent}%`, width: `${lengthPercent}%` }
}

/** "train, completed, 4.7 s: queue 0 ms, prepare 310 ms, run 4.1 s, publish 60 ms; on the critical path" */
function describeRow({ node, segments, durationMs, isCritical }: GanttRow): string {
  const phases = segments.map(({ kind, durationMs: length }) => `${phaseWords[kind].toLowerCase()} ${formatDuration(length)}`)
  return [
    `${node.label}, ${describeStatus(node.status).word.toLowerCase()}`,
    durationMs === undefined ? '' : `, ${formatDuration(durationMs)}`,
    phases.length > 0 ? `: ${phases.join(', ')}` : '',
    isCritical ? '; on the critical path' : '',
  ].join('')
}
