import { useMemo, useRef, useState, type PointerEvent } from 'react'
import { X } from 'lucide-react'
import { Button } from '../ui/Button.tsx'
import { cx } from '../ui/cx.ts'
import styles from './parallel.module.css'
import { ParallelAxisView } from './ParallelAxisView.tsx'
import {
  describeBrush,
  prepareParallel,
  type Brushes,
  type ParallelDimension,
  type ParallelLine,
  type ParallelRow,
} from './prepare-parallel.ts'
import { useWidth } from './use-width.ts'

export interface ParallelCoordinatesProps {
  readonly label: string
  /** The last one is what the rows are judged by. */
  readonly dimensions: readonly ParallelDimension[]
  readonly rows: readonly ParallelRow[]
  readonly isLessBetter: boolean
  readonly best: string | undefined
  readonly brushes: Brushes
  onBrushes(brushes: Brushes): void
  readonly highlighted: string | undefined
  onHighlight(id: string | undefined): void
  onOpen(id: string): void
}

const height = 300
const margin = { top: 34, bottom: 14, side: 56 }
const plotHeight = height - margin.top - margin.bottom
const minimumPerAxis = 84

/**
 * One line per row across an axis per dimension; the colour follows the last axis, from the worst to the best. A part of an
 * axis that is marked keeps the rows that pass through it; a table of the same rows has to stand beside it.
 */
export function ParallelCoordinates(props: ParallelCoordinatesProps) {
  const { dimensions, rows, brushes, isLessBetter, onBrushes, highlighted, onHighlight } = props
  const box = useRef<HTMLDivElement>(null)
  const width = Math.max(useWidth(box), dimensions.length * minimumPerAxis)
  const prepared = useMemo(
    () => prepareParallel(dimensions, rows, { brushes, isLessBetter }),
    [dimensions, rows, brushes, isLessBetter],
  )
  const x = (at: number) => margin.side + at * (width - 2 * margin.side)
  const y = (share: number) => margin.top + (1 - share) * plotHeight
  // The best and the one under the pointer lie on top; those outside the marks below all others.
  const lines = prepared.lines.toSorted((a, b) => rankOf(a, props) - rankOf(b, props))
  const [tip, setTip] = useState<{ readonly left: number; readonly top: number }>()
  const shown = prepared.lines.find(({ row }) => row.id === highlighted)?.row
  const follow = (event: PointerEvent<SVGElement>) => {
    const frame = box.current?.getBoundingClientRect()
    if (frame) setTip({ left: event.clientX - frame.left, top: event.clientY - frame.top })
  }
  return (
    <figure className={styles.parallel} aria-label={props.label}>
      {/* The scrolling region takes the focus, so that the arrow keys can move it. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div ref={box} className={styles.scroller} tabIndex={0} role="region" aria-label={`${props.label}: chart`}>
        <svg width={width} height={height} role="group" aria-label={`${prepared.insideCount} of ${rows.length} rows`}>
          <g fill="none" onPointerLeave={() => onHighlight(undefined)}>
            {lines.map((line) => (
              // The table beside the chart opens the same rows by keyboard.
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
              <path
                key={line.row.id}
                d={pathOf(line, x, y)}
                className={cx(
                  styles.line,
                  line.row.look === 'stopped' && styles.stopped,
                  line.row.look === 'failed' && styles.failed,
                  line.row.id === props.best && styles.best,
                  !line.isInside && styles.outside,
                  line.row.id === highlighted && styles.highlighted,
                )}
                style={{ stroke: colorOf(line) }}
                onPointerEnter={() => onHighlight(line.row.id)}
                onPointerMove={follow}
                onClick={() => props.onOpen(line.row.id)}
              />
            ))}
          </g>
          {prepared.axes.map((axis) => (
            <ParallelAxisView
              key={axis.id}
              axis={axis}
              x={x(axis.at)}
              top={margin.top}
              height={plotHeight}
              brush={brushes[axis.id]}
              onBrush={(brush) => onBrushes(withBrush(brushes, axis.id, brush))}
            />
          ))}
        </svg>
        {shown && tip && (
          <div className={styles.tip} style={{ left: Math.min(tip.left + 14, width - 190), top: tip.top + 14 }}>
            <strong>{shown.label}</strong>
            {dimensions.map(({ id, label }) => (
              <span key={id}>
                {label} <b>{String(shown.values[id] ?? '–')}</b>
              </span>
            ))}
          </div>
        )}
      </div>
      <div className={styles.foot}>
        {Object.keys(brushes).length === 0 ? (
          <span>Drag along an axis to keep the trials that pass there; the arrow keys move a mark too.</span>
        ) : (
          <>
            <span aria-live="polite">
              {prepared.insideCount} of {rows.length} trials:
            </span>
            {prepared.axes.flatMap((axis) => {
              const brush = brushes[axis.id]
              return brush
                ? [
                    <Button
                      key={axis.id}
                      size="s"
                      icon={<X />}
                      aria-label={`Clear the mark on ${axis.label}: ${describeBrush(axis, brush)}`}
                      onClick={() => onBrushes(withBrush(brushes, axis.id, undefined))}
                    >
                      {axis.label} {describeBrush(axis, brush)}
                    </Button>,
                  ]
                : []
            })}
          </>
        )}
      </div>
    </figure>
  )
}

function rankOf({ row, isInside }: ParallelLine, { best, highlighted }: ParallelCoordinatesProps): number {
  if (row.id === highlighted) return 4
  if (row.id === best) return 3
  return (isInside ? 1 : 0) + (row.look === 'plain' ? 0.5 : 0)
}

function withBrush(brushes: Brushes, id: string, brush: readonly [number, number] | undefined): Brushes {
  const { [id]: _former, ...others } = brushes
  return brush ? { ...others, [id]: brush } : others
}

function pathOf({ points }: ParallelLine, x: (at: number) => number, y: (share: number) => number): string {
  let isBroken = true
  return points
    .map((point) => {
      if (!point) {
        isBroken = true
        return ''
      }
      const command = isBroken ? 'M' : 'L'
      isBroken = false
      return `${command}${x(point.x).toFixed(1)} ${y(point.y).toFixed(1)}`
    })
    .join('')
}

/** From the colour of bad rows to that of good ones; what was not judged is grey. */
function colorOf({ merit }: ParallelLine): string {
  if (merit === undefined) return 'var(--idle)'
  return `color-mix(in oklch, var(--series-1) ${Math.round(merit * 100)}%, var(--series-2))`
}
