import type { QueryClient } from '@tanstack/react-query'
import { CircleStop, Copy, RotateCcw } from 'lucide-react'
import { api } from '../../api.ts'
import type { Action } from '../../app/actions.ts'
import { describeStatus } from '../../ui/status.ts'
import type { ToastMessage } from '../../ui/Toast.tsx'
import type { Job } from './job.ts'

interface JobActionsInput {
  readonly job: Job
  readonly client: QueryClient
  toast(message: ToastMessage): void
  /** Shows the page of another job of the workspace. */
  open(jobName: string): void
}

/** What can be done with one job; buttons and command bar show the same objects. */
export function jobActions({ job, client, toast, open }: JobActionsInput): readonly Action[] {
  const { status } = job.properties
  const isStep = typeof job.properties.parentJobName === 'string'
  const rerun = (keep: boolean): void => {
    api.post<Job>(`${job.id}/rerun`, { body: { fromFailed: keep } }).then(
      (made) => {
        toast({ text: `${job.name} was submitted again as ${made.name}` })
        void client.invalidateQueries({ queryKey: ['arm'] })
        open(made.name)
      },
      (error: Error) => toast({ text: `Submitting again failed: ${error.message}`, status: 'Failed' }),
    )
  }
  const fromFailed: Action = {
    id: 'jobs.rerunFromFailed',
    name: 'Rerun from failed',
    section: 'This job',
    icon: RotateCcw,
    enabled: () => (isStep ? 'A step runs with its pipeline' : !describeStatus(status).isLive || 'The job has not ended yet'),
    perform: () => rerun(true),
  }
  return [
    {
      id: 'jobs.cancel',
      name: 'Cancel job',
      section: 'This job',
      icon: CircleStop,
      enabled: () => describeStatus(status).isLive || `The job is ${describeStatus(status).word.toLowerCase()} already`,
      perform: () => {
        api.post(`${job.id}/cancel`).then(
          () => {
            toast({ text: `${job.name} is being canceled` })
            void client.invalidateQueries({ queryKey: ['arm', job.id] })
          },
          (error: Error) => toast({ text: `Canceling failed: ${error.message}`, status: 'Failed' }),
        )
      },
    },
    {
      id: 'jobs.rerun',
      name: 'Rerun',
      section: 'This job',
      icon: RotateCcw,
      enabled: () => !isStep || 'A step runs with its pipeline',
      perform: () => rerun(false),
    },
    ...(job.properties.jobType === 'Pipeline' ? [fromFailed] : []),
    {
      id: 'jobs.copyName',
      name: 'Copy job name',
      section: 'This job',
      icon: Copy,
      perform: () => {
        navigator.clipboard.writeText(job.name).then(
          () => toast({ text: 'Copied' }),
          () => toast({ text: 'The browser refused the clipboard', status: 'Failed' }),
        )
      },
    },
  ]
}
