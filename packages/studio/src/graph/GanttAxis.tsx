import { useRef, useState, type PointerEvent } from 'react'
import styles from './gantt.module.css'
import { clampWindow, type TimeWindow } from './gantt-time.ts'
import type { PreparedGantt } from './prepare-gantt.ts'

interface GanttAxisProps {
  readonly gantt: PreparedGantt
  onWindow(window: TimeWindow | undefined): void
}

/** Shares of the axis, 0–1. */
interface Drag {
  readonly from: number
  readonly to: number
}

/** The times above the rows. Dragging over them zooms in, a double click shows all again; buttons and keys do the same. */
export function GanttAxis({ gantt, onWindow }: GanttAxisProps) {
  const track = useRef<HTMLDivElement>(null)
  const [drag, setDrag] = useState<Drag>()
  const { window, spanMs } = gantt
  const shareOf = (event: PointerEvent): number => {
    const box = track.current?.getBoundingClientRect()
    return box ? Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) : 0
  }
  const finish = () => {
    setDrag(undefined)
    if (!drag || Math.abs(drag.to - drag.from) < 0.01) return
    const lengthMs = window.toMs - window.fromMs
    const [from, to] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)]
    onWindow(clampWindow({ fromMs: window.fromMs + from * lengthMs, toMs: window.fromMs + to * lengthMs }, spanMs))
  }
  return (
    <div
      className={styles.axis}
      title="Drag to zoom in, double-click to show all"
      onPointerDown={(event) => {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        setDrag({ from: shareOf(event), to: shareOf(event) })
      }}
      onPointerMove={(event) => drag && setDrag({ from: drag.from, to: shareOf(event) })}
      onPointerUp={finish}
      onPointerCancel={() => setDrag(undefined)}
      onDoubleClick={() => onWindow(undefined)}
    >
      <div ref={track} className={styles.track}>
        {gantt.ticks.map(({ percent, label }) => (
          <span key={label} style={{ left: `${percent}%` }}>
            {label}
          </span>
        ))}
        {drag && (
          <i
            className={styles.selection}
            style={{ left: `${Math.min(drag.from, drag.to) * 100}%`, width: `${Math.abs(drag.to - drag.from) * 100}%` }}
          />
        )}
      </div>
    </div>
  )
}
