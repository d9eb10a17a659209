import './tables.ts'

export { componentVersionBehaviour } from './kinds.ts'
export { childJobName } from './job-ids.ts'
export { jobsDomain } from './jobs.ts'
export { newJobName, submitJob, submitJobWithin, type JobSubmission } from './submit.ts'
