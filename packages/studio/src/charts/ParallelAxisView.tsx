import { useState, type KeyboardEvent, type PointerEvent } from 'react'
import styles from './parallel.module.css'
import { describeBrush, type ParallelAxis } from './prepare-parallel.ts'

type Brush = readonly [number, number]

interface ParallelAxisViewProps {
  readonly axis: ParallelAxis
  /** Pixels. */
  readonly x: number
  readonly top: number
  readonly height: number
  readonly brush: Brush | undefined
  onBrush(brush: Brush | undefined): void
}

/** One axis: its name, its ticks, and the part of it that is marked. A mark is dragged, or moved by the arrow keys. */
export function ParallelAxisView({ axis, x, top, height, brush, onBrush }: ParallelAxisViewProps) {
  const [drag, setDrag] = useState<Brush>()
  const shareOf = (event: PointerEvent<SVGElement>): number => {
    const frame = event.currentTarget.getBoundingClientRect()
    return Math.min(1, Math.max(0, 1 - (event.clientY - frame.top) / frame.height))
  }
  const shown = drag ? sorted(drag) : brush
  const finish = () => {
    setDrag(undefined)
    if (!drag) return
    const [from, to] = sorted(drag)
    onBrush(to - from < 0.02 ? undefined : [from, to])
  }
  const handleKey = (event: KeyboardEvent) => {
    const next = moveBrush(event, brush)
    if (next === brush) return
    event.preventDefault()
    onBrush(next)
  }
  return (
    <g transform={`translate(${x} ${top})`}>
      <text y={-18} className={styles.axisName}>
        {axis.label.length > 14 ? `${axis.label.slice(0, 13)}…` : axis.label}
        <title>{axis.label}</title>
      </text>
      <line y2={height} className={styles.axisLine} />
      {axis.scale.ticks.map(({ at, label }) => (
        <text key={label} x={-6} y={(1 - at) * height + 4} className={styles.tick}>
          {label.length > 9 ? `${label.slice(0, 8)}…` : label}
        </text>
      ))}
      {shown && (
        <rect x={-7} width={14} y={(1 - shown[1]) * height} height={(shown[1] - shown[0]) * height} className={styles.brush} />
      )}
      <rect
        x={-14}
        width={28}
        height={height}
        className={styles.handle}
        role="slider"
        tabIndex={0}
        aria-label={`Mark on ${axis.label}`}
        aria-orientation="vertical"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round((brush ? (brush[0] + brush[1]) / 2 : 0.5) * 100)}
        aria-valuetext={brush ? describeBrush(axis, brush) : 'none'}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          setDrag([shareOf(event), shareOf(event)])
        }}
        onPointerMove={(event) => drag && setDrag([drag[0], shareOf(event)])}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(undefined)}
        onKeyDown={handleKey}
      />
    </g>
  )
}

const sorted = ([from, to]: Brush): Brush => [Math.min(from, to), Math.max(from, to)]

/** Up and down move a mark by a tenth of the axis, with Shift they make it longer and shorter; Escape takes it away. */
function moveBrush({ key, shiftKey }: KeyboardEvent, brush: Brush | undefined): Brush | undefined {
  if (key === 'Escape' || key === 'Delete') return undefined
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return brush
  const way = key === 'ArrowUp' ? 0.1 : -0.1
  if (!brush) return key === 'ArrowUp' ? [0.75, 1] : [0, 0.25]
  const [from, to] = brush
  if (shiftKey) return [from, Math.min(1, Math.max(from + 0.05, to + way))]
  const by = Math.min(1 - to, Math.max(-from, way))
  return [from + by, to + by]
}
