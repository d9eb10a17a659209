import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { Button } from './Button.tsx'
import { cx } from './cx.ts'
import { EmptyState, ErrorPanel, Skeleton, type ShownError } from './Feedback.tsx'
import { useNavigation } from './navigation.tsx'
import styles from './Table.module.css'
import { moveActive, nextSort, type Sort } from './table-keys.ts'

export interface Column<Row> {
  readonly id: string
  readonly header: string
  cell(row: Row): ReactNode
  /** A CSS grid track; `minmax(120px, 1fr)` when left out. */
  readonly width?: string
  readonly isNumeric?: boolean
  readonly isSortable?: boolean
}

export interface TableProps<Row> {
  readonly label: string
  readonly columns: readonly Column<Row>[]
  /** Undefined while the first page is on its way. */
  readonly rows: readonly Row[] | undefined
  rowKey(row: Row): string
  /** Where Enter and a click lead. The name's cell should be a link as well. */
  rowHref?(row: Row): string | undefined
  readonly sort?: Sort | undefined
  onSort?(sort: Sort): void
  readonly error?: ShownError | undefined
  onRetry?(): void
  /** Filters are on, so that an empty list means "no match" and not "none yet". */
  readonly isFiltered?: boolean
  onClearFilters?(): void
  /** The panel that teaches the first step, for a list that has never had anything. */
  readonly empty: ReactNode
  /** Rows on the server, when known; otherwise what is loaded. */
  readonly total?: number
  onEndReached?(): void
  /** `j`, `k` and Enter work from anywhere on the page. One table per page. */
  readonly isPrimary?: boolean
  /** Keys of the rows that are checked; `x` toggles the active one. */
  readonly selected?: ReadonlySet<string>
  onSelect?(key: string): void
}

/** A list with its five states: loading, failed, none yet, no match, rows. Rows are virtual, the head stays. */
export function Table<Row>(props: TableProps<Row>) {
  const { rows, error, onRetry, isFiltered, onClearFilters, empty, label } = props
  if (error && !rows) {
    return (
      <div className={styles.state}>
        <ErrorPanel error={error} {...(onRetry && { onRetry })} />
      </div>
    )
  }
  if (!rows) {
    return (
      <div className={styles.state}>
        <Skeleton lines={7} />
      </div>
    )
  }
  if (rows.length === 0) {
    if (!isFiltered) return <>{empty}</>
    return (
      <EmptyState
        title="Nothing matches these filters"
        actions={onClearFilters && <Button onClick={onClearFilters}>Clear filters</Button>}
      >
        No row of “{label}” fits what is set above.
      </EmptyState>
    )
  }
  return <Rows {...props} rows={rows} />
}

