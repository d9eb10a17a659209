/** When a schedule fires, as ARM gives it. */
export interface ScheduleTrigger {
  readonly triggerType?: string
  readonly expression?: string | null
  readonly frequency?: string | null
  readonly interval?: number | null
  readonly schedule?: {
    readonly hours?: readonly number[] | null
    readonly minutes?: readonly number[] | null
    readonly weekDays?: readonly string[] | null
    readonly monthDays?: readonly number[] | null
  } | null
  readonly startTime?: string | null
  readonly endTime?: string | null
  readonly timeZone?: string | null
}

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const pad = (value: number): string => String(value).padStart(2, '0')

/** When a schedule fires, in words: "every week on Monday, Thursday at 02:30, 14:30". */
export function describeTrigger(trigger: ScheduleTrigger | undefined): string {
  if (!trigger) return 'never by itself'
  if (trigger.expression) return describeCron(trigger.expression)
  const { frequency, interval, schedule } = trigger
  if (!frequency) return 'on demand'
  const unit = frequency.toLowerCase()
  const every = interval && interval > 1 ? `every ${interval} ${unit}s` : `every ${unit}`
  const times = timesOf(schedule)
  return [
    every,
    schedule?.weekDays?.length ? `on ${schedule.weekDays.join(', ')}` : '',
    schedule?.monthDays?.length ? `on day ${schedule.monthDays.join(', ')}` : '',
    times.length > 0 ? `at ${times.join(', ')}` : '',
  ]
    .filter(Boolean)
    .join(' ')
}

function timesOf(schedule: ScheduleTrigger['schedule']): readonly string[] {
  const minutes = schedule?.minutes?.length ? schedule.minutes : [0]
  return (schedule?.hours ?? []).flatMap((hour) => minutes.map((minute) => `${pad(hour)}:${pad(minute)}`))
}

/** The common forms in words, every other one as it is written. */
function describeCron(expression: string): string {
  const [minute = '', hour = '', day, month, weekDay = ''] = expression.trim().split(/\s+/)
  const isAnyDay = day === '*' && month === '*'
  const step = /^\*\/(\d+)$/.exec(minute)?.[1]
  if (step && hour === '*' && isAnyDay && weekDay === '*') return `every ${step} minutes`
  if (/^\d+$/.test(minute) && /^\d+$/.test(hour) && isAnyDay) {
    const time = `at ${pad(Number(hour))}:${pad(Number(minute))}`
    if (weekDay === '*') return `every day ${time}`
    if (/^[0-7]$/.test(weekDay)) return `every ${days[Number(weekDay)]} ${time}`
  }
  return `cron ${expression}`
}
