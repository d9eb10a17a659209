import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { criticalPath } from './critical-path.ts'
import { clampWindow, formatTick, parseWindow, printWindow, ticksOf, zoomWindow } from './gantt-time.ts'
import { prepareGantt } from './prepare-gantt.ts'
import { prepareGraph, type Step } from './prepare-graph.ts'

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, 0, second * 1000)).toISOString()
const nowMs = Date.parse(at(100))

const step = (id: string, from: number | undefined, to: number | undefined, needs: readonly string[] = []): Step => ({
  id,
  label: id,
  status: to === undefined ? (from === undefined ? 'NotStarted' : 'Running') : 'Completed',
  startedAt: from === undefined ? undefined : at(from),
  endedAt: to === undefined ? undefined : at(to),
  needs: needs.map((need) => ({ id: need })),
})

describe('the chart', () => {
  it('places bars between the first start and now', () => {
    const { rows, spanMs } = prepareGantt(
      prepareGraph([step('a', 0, 25), step('b', 25, undefined, ['a']), step('c', undefined, undefined, ['b'])]),
      {
        nowMs,
      },
    )
    expect(spanMs).toBe(100_000)
    expect(rows.map(({ segments, durationMs }) => [segments, durationMs])).toEqual([
      [[{ kind: 'run', startPercent: 0, lengthPercent: 25, durationMs: 25_000 }], 25_000],
      [[{ kind: 'run', startPercent: 25, lengthPercent: 75, durationMs: 75_000 }], 75_000],
      [[], undefined],
    ])
  })

  it('shows what the time went to, and sums it up', () => {
    const phases = [
      { kind: 'queue' as const, startedAt: at(0), endedAt: at(10) },
      { kind: 'prepare' as const, startedAt: at(10), endedAt: at(20) },
      { kind: 'run' as const, startedAt: at(20), endedAt: at(100) },
    ]
    const { rows, totals } = prepareGantt(prepareGraph([{ ...step('a', 10, 100), phases }]), { nowMs })
    expect(rows[0]?.segments.map(({ kind, startPercent, lengthPercent }) => [kind, startPercent, lengthPercent])).toEqual([
      ['queue', 0, 10],
      ['prepare', 10, 10],
      ['run', 20, 80],
    ])
    expect(totals).toEqual({ queue: 10_000, prepare: 10_000, run: 80_000, publish: 0 })
  })

  it('cuts bars at the edges of a zoomed window and says where the others lie', () => {
    const graph = prepareGraph([step('a', 0, 20), step('b', 20, 60), step('c', 60, 100)])
    const { rows, isZoomed } = prepareGantt(graph, { nowMs, window: { fromMs: 40_000, toMs: 50_000 } })
    expect(isZoomed).toBe(true)
    expect(rows.map(({ beyond }) => beyond)).toEqual(['before', undefined, 'after'])
    expect(rows[1]).toMatchObject({
      segments: [{ startPercent: 0, lengthPercent: 100, durationMs: 40_000 }],
      endPercent: undefined,
    })
  })

  it('keeps every bar within the chart, for any times and any window', () => {
    const spans = fc.array(fc.tuple(fc.nat(200), fc.nat(200)), { minLength: 1, maxLength: 12 })
    const windows = fc.option(fc.tuple(fc.nat(400_000), fc.nat(400_000)), { nil: undefined })
    fc.assert(
      fc.property(spans, windows, (list, zoom) => {
        const graph = prepareGraph(list.map(([from, length], position) => step(`s${position}`, from, from + length)))
        const { rows } = prepareGantt(graph, { nowMs, window: zoom && { fromMs: zoom[0], toMs: zoom[1] } })
        for (const { startPercent, lengthPercent } of rows.flatMap(({ segments }) => segments)) {
          expect(startPercent).toBeGreaterThanOrEqual(0)
          expect(lengthPercent).toBeGreaterThanOrEqual(0)
          expect(startPercent + lengthPercent).toBeLessThanOrEqual(100.000001)
        }
      }),
    )
  })
})

describe('the critical path', () => {
  it('goes back from the last end through what was waited for longest', () => {
    const graph = prepareGraph([
      step('slow', 0, 50),
      step('quick', 0, 10),
      step('join', 50, 70, ['quick', 'slow']),
      step('side', 10, 30, ['quick']),
      step('end', 70, undefined, ['join']),
      step('later', undefined, undefined, ['end']),
    ])
    expect(criticalPath(graph, nowMs)).toEqual(['slow', 'join', 'end'])
    expect(criticalPath(prepareGraph([step('later', undefined, undefined)]), nowMs)).toEqual([])
  })

  it('ends also where steps wait for each other', () => {
    expect(criticalPath(prepareGraph([step('a', 0, 5, ['b']), step('b', 0, 6, ['a'])]), nowMs)).toEqual(['a', 'b'])
  })
})

describe('the time axis', () => {
  it('has round ticks, few of them, for any window', () => {
    expect(ticksOf({ fromMs: 0, toMs: 15_400 }, 6)).toEqual([0, 5000, 10_000, 15_000])
    expect(ticksOf({ fromMs: 9_000, toMs: 12_000 }, 6)).toEqual([9000, 9500, 10_000, 10_500, 11_000, 11_500, 12_000])
    fc.assert(
      fc.property(fc.nat(10 ** 9), fc.integer({ min: 1, max: 10 ** 9 }), (fromMs, length) => {
        expect(ticksOf({ fromMs, toMs: fromMs + length }, 6).length).toBeLessThanOrEqual(7)
      }),
    )
    expect([0, 250, 1500, 5000, 90_000, 7_500_000, 180_000_000].map(formatTick)).toEqual([
      '0',
      '250 ms',
      '1.5 s',
      '5 s',
      '1:30',
      '2 h 05',
      '2 d 2 h',
    ])
  })

  it('zooms around a point, never beyond the run, and out to all of it', () => {
    expect(zoomWindow({ fromMs: 0, toMs: 100_000 }, 0.5, 100_000)).toEqual({ fromMs: 25_000, toMs: 75_000 })
    expect(zoomWindow({ fromMs: 0, toMs: 50_000 }, 0.5, 100_000, 1)).toEqual({ fromMs: 25_000, toMs: 50_000 })
    expect(zoomWindow({ fromMs: 25_000, toMs: 75_000 }, 2, 100_000)).toBeUndefined()
    expect(clampWindow({ fromMs: 90_000, toMs: 130_000 }, 100_000)).toEqual({ fromMs: 60_000, toMs: 100_000 })
    expect(clampWindow({ fromMs: 5, toMs: 5 }, 100_000)).toEqual({ fromMs: 5, toMs: 25 })
  })

  it('has its window in the URL', () => {
    expect(parseWindow(printWindow({ fromMs: 10, toMs: 20 }))).toEqual({ fromMs: 10, toMs: 20 })
    expect([undefined, '', '20-10', 'a-b'].map(parseWindow)).toEqual([undefined, undefined, undefined, undefined])
    expect(printWindow(undefined)).toBeUndefined()
  })
})
