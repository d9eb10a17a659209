import { expect, it } from 'vitest'
import { isFiltered, parseJobFilter, selectJobs } from './filter.ts'
import { runNameOfStep, stepsOf, timesOf, type Job } from './job.ts'
import { toSeries } from './run-history.ts'

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

it('ties the steps of a pipeline together and takes status and times from their runs', () => {
  const pipeline = job('p', {
    jobType: 'Pipeline',
    jobs: {
      prep: { componentId: '/w/components/prep/versions/3' },
      train: { type: 'command', inputs: { data: { value: '${{parent.jobs.prep.outputs.clean}}' } } },
    },
  })
  const runs = [
    {
      runId: 'r1',
      status: 'Completed',
      startTimeUtc: '2026-01-01T00:00:00Z',
      properties: { 'azureml.moduleName': 'prep', 'azureml.isreused': 'true' },
    },
  ]
  expect(stepsOf(pipeline, runs)).toMatchObject([
    { id: 'prep', status: 'Reused', startedAt: '2026-01-01T00:00:00Z', needs: [] },
    { id: 'train', status: 'NotStarted', detail: 'command', needs: [{ id: 'prep', label: 'clean' }] },
  ])
  expect(runNameOfStep('prep', runs)).toBe('r1')
  expect(runNameOfStep('train', runs)).toBeUndefined()
})

it('reads times from the property bag, and metrics whose steps are texts', () => {
  expect(timesOf(job('a', { properties: { StartTimeUtc: 't0', EndTimeUtc: 't1' } }))).toEqual({ start: 't0', end: 't1' })
  expect(toSeries('loss', [{ key: 'loss', value: 0.5, step: '3', timestamp: '0' }]).points).toEqual([{ x: 3, y: 0.5 }])
})
