import './tables.ts'

export { componentVersionBehaviour } from './kinds.ts'
export { jobsDomain } from './jobs.ts'
export { submitJob, submitJobWithin, type JobSubmission } from './submit.ts'
