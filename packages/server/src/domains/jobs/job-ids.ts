import { createHash } from 'node:crypto'
import { nameOf, workspaceOf } from '@fulcrum/contract'

export const jobResourceType = 'Microsoft.MachineLearningServices/workspaces/jobs'

export function jobId(workspaceId: string, jobName: string): string {
  return `${workspaceId}/jobs/${jobName}`
}

/** The workspace of a job, schedule or component id. @throws Error never for ids that the router let through */
export function workspaceIdOf(resourceId: string): string {
  const workspaceId = workspaceOf(resourceId)
  if (workspaceId === undefined) throw new Error(`'${resourceId}' lies in no workspace.`)
  return workspaceId
}

/** Name of the child job of a step: the same whenever the same pipeline is planned again. Form of a UUID, as Azure's are. */
export function childJobName(pipelineResourceId: string, stepName: string): string {
  const hex = createHash('sha256').update(`${pipelineResourceId.toLowerCase()}\0${stepName}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-')
}

export { nameOf }
