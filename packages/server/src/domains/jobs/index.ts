import './tables.ts'

export { jobsDomain } from './jobs.ts'
export { submitJob, submitJobWithin, type JobSubmission } from './submit.ts'
