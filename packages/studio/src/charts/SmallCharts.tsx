import type { ReactNode } from 'react'
import { cx } from '../ui/cx.ts'
import { formatNumber, formatPercent } from '../ui/format.ts'
import styles from './charts.module.css'
import {
  prepareBars,
  prepareHistogram,
  prepareShares,
  prepareSparkline,
  type Bar,
  type HistogramPair,
  type Share,
} from './prepare-bars.ts'

/** A curve of a few dozen values, the size of a word. */
export function Sparkline({
  values,
  label,
  width = 96,
  height = 24,
}: {
  values: readonly number[]
  label: string
  width?: number
  height?: number
}) {
  const last = values.at(-1)
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`${label}, last ${last === undefined ? 'unknown' : formatNumber(last)}`}
    >
      <path d={prepareSparkline(values, width, height)} className={styles.spark} />
    </svg>
  )
}

/** Horizontal bars with their values written out. */
export function BarChart({ bars, label }: { bars: readonly Bar[]; label: string }) {
  return (
    <ul className={styles.bars} aria-label={label}>
      {prepareBars(bars).map((bar) => (
        <li key={bar.label}>
          <span className={styles.barLabel} title={bar.label}>
            {bar.label}
          </span>
          <span className={styles.barTrack} aria-hidden="true">
            <span
              className={cx(styles.bar, bar.value < 0 && styles.negative)}
              style={{ left: `${bar.startPercent}%`, width: `${bar.lengthPercent}%` }}
            />
          </span>
          <span className={styles.barValue}>{formatNumber(bar.value)}</span>
        </li>
      ))}
    </ul>
  )
}

/** Share of rows per bin: the reference as outline, production as filled bar, so that they read without colour. */
export function HistogramCompare({ pair, label }: { pair: HistogramPair; label: string }) {
  const { bins, topShare } = prepareHistogram(pair)
  return (
    <figure className={styles.histogram} aria-label={label}>
      <div className={styles.bins}>
        {bins.map((bin) => (
          <div
            key={bin.label}
            className={styles.bin}
            title={`${bin.label}: reference ${formatPercent(bin.reference)}, production ${formatPercent(bin.production)}`}
          >
            <span className={styles.production} style={{ height: `${(bin.production / topShare) * 100}%` }} />
            <span className={styles.reference} style={{ height: `${(bin.reference / topShare) * 100}%` }} />
          </div>
        ))}
      </div>
      <div className={styles.binLabels} aria-hidden="true">
        <span>{bins[0]?.label}</span>
        <span>{bins.at(-1)?.label}</span>
      </div>
      <table className="visually-hidden">
        <caption>{label}</caption>
        <tbody>
          {bins.map((bin) => (
            <tr key={bin.label}>
              <th scope="row">{bin.label}</th>
              <td>reference {formatPercent(bin.reference)}</td>
              <td>production {formatPercent(bin.production)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className={styles.legend}>
        <span>
          <i className={cx(styles.swatch, styles.outline)} /> Reference
        </span>
        <span>
          <i className={cx(styles.swatch, styles['series-1'], styles.fill)} /> Production
        </span>
      </div>
    </figure>
  )
}

/** The split of a whole, such as traffic between blue and green. */
export function TrafficBar({ shares, label }: { shares: readonly Share[]; label: string }) {
  const { parts, restPercent } = prepareShares(shares)
  return (
    <figure className={styles.traffic} aria-label={label}>
      <div className={styles.trafficBar} aria-hidden="true">
        {parts
          .filter((part) => part.percent > 0)
          .map((part) => (
            <span key={part.id} className={cx(styles.fill, styles[`series-${part.color}`])} style={{ flexGrow: part.percent }} />
          ))}
        {restPercent > 0 && <span className={styles.rest} style={{ flexGrow: restPercent }} />}
      </div>
      <div className={styles.legend}>
        {parts.map((part) => (
          <span key={part.id}>
            <i className={cx(styles.swatch, styles.fill, styles[`series-${part.color}`])} />
            {part.label}
            <b>{formatNumber(part.percent)} %</b>
          </span>
        ))}
        {restPercent > 0 && <span>unassigned {formatNumber(restPercent)} %</span>}
      </div>
    </figure>
  )
}

export interface StatTileProps {
  readonly label: string
  readonly value: ReactNode
  readonly unit?: string
  /** One line below: a comparison, a time. */
  readonly note?: ReactNode
  readonly trend?: readonly number[]
}

/** One figure that matters. */
export function StatTile({ label, value, unit, note, trend }: StatTileProps) {
  return (
    <div className={styles.tile}>
      <span className={styles.tileLabel} title={label}>
        {label}
      </span>
      <span className={styles.tileValue}>
        {value}
        {unit && <small> {unit}</small>}
      </span>
      {note && <span className={styles.tileNote}>{note}</span>}
      {trend && (
        <span className={styles.tileTrend}>
          <Sparkline values={trend} label={label} width={88} height={30} />
        </span>
      )}
    </div>
  )
}
