import { expect, it } from 'vitest'
import { isFiltered, parseJobFilter, selectJobs } from './filter.ts'
import { bindingsOf, timesOf, type Job } from './job.ts'
import { toSeries } from '../../app/run-data.ts'
import { phasesOf, reasonOf, toSteps, type Trial } from './steps.ts'
import { printParameter, summariseTrials } from './trials.ts'

const job = (name: string, properties: Partial<Job['properties']> = {}, createdAt = '2026-01-01T00:00:00Z'): Job => ({
  id: `/w/jobs/${name}`,
  name,
  properties: { jobType: 'Command', status: 'Completed', ...properties },
  systemData: { createdAt },
})

it('filters by text and status, and shows the newest first', () => {
  const jobs = [
    job('a', {}, '2026-01-01T00:00:00Z'),
    job('b', { experimentName: 'Churn' }, '2026-01-02T00:00:00Z'),
    job('c', { status: 'Failed' }),
  ]
  const names = (search: Record<string, string>) => selectJobs(jobs, parseJobFilter(search)).map(({ name }) => name)
  expect(names({})[0]).toBe('b')
  expect(names({ q: 'churn' })).toEqual(['b'])
  expect(names({ status: 'failed' })).toEqual(['c'])
  expect(names({ sort: 'name:desc' })).toEqual(['c', 'b', 'a'])
  expect(isFiltered(parseJobFilter({ sort: 'name:asc', unknown: '1' }))).toBe(false)
})

it('leaves steps of pipelines out of the list until they are asked for', () => {
  const jobs = [job('p', { jobType: 'Pipeline' }), job('p-train', { parentJobName: 'p' })]
  const names = (search: Record<string, string>) => selectJobs(jobs, parseJobFilter(search)).map(({ name }) => name)
  expect(names({})).toEqual(['p'])
  expect(names({ steps: 'all' })).toHaveLength(2)
})

it('ties the steps of a pipeline together, with the times of their attempts', () => {
  const at = (minute: number) => `2026-01-01T00:0${minute}:00Z`
  const prep = {
    name: 'prep',
    jobName: 'p-prep',
    status: 'Completed',
    phases: [
      { name: 'Ready', at: at(0) },
      { name: 'Launching', at: at(1) },
      { name: 'Completed', at: at(3) },
    ],
  }
  const steps = toSteps({
    nodes: [
      prep,
      { ...prep, name: 'copy', reused: true },
      { name: 'train', jobName: 'p-train', status: 'NotStarted', type: 'command', phases: [] },
    ],
    edges: [{ source: 'prep', target: 'train' }],
  })
  expect(steps).toMatchObject([
    { id: 'prep', status: 'Completed', startedAt: at(1), endedAt: at(3), needs: [] },
    { id: 'copy', status: 'Reused' },
    { id: 'train', status: 'NotStarted', detail: 'command', needs: [{ id: 'prep' }] },
  ])
  expect(steps[2]?.startedAt).toBeUndefined()
  expect(phasesOf(prep)[0]).toMatchObject({ name: 'Queued', start: at(0), end: at(1), isLast: false })
})

it('says in words why a step was reused, and keeps words it does not know', () => {
  expect(reasonOf({ reused: true, reason: 'found' })).toContain('taken over')
  expect(reasonOf({ reused: false, reason: 'weather' })).toBe('weather')
  expect(reasonOf(null)).toContain('Not decided yet')
})

it('reads times from the job or its property bag, and metrics whose steps are texts', () => {
  expect(timesOf(job('a', { startTime: 't0', endTime: null }))).toEqual({ start: 't0', end: undefined })
  expect(timesOf(job('a', { properties: { StartTimeUtc: 't0', EndTimeUtc: 't1' } }))).toEqual({ start: 't0', end: 't1' })
  expect(bindingsOf({ a: null, b: { uri: 'u' } })).toEqual([['b', { uri: 'u' }]])
  expect(toSeries('loss', [{ key: 'loss', value: '0.5', step: '3', timestamp: '0' }]).points).toEqual([{ x: 3, y: 0.5 }])
})

it('finds the best completed trial of a sweep and draws what was reached', () => {
  const trial = (number: number, objective: number | null, status = 'Completed'): Trial => ({
    number,
    jobName: `s_${number}`,
    status,
    parameters: { lr: 0.1 },
    objective,
    stopReason: null,
  })
  const trials = [trial(0, 0.5), trial(1, 0.1, 'Canceled'), trial(2, 0.3), trial(3, null, 'Running')]
  const node = {
    name: 'sweep',
    jobName: 's',
    status: 'Running',
    phases: [],
    objective: { goal: 'minimize', metric: 'loss' },
    trials,
  }
  const summary = summariseTrials(node)
  expect(summary).toMatchObject({ best: { number: 2 }, ended: 3, metric: 'loss' })
  expect(summary.series.map((series) => series.points.map((point) => point.y))).toEqual([
    [0.5, 0.1, 0.3],
    [0.5, 0.5, 0.3],
  ])
  expect([printParameter(0.123456789), printParameter('relu'), printParameter([1, 2])]).toEqual(['0.12346', 'relu', '[1,2]'])
})