function Rows<Row>(props: TableProps<Row> & { rows: readonly Row[] }) {
  const { label, columns, rows, rowKey, rowHref, total, onEndReached, isPrimary, selected, onSelect } = props
  const scroller = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState(-1)
  const { push } = useNavigation()
  const id = useId()
  const rowHeight = useRowHeight(scroller)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  })
  useEffect(() => virtual.measure(), [rowHeight, virtual])

  const shown = virtual.getVirtualItems()
  const lastShown = shown.at(-1)?.index ?? 0
  useEffect(() => {
    if (lastShown >= rows.length - 10) onEndReached?.()
  }, [lastShown, rows.length, onEndReached])

  const handleKey = (event: KeyboardEvent | globalThis.KeyboardEvent) => {
    const next = moveActive(event.key, active, rows.length)
    const row = rows[active]
    const href = row && rowHref?.(row)
    if (next !== undefined) {
      setActive(next)
      virtual.scrollToIndex(next)
    } else if (
      event.key === 'Enter' &&
      href !== undefined &&
      !(event.target instanceof HTMLElement && event.target.closest('a,button'))
    ) {
      push(href)
    } else if (event.key === 'x' && row && onSelect) onSelect(rowKey(row))
    else return
    event.preventDefault()
  }
  usePageKeys(isPrimary ? handleKey : undefined)

  const template = `${onSelect ? '36px ' : ''}${columns.map((column) => column.width ?? 'minmax(120px, 1fr)').join(' ')}`
  const minWidth = columns.reduce((sum, column) => sum + minimumOf(column.width), onSelect ? 36 : 0)
  return (
    <div
      ref={scroller}
      className={styles.scroller}
      role="grid"
      aria-label={label}
      aria-rowcount={(total ?? rows.length) + 1}
      aria-colcount={columns.length}
      aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
      tabIndex={0}
      onKeyDown={(event) => !isPrimary && handleKey(event)}
    >
      <div className={styles.sizer} style={{ minWidth }}>
        <div className={styles.head} role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
          {onSelect && <span role="columnheader" aria-label="Selected" />}
          {columns.map((column) => (
            <HeadCell key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
          ))}
        </div>
        <div className={styles.body} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {shown.map(({ index, start }) => {
            const row = rows[index]
            if (!row) return undefined
            const key = rowKey(row)
            return (
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
              <div
                key={key}
                id={`${id}-${index}`}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={selected ? selected.has(key) : index === active}
                className={cx(styles.row, index === active && styles.active, rowHref?.(row) !== undefined && styles.opens)}
                style={{ gridTemplateColumns: template, transform: `translateY(${start}px)` }}
                onClick={(event) => {
                  setActive(index)
                  const isOnControl = event.target instanceof HTMLElement && event.target.closest('a,button,input,label')
                  const href = rowHref?.(row)
                  if (href !== undefined && !isOnControl && !window.getSelection()?.toString()) push(href)
                }}
              >
                {onSelect && (
                  <label role="gridcell" className={styles.check}>
                    <input
                      type="checkbox"
                      checked={selected?.has(key) ?? false}
                      onChange={() => onSelect(key)}
                      aria-label={`Select row ${index + 1}`}
                    />
                  </label>
                )}
                {columns.map((column) => (
                  <div key={column.id} role="gridcell" className={cx(styles.cell, column.isNumeric && styles.numeric)}>
                    {column.cell(row)}
                  </div>
                ))}
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

function HeadCell<Row>({
  column,
  sort,
  onSort,
}: {
  column: Column<Row>
  sort: Sort | undefined
  onSort: ((sort: Sort) => void) | undefined
}) {
  const isSorted = sort?.column === column.id
  const direction = isSorted ? (sort.isDescending ? 'descending' : 'ascending') : undefined
  return (
    <div role="columnheader" className={cx(styles.headCell, column.isNumeric && styles.numeric)} aria-sort={direction}>
      {column.isSortable && onSort ? (
        <button type="button" onClick={() => onSort(nextSort(sort, column.id))}>
          {column.header}
          {isSorted && (sort.isDescending ? <ArrowDown aria-hidden="true" /> : <ArrowUp aria-hidden="true" />)}
        </button>
      ) : (
        column.header
      )}
    </div>
  )
}

/** The density switch changes the row height; the token is the one place that says it. */
function useRowHeight(scroller: { readonly current: HTMLElement | null }): number {
  const [height, setHeight] = useState(40)
  useEffect(() => {
    const read = () => {
      const value = scroller.current && Number.parseFloat(getComputedStyle(scroller.current).getPropertyValue('--row'))
      if (value) setHeight(value)
    }
    read()
    const observer = new MutationObserver(read)
    observer.observe(document.documentElement, { attributeFilter: ['data-density'] })
    return () => observer.disconnect()
  }, [scroller])
  return height
}

function usePageKeys(handleKey: ((event: globalThis.KeyboardEvent) => void) | undefined): void {
  const latest = useRef(handleKey)
  useEffect(() => {
    latest.current = handleKey
  })
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent) => {
      const isElsewhere = event.target instanceof HTMLElement && event.target.closest('input,textarea,select,dialog,[role=menu]')
      if (!isElsewhere && !event.defaultPrevented && !event.metaKey && !event.ctrlKey && !event.altKey) latest.current?.(event)
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])
}

function minimumOf(track = 'minmax(120px, 1fr)'): number {
  return Number(/(\d+)px/.exec(track)?.[1] ?? 100)
}
