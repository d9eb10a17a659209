import { expect, it } from 'vitest'
import { describeAction, formatInZone, isEnabled, isMonitor, overridesOf, withEnabled, type Schedule } from './schedule.ts'

const schedule = (properties: Schedule['properties']): Schedule => ({ id: '/w/schedules/s', name: 's', properties })

it('says what a schedule does', () => {
  const action = (jobDefinition: Record<string, unknown>, actionType = 'CreateJob') =>
    schedule({ action: { actionType, jobDefinition } })
  expect(describeAction(action({ jobType: 'Pipeline' }))).toBe('runs a pipeline')
  expect(describeAction(action({ sourceJobId: '/w/jobs/nightly-1' }))).toBe('runs nightly-1 again')
  expect(isMonitor(action({}, 'CreateMonitor'))).toBe(true)
  expect(isEnabled(schedule({}))).toBe(true)
})

it('lists what it sets on the job, value by value', () => {
  expect(
    overridesOf({
      jobType: 'Pipeline',
      sourceJobId: '/w/jobs/a',
      experimentName: 'reports',
      inputs: { seed: { jobInputType: 'literal', value: '9' }, data: { jobInputType: 'uri_folder', uri: 'azureml://x' } },
      settings: { force_rerun: true },
      tags: {},
      description: null,
    }),
  ).toEqual([
    { name: 'experimentName', value: 'reports' },
    { name: 'inputs.seed', value: '9' },
    { name: 'inputs.data', value: 'azureml://x' },
    { name: 'settings.force_rerun', value: 'true' },
  ])
  expect(overridesOf(undefined)).toEqual([])
})

it('is switched without a change to anything else', () => {
  const before = schedule({ isEnabled: true, displayName: 'Nightly', provisioningState: 'Succeeded' })
  expect(withEnabled(before, false)).toEqual({ properties: { isEnabled: false, displayName: 'Nightly' } })
})

it('writes a time in the zone of the schedule, with what summer adds', () => {
  expect(formatInZone('2026-01-05T05:00:00Z', 'Europe/Berlin')).toBe('Mon, 5 Jan 2026, 06:00 GMT+1')
  expect(formatInZone('2026-07-06T04:00:00Z', 'Europe/Berlin')).toBe('Mon, 6 Jul 2026, 06:00 GMT+2')
})
