import type { JobQueue, WaitingEntry } from '@fulcrum/contract'
import { expect, it } from 'vitest'
import { hostBars, printPriority, printRequest, quotaBars, reasonsOf, titleOf } from './queue.ts'

const request = { nodes: 1, cores: 0, memoryMegabytes: 0, gpus: 0 }
const host: JobQueue['host'] = {
  slots: { used: 1, limit: 2 },
  cores: { used: 1.5, limit: 4 },
  memoryMegabytes: { used: 2048, limit: 8192 },
  gpus: { used: 0, limit: 0 },
}
const queue: JobQueue = { host, quotas: [], computes: [], counts: { running: 0, waiting: 0 }, running: [], waiting: [] }

it('has a bar for all that the host can give', () => {
  expect(hostBars(queue).map(({ id, used, format }) => [id, format(used)])).toEqual([
    ['slots', '1'],
    ['cores', '1.5'],
    ['memory', '2.00 GiB'],
  ])
  expect(hostBars({ ...queue, host: { ...host, gpus: { used: 1, limit: 2 } } })).toHaveLength(4)
  expect(quotaBars([{ name: 'concurrentJobs', used: 1, limit: 2 }])[0]?.label).toBe('Quota: jobs at once')
})

it('says in words what a job asks for', () => {
  expect(printRequest(request)).toBe('a slot')
  expect(printRequest({ nodes: 2, cores: 1, memoryMegabytes: 1024, gpus: 2 })).toBe('2 nodes × 1 core, 1.00 GiB, 2 GPUs')
  expect(printRequest({ ...request, nodes: 3 })).toBe('3 slots')
  expect([1, 2, 3, 7].map(printPriority)).toEqual(['low', 'medium', 'high', '7'])
})

it('names a step with its pipeline, and sums up why jobs wait', () => {
  const entry = (jobName: string, message: string, parentJobName?: string): WaitingEntry => ({
    jobName,
    displayName: `Shown ${jobName}`,
    ...(parentJobName && { parentJobName }),
    stepName: 'train',
    experimentName: 'e',
    computeName: 'local',
    submitter: 'ana',
    priority: 2,
    request,
    readyAt: '2026-01-01T00:00:00Z',
    position: 1,
    reason: { code: 'Slots', message },
  })
  expect(titleOf(entry('a', ''))).toEqual({ name: 'Shown a', of: undefined })
  expect(titleOf(entry('a', '', 'nightly'))).toEqual({ name: 'train', of: 'nightly' })
  expect(reasonsOf([entry('a', 'x'), entry('b', 'y'), entry('c', 'y')])).toEqual([
    { message: 'y', count: 2 },
    { message: 'x', count: 1 },
  ])
})
