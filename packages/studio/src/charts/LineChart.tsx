import { lazy, Suspense, useMemo, useState } from 'react'
import { formatNumber } from '../ui/format.ts'
import { Skeleton } from '../ui/Feedback.tsx'
import { TabButtons } from '../ui/Tabs.tsx'
import styles from './charts.module.css'
import { prepareLines, type LineLook, type LineSummary, type Series } from './prepare-lines.ts'

export interface LineChartProps {
  readonly title: string
  readonly series: readonly Series[]
  readonly xLabel: string
  readonly smoothing?: number
  readonly isLogScale?: boolean
  /** Charts with the same group share their cursor. */
  readonly cursorGroup?: string
  readonly height?: number
}

/** uPlot comes with the first chart that is shown, never with the first load. */
const Canvas = lazy(() => import('./LineCanvas.tsx').then((module) => ({ default: module.LineCanvas })))

/** Curves over one x axis, with a table of the same data. */
export function LineChart({
  title,
  series,
  xLabel,
  smoothing = 0,
  isLogScale = false,
  cursorGroup,
  height = 200,
}: LineChartProps) {
  const [twin, setTwin] = useState('chart')
  const prepared = useMemo(() => prepareLines(series, { smoothing, isLogScale }), [series, smoothing, isLogScale])
  return (
    <figure className={styles.chart} aria-label={title}>
      <figcaption>
        <span className={styles.chartTitle}>{title}</span>
        <TabButtons
          label={`${title}: form`}
          tabs={[
            { id: 'chart', label: 'Chart' },
            { id: 'table', label: 'Table' },
          ]}
          active={twin}
          onChange={setTwin}
        />
      </figcaption>
      {twin === 'table' ? (
        <LineTable rows={prepared.rows} height={height} />
      ) : (
        <Suspense fallback={<Skeleton height={height} />}>
          <Canvas
            prepared={prepared}
            xLabel={xLabel}
            isLogScale={isLogScale}
            height={height}
            {...(cursorGroup && { cursorGroup })}
          />
        </Suspense>
      )}
      <div className={styles.legend}>
        {prepared.rows.map((row) => (
          <span key={row.id}>
            <LineKey look={row} />
            {row.label}
            <b>{row.last === undefined ? '–' : formatNumber(row.last)}</b>
          </span>
        ))}
      </div>
      {prepared.hiddenCount > 0 && (
        <p className={styles.note}>
          {prepared.hiddenCount} points are not shown:{' '}
          {isLogScale ? 'zero and negative values have no place on a log scale' : 'not a number'}.
        </p>
      )}
    </figure>
  )
}

/** A piece of the line as it is drawn, with its dash. */
export function LineKey({ look }: { look: LineLook }) {
  return (
    <svg width="22" height="8" aria-hidden="true" className={styles[`series-${look.color}`]}>
      {look.form === 'points' ? (
        <circle cx="11" cy="4" r="3.5" className={styles.keyPoint} />
      ) : (
        <path d="M1 4h20" className={styles.keyLine} strokeDasharray={look.dash.join(' ')} />
      )}
    </svg>
  )
}

function LineTable({ rows, height }: { rows: readonly LineSummary[]; height: number }) {
  const cell = (value: number | undefined) => (value === undefined ? '–' : formatNumber(value))
  return (
    <div className={styles.tableBox} style={{ minHeight: height }}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Series</th>
            {['Points', 'Last', 'Min', 'Max'].map((name) => (
              <th key={name} scope="col" className={styles.number}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">{row.label}</th>
              <td className={styles.number}>{row.count}</td>
              <td className={styles.number}>{cell(row.last)}</td>
              <td className={styles.number}>{cell(row.min)}</td>
              <td className={styles.number}>{cell(row.max)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
