import { invalid, type ScheduleProperties } from '@fulcrum/contract'
import { parseCron } from './cron.ts'
import { windowsTimeZones } from './time-zones.ts'

type Trigger = ScheduleProperties['trigger']

/** Pure: when a schedule fires. Wall-clock times that do not exist are skipped; those that occur twice fire once, the first time. */

interface WallClock {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly weekDay: number
}

/**
 * The first time after `after` at which the trigger fires; `undefined` when it has ended.
 * @param origin from where a recurrence counts that names no start: when its schedule was made
 * @throws InvalidRequestContent
 */
export function nextFireTime(trigger: Trigger, after: Date, origin = new Date(0)): Date | undefined {
  const timeZone = timeZoneOf(trigger.timeZone)
  const start = readTime(trigger.startTime, timeZone, 'startTime')
  const end = readTime(trigger.endTime, timeZone, 'endTime')
  const from = new Date(Math.max(after.getTime(), (start?.getTime() ?? 0) - 1))
  const found =
    trigger.triggerType === 'Cron'
      ? nextCron(trigger.expression ?? '', from, timeZone)
      : nextRecurrence(trigger, from, start ?? origin, timeZone)
  return found === undefined || (end !== undefined && found > end) ? undefined : found
}

const hourMs = 3_600_000
/** How far back a missed time is looked for; short first, so that a trigger of every minute is not walked through a whole year. */
const lookBackMs = [hourMs, 24 * hourMs, 31 * 24 * hourMs, 366 * 24 * hourMs]

/** The last time at or before `now` and after `since` at which it fired: after a stop, the latest missed time alone counts. */
export function latestFireTime(trigger: Trigger, since: Date, now: Date, origin?: Date): Date | undefined {
  for (const window of lookBackMs) {
    const from = new Date(Math.max(since.getTime(), now.getTime() - window))
    const latest = lastWithin(trigger, from, now, origin)
    if (latest !== undefined || from.getTime() === since.getTime()) return latest
  }
  return undefined
}

function lastWithin(trigger: Trigger, from: Date, now: Date, origin: Date | undefined): Date | undefined {
  let latest: Date | undefined
  for (let cursor: Date | undefined = from; cursor !== undefined;) {
    cursor = nextFireTime(trigger, cursor, origin)
    if (cursor === undefined || cursor > now) return latest
    latest = cursor
  }
  return latest
}

/** The next times at which a trigger fires, at most `count`. */
export function upcomingFireTimes(trigger: Trigger, after: Date, count: number, origin?: Date): Date[] {
  const times: Date[] = []
  for (let cursor: Date | undefined = after; times.length < count && cursor !== undefined;) {
    cursor = nextFireTime(trigger, cursor, origin)
    if (cursor !== undefined) times.push(cursor)
  }
  return times
}

/** Whether the trigger fires as soon as its schedule is made: a recurrence that says neither when it starts nor at which times of the day. */
export function firesAtOnce(trigger: Trigger): boolean {
  const { hours, minutes, weekDays, monthDays } = trigger.schedule ?? {}
  const hasPattern = [hours, minutes, weekDays, monthDays].some(
    (times) => times !== undefined && times !== null && times.length > 0,
  )
  return trigger.triggerType === 'Recurrence' && (trigger.startTime ?? '') === '' && !hasPattern
}

/** IANA name of a Windows or IANA time zone. */
export function timeZoneOf(name: string | null | undefined): string {
  if (name === null || name === undefined || name === '' || name.toUpperCase() === 'UTC') return 'UTC'
  const known = windowsTimeZones[name] ?? name
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: known })
    return known
  } catch {
    throw invalid(
      `Time zone '${name}' is not known; use a Windows name such as 'Pacific Standard Time' or an IANA name such as 'Europe/Berlin'.`,
      {
        target: 'trigger.timeZone',
      },
    )
  }
}

function readTime(text: string | null | undefined, timeZone: string, target: string): Date | undefined {
  if (text === null || text === undefined || text === '') return undefined
  const absolute = /(?:Z|[+-]\d\d:?\d\d)$/i.test(text)
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?/.exec(text)
  if (match === null)
    throw invalid(`trigger.${target} is '${text}'; write it as 2026-01-31T10:00:00.`, { target: `trigger.${target}` })
  if (absolute) return new Date(text.replace(' ', 'T'))
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return (
    toInstant({ year, month, day, hour, minute }, timeZone) ?? toInstant({ year, month, day, hour: hour + 1, minute }, timeZone)
  )
}

function nextCron(expression: string, after: Date, timeZone: string): Date | undefined {
  const [minutes, hours, days, months, weekDays] = parseCron(expression)
  const matchesDay = (clock: WallClock): boolean => {
    if (months !== undefined && !months.has(clock.month)) return false
    if (days === undefined || weekDays === undefined)
      return (days ?? weekDays) === undefined || ((days?.has(clock.day) ?? true) && (weekDays?.has(clock.weekDay) ?? true))
    return days.has(clock.day) || weekDays.has(clock.weekDay)
  }
  return searchDays(after, timeZone, matchesDay, hours ?? range(0, 23), minutes ?? range(0, 59))
}

