import { expect, it } from 'vitest'
import { describeTrigger } from './schedule-trigger.ts'

it('says when a schedule fires', () => {
  expect(describeTrigger({ frequency: 'Day', interval: 1 })).toBe('every day')
  expect(describeTrigger({ frequency: 'Hour', interval: 6 })).toBe('every 6 hours')
  const schedule = { weekDays: ['Monday', 'Thursday'], hours: [2, 14], minutes: [30] }
  expect(describeTrigger({ frequency: 'Week', interval: 1, schedule })).toBe('every week on Monday, Thursday at 02:30, 14:30')
  expect(describeTrigger({ frequency: 'Month', schedule: { monthDays: [1, 15], hours: [6] } })).toBe(
    'every month on day 1, 15 at 06:00',
  )
  expect(describeTrigger(undefined)).toBe('never by itself')
})

it('reads the common forms of cron, and leaves the others as they are', () => {
  expect(describeTrigger({ expression: '*/2 * * * *' })).toBe('every 2 minutes')
  expect(describeTrigger({ expression: '5 6 * * *' })).toBe('every day at 06:05')
  expect(describeTrigger({ expression: '0 6 * * 1' })).toBe('every Monday at 06:00')
  expect(describeTrigger({ expression: '0 * * * *' })).toBe('cron 0 * * * *')
  expect(describeTrigger({ expression: '0 6 1 * *' })).toBe('cron 0 6 1 * *')
})
