import { useMemo, useRef } from 'react'
import { cx } from '../ui/cx.ts'
import { formatNumber } from '../ui/format.ts'
import styles from './parallel.module.css'
import { scaleOf, type Scale, type ScaleValue } from './scale.ts'
import { useWidth } from './use-width.ts'

export interface ScatterPoint {
  readonly id: string
  readonly label: string
  readonly x: ScaleValue
  readonly y: ScaleValue
  readonly look?: 'plain' | 'stopped' | 'failed'
}

export interface ScatterProps {
  readonly xLabel: string
  readonly yLabel: string
  readonly points: readonly ScatterPoint[]
  readonly isLogX?: boolean | undefined
  readonly best: string | undefined
  readonly highlighted: string | undefined
  onHighlight(id: string | undefined): void
  onOpen(id: string): void
}

const height = 170
const margin = { top: 10, right: 14, bottom: 24, left: 44 }

/** One parameter against what it is judged by. Drawn small, many side by side; the table of the rows is elsewhere. */
export function Scatter({ xLabel, yLabel, points, isLogX, best, highlighted, onHighlight, onOpen }: ScatterProps) {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const { xs, ys } = useMemo(
    () => ({
      xs: scaleOf(
        points.map(({ x }) => x),
        isLogX,
      ),
      ys: scaleOf(points.map(({ y }) => y)),
    }),
    [points, isLogX],
  )
  const left = (share: number) => margin.left + share * Math.max(0, width - margin.left - margin.right)
  const top = (share: number) => margin.top + (1 - share) * (height - margin.top - margin.bottom)
  return (
    <figure className={styles.scatter} aria-label={`${xLabel} against ${yLabel}`}>
      <figcaption>
        {xLabel}
        {xs.kind === 'log' && <small> log</small>}
      </figcaption>
      <div ref={box}>
        <svg width={width} height={height} role="img" aria-label={`${points.length} trials by ${xLabel} and ${yLabel}`}>
          {ys.ticks.map(({ at, label }) => (
            <g key={label}>
              <line x1={margin.left} x2={width - margin.right} y1={top(at)} y2={top(at)} className={styles.gridLine} />
              <text x={margin.left - 6} y={top(at) + 4} className={styles.tick}>
                {label}
              </text>
            </g>
          ))}
          {spread(xs).map(({ at, label }, position, ticks) => (
            <text
              key={label}
              x={left(at)}
              y={height - 6}
              className={cx(styles.tickBelow, position === 0 && styles.first, position === ticks.length - 1 && styles.last)}
            >
              {label}
            </text>
          ))}
          {points.map((point) => {
            const [x, y] = [xs.place(point.x), ys.place(point.y)]
            if (x === undefined || y === undefined) return undefined
            return (
              // The table of the same rows opens them by keyboard.
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
              <circle
                key={point.id}
                cx={left(x)}
                cy={top(y)}
                r={point.id === highlighted ? 6 : point.id === best ? 5.5 : 4}
                className={cx(
                  styles.point,
                  point.look === 'stopped' && styles.stoppedPoint,
                  point.look === 'failed' && styles.failedPoint,
                  point.id === best && styles.bestPoint,
                  point.id === highlighted && styles.chosenPoint,
                )}
                onPointerEnter={() => onHighlight(point.id)}
                onPointerLeave={() => onHighlight(undefined)}
                onClick={() => onOpen(point.id)}
              >
                <title>{`${point.label}: ${xLabel} ${String(point.x)}, ${yLabel} ${typeof point.y === 'number' ? formatNumber(point.y) : String(point.y)}`}</title>
              </circle>
            )
          })}
        </svg>
      </div>
    </figure>
  )
}

/** The box is small: between the ends of a line only ticks that are far from both. Categories are all named. */
function spread({ kind, ticks }: Scale): Scale['ticks'] {
  return kind === 'category' ? ticks : ticks.filter(({ at }) => at <= 0 || at >= 1 || (at > 0.38 && at < 0.62))
}
