import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { formatNumber } from '../ui/format.ts'
import { useAppearance } from '../ui/theme.ts'
import styles from './charts.module.css'
import type { PreparedLines } from './prepare-lines.ts'
import { useWidth } from './use-width.ts'

interface LineCanvasProps {
  readonly prepared: PreparedLines
  readonly xLabel: string
  readonly isLogScale: boolean
  readonly cursorGroup?: string
  readonly height: number
}

/** Draws prepared lines with uPlot; decides nothing but pixels. */
export function LineCanvas({ prepared, xLabel, isLogScale, cursorGroup, height }: LineCanvasProps) {
  const box = useRef<HTMLDivElement>(null)
  const readout = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const appearance = useAppearance()
  const scheme = useSystemScheme()
  useEffect(() => {
    const host = box.current
    if (!host || width === 0) return
    const color = colorReader(host)
    const axis: uPlot.Axis = {
      stroke: color('--text-muted'),
      font: `11px ${getComputedStyle(host).fontFamily}`,
      grid: { stroke: color('--line-faint'), width: 1 },
      ticks: { show: false },
      gap: 6,
    }
    const plot = new uPlot(
      {
        width,
        height,
        padding: [8, 16, 0, 0],
        legend: { show: false },
        cursor: {
          points: { size: 7 },
          drag: { x: true, y: false },
          ...(cursorGroup && { sync: { key: cursorGroup } }),
        },
        scales: { x: { time: false }, y: isLogScale ? { distr: 3 } : {} },
        axes: [
          {
            ...axis,
            size: 26,
            ...wholeSteps(prepared.columns[0] ?? []),
            values: (_, splits) => splits.map((value) => formatNumber(value)),
          },
          { ...axis, size: 52, values: (_, splits) => splits.map((value) => (value === null ? '' : formatNumber(value))) },
        ],
        series: [
          { label: xLabel },
          ...prepared.series.map((look, position) => ({
            label: look.label,
            stroke: color(`--series-${look.color}`),
            width: 1.75,
            dash: [...look.dash],
            spanGaps: true,
            ...(look.form === 'points' && { paths: () => null }),
            ...(look.form === 'steps' && uPlot.paths.stepped && { paths: uPlot.paths.stepped({ align: 1 }) }),
            points: {
              show: look.form === 'points' || countOf(prepared.columns[position + 1] ?? []) < 2,
              ...(look.form === 'points' && { size: 7, fill: color(`--series-${look.color}`) }),
            },
          })),
        ],
        hooks: { setCursor: [(chart) => writeReadout(chart, readout.current, prepared, xLabel)] },
      },
      prepared.columns as uPlot.AlignedData,
      host,
    )
    return () => plot.destroy()
  }, [prepared, xLabel, isLogScale, cursorGroup, height, width, appearance, scheme])
  return (
    <div className={styles.canvas}>
      <div ref={box} style={{ height }} />
      <div ref={readout} className={styles.readout} />
    </div>
  )
}

/** Values under the cursor, best written past React: it happens with every movement of the pointer. */
function writeReadout(chart: uPlot, target: HTMLElement | null, prepared: PreparedLines, xLabel: string): void {
  if (!target) return
  const row = chart.cursor.idx
  if (row === null || row === undefined) {
    target.textContent = ''
    return
  }
  const values = prepared.series.map((look, position) => {
    const value = prepared.columns[position + 1]?.[row]
    return `${look.label} ${value === null || value === undefined ? '–' : formatNumber(value)}`
  })
  target.textContent = [`${xLabel} ${formatNumber(prepared.columns[0][row] ?? 0)}`, ...values].join('   ')
}

/**
 * Resolves a token to the colour the canvas needs; light-dark() is resolved only in a real property. Each token has
 * an element of its own: a changed colour would be read at the start of its transition.
 */
function colorReader(host: HTMLElement): (token: string) => string {
  return (token) => {
    const probe = document.createElement('span')
    probe.style.color = `var(${token})`
    host.append(probe)
    const resolved = getComputedStyle(probe).color
    probe.remove()
    return resolved
  }
}

function useSystemScheme(): boolean {
  const [isDark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches)
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)')
    const listen = () => setDark(query.matches)
    query.addEventListener('change', listen)
    return () => query.removeEventListener('change', listen)
  }, [])
  return isDark
}

/** A line needs two points; a single one is drawn as what it is. */
const countOf = (column: readonly (number | null)[]): number => column.filter((value) => value !== null).length

/** Runs, epochs and minutes are counted: half of one is no place on the axis. */
function wholeSteps(xs: readonly (number | null)[]): Pick<uPlot.Axis, 'incrs'> {
  if (!xs.every((x) => Number.isInteger(x))) return {}
  return { incrs: Array.from({ length: 10 }, (_none, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat() }
}
