import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDownToLine, ArrowUp, ArrowDown, CircleAlert, Download, WrapText } from 'lucide-react'
import { useDeferredValue, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { parseAnsi, stripAnsi } from './ansi.ts'
import { IconButton } from './Button.tsx'
import { cx } from './cx.ts'
import { SearchInput } from './Field.tsx'
import { findFirstError, findMatches, isErrorLine, type LogBuffer } from './log-buffer.ts'
import styles from './LogViewer.module.css'

export interface LogViewerProps {
  readonly buffer: LogBuffer
  readonly label: string
  /** The log still grows: it is followed until the reader scrolls up. */
  readonly isLive: boolean
  /** Shown while there is no line yet: since when, and what is being awaited. */
  readonly waitingFor: string
  readonly fileName: string
  /** Height in pixels of the scrolling part. */
  readonly height?: number
  /** Index of the line at which it failed: marked, and in view from the start. */
  readonly failingLine?: number
}

/** A log of any length: virtual lines, colours, search, follow, wrap, download, jump to the first error. */
export function LogViewer({ buffer, label, isLive, waitingFor, fileName, height = 460, failingLine }: LogViewerProps) {
  const lines = useSyncExternalStore(buffer.subscribe, buffer.read)
  const scroller = useRef<HTMLDivElement>(null)
  const [isFollowing, setFollowing] = useState(isLive)
  const [isWrapped, setWrapped] = useState(false)
  const [query, setQuery] = useState('')
  const [position, setPosition] = useState(0)
  const [marked, setMarked] = useState(-1)
  const search = useDeferredValue(query)
  const matches = useMemo(() => findMatches(lines, search), [lines, search])
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 20,
    overscan: 20,
    paddingEnd: 8,
    paddingStart: 6,
  })

  useEffect(() => {
    if (isFollowing && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: 'end' })
  }, [isFollowing, lines.length, virtual])

  useEffect(() => {
    if (failingLine !== undefined) virtual.scrollToIndex(failingLine, { align: 'center' })
  }, [failingLine, virtual])

  const goTo = (line: number) => {
    setFollowing(false)
    setMarked(line)
    virtual.scrollToIndex(line, { align: 'center' })
  }
  const goToMatch = (next: number) => {
    const wrapped = (next + matches.length) % Math.max(1, matches.length)
    setPosition(wrapped)
    const line = matches[wrapped]
    if (line !== undefined) goTo(line)
  }
  const firstError = useMemo(() => findFirstError(lines), [lines])
  return (
    <div className={styles.viewer}>
      <div className={styles.bar} role="toolbar" aria-label={`${label}: tools`}>
        <SearchInput label="Search log" value={query} onChange={(value) => (setQuery(value), setPosition(0))} />
        {query && (
          <>
            <span className={styles.count} aria-live="polite">
              {matches.length === 0 ? 'No match' : `${position + 1} of ${matches.length}`}
            </span>
            <IconButton label="Previous match" icon={<ArrowUp />} onClick={() => goToMatch(position - 1)} />
            <IconButton label="Next match" icon={<ArrowDown />} onClick={() => goToMatch(marked === -1 ? 0 : position + 1)} />
          </>
        )}
        <span className={styles.spring} />
        {firstError >= 0 && (
          <IconButton label="Jump to the first error" icon={<CircleAlert />} onClick={() => goTo(firstError)} />
        )}
        <IconButton label="Wrap long lines" icon={<WrapText />} isPressed={isWrapped} onClick={() => setWrapped(!isWrapped)} />
        {isLive && (
          <IconButton
            label="Follow the end"
            icon={<ArrowDownToLine />}
            isPressed={isFollowing}
            onClick={() => setFollowing(!isFollowing)}
          />
        )}
        <IconButton label="Download" icon={<Download />} onClick={() => download(fileName, lines)} />
      </div>
      <div
        ref={scroller}
        className={styles.scroller}
        style={{ height }}
        role="log"
        aria-label={label}
        aria-live="off"
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onWheel={(event) => event.deltaY < 0 && setFollowing(false)}
        onKeyDown={(event) => ['ArrowUp', 'PageUp', 'Home'].includes(event.key) && setFollowing(false)}
      >
        {lines.length === 0 && <p className={styles.waiting}>{waitingFor}</p>}
        <div className={cx(styles.lines, isWrapped && styles.wrapped)} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              className={cx(styles.line, item.index === marked && styles.marked, item.index === failingLine && styles.failing)}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <LogLine number={item.index + 1} line={lines[item.index] ?? ''} query={search} />
            </div>
          ))}
        </div>
      </div>
    </div>
  )
}

function LogLine({ number, line, query }: { number: number; line: string; query: string }) {
  const isError = isErrorLine(stripAnsi(line))
  const isMatch = query !== '' && stripAnsi(line).toLowerCase().includes(query.toLowerCase())
  return (
    <>
      <span className={styles.number} aria-hidden="true">
        {number}
      </span>
      <span className={cx(styles.text, isError && styles.error, isMatch && styles.match)}>
        {parseAnsi(line).map((segment, index) => (
          <span
            // The segments of one line never change places.
            // oxlint-disable-next-line react/no-array-index-key
            key={index}
            className={
              cx(segment.color && styles[segment.color], segment.isBold && styles.bold, segment.isDim && styles.dim) || undefined
            }
          >
            {segment.text}
          </span>
        ))}
      </span>
    </>
  )
}

function download(fileName: string, lines: readonly string[]): void {
  const url = URL.createObjectURL(new Blob([lines.map(stripAnsi).join('\n')], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = fileName
  link.click()
  URL.revokeObjectURL(url)
}