const week = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

function nextRecurrence(trigger: Trigger, after: Date, origin: Date, timeZone: string): Date | undefined {
  const frequency = String(trigger.frequency ?? '').toLowerCase()
  const interval = trigger.interval ?? 1
  if (firesAtOnce(trigger) && after < origin) return origin
  const periodMs = { minute: 60_000, hour: hourMs }[frequency]
  if (periodMs !== undefined) {
    const count = Math.floor((after.getTime() - origin.getTime()) / (periodMs * interval)) + 1
    return new Date(origin.getTime() + Math.max(0, count) * periodMs * interval)
  }
  if (!['day', 'week', 'month'].includes(frequency)) {
    throw invalid(`trigger.frequency is '${trigger.frequency ?? ''}'; use minute, hour, day, week or month.`, {
      target: 'trigger.frequency',
    })
  }
  const pattern = trigger.schedule ?? {}
  const first = wallClock(origin, timeZone)
  const weekDays = (pattern.weekDays ?? []).map((day) => week.indexOf(day.toLowerCase()))
  if (weekDays.includes(-1))
    throw invalid('trigger.schedule.weekDays may hold Monday to Sunday.', { target: 'trigger.schedule.weekDays' })
  const monthDays = pattern.monthDays ?? []
  const matchesDay = (clock: WallClock): boolean => {
    const days = dayNumber(clock) - dayNumber(first)
    if (frequency === 'day') return days % interval === 0
    if (frequency === 'week') {
      const weeks = Math.floor((dayNumber(clock) + 4) / 7) - Math.floor((dayNumber(first) + 4) / 7)
      return (
        weeks % interval === 0 && (weekDays.length === 0 ? clock.weekDay === first.weekDay : weekDays.includes(clock.weekDay))
      )
    }
    const monthsApart = (clock.year - first.year) * 12 + clock.month - first.month
    if (monthsApart % interval !== 0) return false
    if (monthDays.length > 0) return monthDays.includes(clock.day)
    return weekDays.length > 0 ? weekDays.includes(clock.weekDay) : clock.day === first.day
  }
  const hours = new Set(pattern.hours && pattern.hours.length > 0 ? pattern.hours : [first.hour])
  const minutes = new Set(pattern.minutes && pattern.minutes.length > 0 ? pattern.minutes : [first.minute])
  return searchDays(after, timeZone, matchesDay, hours, minutes)
}

function range(low: number, high: number): ReadonlySet<number> {
  return new Set(Array.from({ length: high - low + 1 }, (_, index) => low + index))
}

/** Looks through the days of five years for the first matching wall-clock time after `after`. */
function searchDays(
  after: Date,
  timeZone: string,
  matchesDay: (clock: WallClock) => boolean,
  hours: ReadonlySet<number>,
  minutes: ReadonlySet<number>,
): Date | undefined {
  const begin = wallClock(after, timeZone)
  const sortedHours = [...hours].sort((left, right) => left - right)
  const sortedMinutes = [...minutes].sort((left, right) => left - right)
  for (let offset = 0; offset < 5 * 366; offset += 1) {
    const date = new Date(Date.UTC(begin.year, begin.month - 1, begin.day + offset))
    const clock = {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      weekDay: date.getUTCDay(),
      hour: 0,
      minute: 0,
    }
    if (!matchesDay(clock)) continue
    for (const hour of sortedHours) {
      for (const minute of sortedMinutes) {
        const instant = toInstant({ ...clock, hour, minute }, timeZone)
        if (instant !== undefined && instant > after) return instant
      }
    }
  }
  return undefined
}

function dayNumber(clock: WallClock): number {
  return Math.floor(Date.UTC(clock.year, clock.month - 1, clock.day) / 86_400_000)
}

const formats = new Map<string, Intl.DateTimeFormat>()

function wallClock(instant: Date, timeZone: string): WallClock {
  let format = formats.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    })
    formats.set(timeZone, format)
  }
  const parts = Object.fromEntries(format.formatToParts(instant).map((part) => [part.type, Number(part.value)]))
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = parts
  return { year, month, day, hour, minute, weekDay: new Date(Date.UTC(year, month - 1, day)).getUTCDay() }
}

/** The first instant with this wall-clock time; `undefined` when the clock jumped over it. */
function toInstant(wanted: Omit<WallClock, 'weekDay'>, timeZone: string): Date | undefined {
  const guess = Date.UTC(wanted.year, wanted.month - 1, wanted.day, wanted.hour, wanted.minute)
  const candidates = [guess - 86_400_000, guess + 86_400_000].map((near) => {
    const clock = wallClock(new Date(near), timeZone)
    return guess - (Date.UTC(clock.year, clock.month - 1, clock.day, clock.hour, clock.minute) - near)
  })
  for (const candidate of candidates.sort((left, right) => left - right)) {
    const clock = wallClock(new Date(candidate), timeZone)
    if (clock.day === wanted.day && clock.hour === wanted.hour && clock.minute === wanted.minute) return new Date(candidate)
  }
  return undefined
}
