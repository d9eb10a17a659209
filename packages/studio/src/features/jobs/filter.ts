import { parseSort, type Sort } from '../../ui/table-keys.ts'
import { timesOf, type Job } from './job.ts'

/** What the URL says about the list of jobs. */
export interface JobFilter {
  readonly text: string
  readonly status: string
  readonly type: string
  /** Steps of pipelines stand among the jobs too. */
  readonly hasSteps: boolean
  readonly sort: Sort
}

export const newestFirst: Sort = { column: 'created', isDescending: true }

/** Reads the typed view state from search parameters; what cannot be read falls back to the default. */
export function parseJobFilter(search: Readonly<Record<string, string>>): JobFilter {
  return {
    text: search['q'] ?? '',
    status: search['status'] ?? '',
    type: search['type'] ?? '',
    hasSteps: search['steps'] === 'all',
    sort: parseSort(search['sort']) ?? newestFirst,
  }
}

export function isFiltered(filter: JobFilter): boolean {
  return filter.text !== '' || filter.status !== '' || filter.type !== ''
}

/** The loaded jobs that fit, in order. */
export function selectJobs(jobs: readonly Job[], filter: JobFilter): readonly Job[] {
  const wanted = filter.text.toLowerCase()
  const direction = filter.sort.isDescending ? -1 : 1
  return jobs
    .filter((job) => filter.hasSteps || !job.properties.parentJobName)
    .filter((job) => !filter.type || job.properties.jobType.toLowerCase() === filter.type.toLowerCase())
    .filter((job) => !filter.status || job.properties.status?.toLowerCase() === filter.status.toLowerCase())
    .filter(
      (job) =>
        !wanted ||
        `${job.name} ${job.properties.displayName ?? ''} ${job.properties.experimentName ?? ''}`.toLowerCase().includes(wanted),
    )
    .toSorted((a, b) => direction * compare(sortValue(a, filter.sort.column), sortValue(b, filter.sort.column)))
}

function compare(left: string | number, right: string | number): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  return String(left).localeCompare(String(right), 'en', { numeric: true })
}

function sortValue(job: Job, column: string): string | number {
  const { status, experimentName, jobType, displayName } = job.properties
  switch (column) {
    case 'name':
      return displayName ?? job.name
    case 'status':
      return status ?? ''
    case 'experiment':
      return experimentName ?? ''
    case 'type':
      return jobType
    case 'duration': {
      const { start, end } = timesOf(job)
      return start && end ? Date.parse(end) - Date.parse(start) : -1
    }
    default:
      return Date.parse(job.systemData?.createdAt ?? '') || 0
  }
}
