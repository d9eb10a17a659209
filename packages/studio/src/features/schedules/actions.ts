import type { QueryClient } from '@tanstack/react-query'
import { Pause, Play, Zap } from 'lucide-react'
import { api } from '../../api.ts'
import type { Action } from '../../app/actions.ts'
import type { ToastMessage } from '../../ui/Toast.tsx'
import { isEnabled, withEnabled, type Schedule } from './schedule.ts'

interface ScheduleActionsInput {
  readonly schedule: Schedule
  readonly client: QueryClient
  toast(message: ToastMessage): void
}

/** What can be done with one schedule; buttons and command bar show the same objects. */
export function scheduleActions({ schedule, client, toast }: ScheduleActionsInput): readonly Action[] {
  const section = 'This schedule'
  const enabled = isEnabled(schedule)
  const succeed = (text: string) => {
    toast({ text, status: 'Succeeded' })
    void client.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith(schedule.id) })
  }
  const failed = (what: string) => (error: Error) => toast({ text: `${what}: ${error.message}`, status: 'Failed' })
  return [
    {
      id: 'schedules.trigger',
      name: 'Trigger now',
      section,
      icon: Zap,
      perform: () => {
        api
          .post<{ jobName?: string | null }>(`${schedule.id}/trigger`, { body: {} })
          .then(
            ({ jobName }) => succeed(jobName ? `${jobName} was submitted` : `${schedule.name} fired`),
            failed('It did not fire'),
          )
      },
    },
    {
      id: 'schedules.switch',
      name: enabled ? 'Disable' : 'Enable',
      section,
      icon: enabled ? Pause : Play,
      perform: () => {
        const options = { body: withEnabled(schedule, !enabled), ...(schedule.etag && { ifMatch: schedule.etag }) }
        api
          .put(schedule.id, options)
          .then(
            () => succeed(enabled ? `${schedule.name} fires no more` : `${schedule.name} fires again`),
            failed('It could not be switched'),
          )
      },
    },
  ]
}
