import './tables.ts'

export { cancelJob } from './cancel.ts'
export { jobsDomain } from './jobs.ts'
export { newJobName, submitJob, submitJobWithin, type JobSubmission } from './submit.ts'
