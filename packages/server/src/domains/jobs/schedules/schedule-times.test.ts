import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { ScheduleProperties } from '@fulcrum/contract'
import { parseCron } from './cron.ts'
import { firesAtOnce, latestFireTime, nextFireTime, upcomingFireTimes } from './schedule-times.ts'

type Trigger = ScheduleProperties['trigger']
const cron = (expression: string, timeZone = 'UTC'): Trigger => ({ triggerType: 'Cron', expression, timeZone })

function fires(trigger: Trigger, from: string, count: number): (string | undefined)[] {
  const found: (string | undefined)[] = []
  let cursor: Date | undefined = new Date(from)
  for (let index = 0; index < count && cursor !== undefined; index += 1) {
    cursor = nextFireTime(trigger, cursor)
    found.push(cursor?.toISOString())
  }
  return found
}

describe('cron', () => {
  test.each([
    ['*/15 * * * *', '2026-01-01T00:00:00Z', ['2026-01-01T00:15:00.000Z', '2026-01-01T00:30:00.000Z']],
    ['0 6 * * 1', '2026-01-01T00:00:00Z', ['2026-01-05T06:00:00.000Z', '2026-01-12T06:00:00.000Z']],
    ['0 0 29 2 *', '2026-01-01T00:00:00Z', ['2028-02-29T00:00:00.000Z']],
    // Day of month and day of week are alternatives when both are given, as in cron(8).
    [
      '0 0 13 * fri',
      '2026-02-01T00:00:00Z',
      ['2026-02-06T00:00:00.000Z', '2026-02-13T00:00:00.000Z', '2026-02-20T00:00:00.000Z'],
    ],
  ])('%s', (expression, from, expected) => {
    expect(fires(cron(expression), from, expected.length)).toEqual(expected)
  })

  it('skips a time that the clock jumps over and fires once at one that comes twice', () => {
    // Berlin: 2026-03-29 02:00 → 03:00, 2026-10-25 03:00 → 02:00.
    expect(fires(cron('30 2 * * *', 'W. Europe Standard Time'), '2026-03-28T12:00:00Z', 1)).toEqual(['2026-03-30T00:30:00.000Z'])
    expect(fires(cron('30 2 * * *', 'Europe/Berlin'), '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ])
  })

  test.each(['* * * *', '60 * * * *', '* * 0 * *', '*/0 * * * *', '5-1 * * * *', 'x * * * *'])('refuses %s', (expression) => {
    expect(() => parseCron(expression)).toThrow(/five fields|no valid field/)
  })

  it('always goes forward and always matches', () => {
    fc.assert(
      fc.property(fc.nat(59), fc.nat(23), fc.integer({ min: 1_700_000_000, max: 1_900_000_000 }), (minute, hour, seconds) => {
        const after = new Date(seconds * 1000)
        const next = nextFireTime(cron(`${minute} ${hour} * * *`), after)
        expect(next?.getTime()).toBeGreaterThan(after.getTime())
        expect([next?.getUTCMinutes(), next?.getUTCHours()]).toEqual([minute, hour])
        expect((next?.getTime() ?? 0) - after.getTime()).toBeLessThanOrEqual(86_400_000)
      }),
    )
  })
})

describe('recurrence', () => {
  it('knows hours and minutes of every second day, from a start in a Windows time zone', () => {
    const trigger: Trigger = {
      triggerType: 'Recurrence',
      frequency: 'day',
      interval: 2,
      schedule: { hours: [4, 10], minutes: [0, 30] },
      startTime: '2026-01-31 10:00:00',
      timeZone: 'Pacific Standard Time',
    }
    expect(fires(trigger, '2026-01-01T00:00:00Z', 3)).toEqual([
      '2026-01-31T18:00:00.000Z',
      '2026-01-31T18:30:00.000Z',
      '2026-02-02T12:00:00.000Z',
    ])
  })

  it('ends', () => {
    const trigger: Trigger = {
      triggerType: 'Recurrence',
      frequency: 'hour',
      interval: 1,
      startTime: '2026-01-01T00:00:00Z',
      endTime: '2026-01-01T02:30:00Z',
    }
    expect(fires(trigger, '2026-01-01T00:10:00Z', 5)).toEqual(['2026-01-01T01:00:00.000Z', '2026-01-01T02:00:00.000Z', undefined])
  })

  it('after a stop counts the latest missed time alone', () => {
    expect(
      latestFireTime(cron('0 * * * *'), new Date('2026-01-01T00:30:00Z'), new Date('2026-01-01T05:10:00Z'))?.toISOString(),
    ).toBe('2026-01-01T05:00:00.000Z')
    expect(latestFireTime(cron('0 * * * *'), new Date('2026-01-01T05:00:00Z'), new Date('2026-01-01T05:10:00Z'))).toBeUndefined()
  })

  it('finds the latest missed time of a trigger of every minute after a year, as of one of every month', () => {
    const [since, now] = [new Date('2025-01-01T00:00:00Z'), new Date('2026-03-15T05:10:30Z')]
    expect(latestFireTime(cron('* * * * *'), since, now)?.toISOString()).toBe('2026-03-15T05:10:00.000Z')
    expect(latestFireTime(cron('0 3 1 * *'), since, now)?.toISOString()).toBe('2026-03-01T03:00:00.000Z')
    expect(latestFireTime(cron('0 3 16 3 *'), since, now)?.toISOString()).toBe('2025-03-16T03:00:00.000Z')
  })

  it('finds the same time as a walk through all of them', () => {
    const expressions = ['*/7 * * * *', '5 */3 * * *', '30 2 * * 1', '0 12 */9 * *']
    fc.assert(
      fc.property(fc.constantFrom(...expressions), fc.nat(3_000_000), fc.nat(200_000), (expression, start, seconds) => {
        const since = new Date(1_767_225_600_000 + start * 1000)
        const now = new Date(since.getTime() + seconds * 1000)
        let walked: Date | undefined
        for (let cursor = nextFireTime(cron(expression), since); cursor !== undefined && cursor <= now;) {
          walked = cursor
          cursor = nextFireTime(cron(expression), cursor)
        }
        expect(latestFireTime(cron(expression), since, now)).toEqual(walked)
      }),
      { numRuns: 20 },
    )
  })

  it('fires at once when it names neither a start nor times of the day, and counts from then', () => {
    const hourly: Trigger = { triggerType: 'Recurrence', frequency: 'hour', interval: 2, schedule: { hours: [], minutes: [] } }
    const made = new Date('2026-01-01T10:17:30Z')
    expect(firesAtOnce(hourly)).toBe(true)
    expect(upcomingFireTimes(hourly, new Date(made.getTime() - 1), 3, made).map((time) => time.toISOString())).toEqual([
      '2026-01-01T10:17:30.000Z',
      '2026-01-01T12:17:30.000Z',
      '2026-01-01T14:17:30.000Z',
    ])
    const daily: Trigger = { triggerType: 'Recurrence', frequency: 'day', interval: 1 }
    expect(upcomingFireTimes(daily, new Date(made.getTime() - 1), 2, made).map((time) => time.toISOString())).toEqual([
      '2026-01-01T10:17:30.000Z',
      '2026-01-02T10:17:00.000Z',
    ])
    expect(firesAtOnce({ ...hourly, startTime: '2026-01-01T00:00:00' })).toBe(false)
    expect(firesAtOnce({ ...daily, schedule: { hours: [3], minutes: [0] } })).toBe(false)
    expect(firesAtOnce(cron('0 3 * * *'))).toBe(false)
  })
})
