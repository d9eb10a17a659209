import type { ReactNode } from 'react'
import { cx } from './cx.ts'
import styles from './SimpleTable.module.css'

export interface SimpleColumn<Row> {
  readonly id: string
  readonly header: string
  cell(row: Row): ReactNode
  readonly isNumeric?: boolean
  /** Values stay on one line; what is too long for its column is cut. */
  readonly isOneLine?: boolean
}

/** A short table inside a card: all rows at once, no keyboard grid. Wide ones scroll inside their own box. */
export function SimpleTable<Row>({
  label,
  columns,
  rows,
  rowKey,
}: {
  label: string
  columns: readonly SimpleColumn<Row>[]
  rows: readonly Row[]
  rowKey(row: Row): string
}) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.box} role="region" aria-label={label} tabIndex={0}>
      <table className={styles.table}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" className={cx(column.isNumeric && styles.numeric)}>
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => (
                <td key={column.id} className={cx(column.isNumeric && styles.numeric, column.isOneLine && styles.oneLine)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
