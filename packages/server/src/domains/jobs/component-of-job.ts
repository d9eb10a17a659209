import { invalid, nameOf } from '@fulcrum/contract'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource } from '../../kernel/resources/index.ts'
import { membersOf, textOf } from './component-members.ts'
import { dataTypeOf, mapEntries } from './data-types.ts'
import { jobId } from './job-ids.ts'
import type { ComponentSpec } from './plan-types.ts'

/** A component made from a job names it as `sourceJobId`; its steps are the job's, its inputs and outputs too. */
export interface SourceJob {
  /** The component that the job ran instead of steps of its own. */
  readonly componentId?: string
  readonly spec: ComponentSpec
}

/** @returns `undefined` when the component was not made from a job @throws InvalidRequestContent there is no such pipeline job */
export async function findSourceJob(db: Executor, workspaceId: string, spec: ComponentSpec): Promise<SourceJob | undefined> {
  const source = textOf(spec['sourceJobId']) ?? textOf(spec['source_job_id'])
  if (source === undefined || Object.keys(membersOf(spec['jobs'])).length > 0) return undefined
  const name = nameOf(source.replace(/^azureml:/i, ''))
  const job = await findResource(db, jobId(workspaceId, name))
  if (job?.properties['jobType'] !== 'Pipeline') {
    throw invalid(`The component was made from job '${name}', which is no pipeline job of this workspace.`, {
      target: 'sourceJobId',
    })
  }
  const { properties } = job
  const jobs = membersOf(properties['jobs'])
  const componentId = Object.keys(jobs).length === 0 ? textOf(properties['componentId']) : undefined
  return {
    ...(componentId === undefined ? {} : { componentId }),
    spec: {
      ...spec,
      type: 'pipeline',
      jobs,
      inputs: mapEntries(membersOf(properties['inputs']), componentInput),
      outputs: mapEntries(membersOf(properties['outputs']), (output) => ({
        type: dataTypeOf(membersOf(output)['jobOutputType']) ?? 'uri_folder',
      })),
    },
  }
}

/** Literals keep the job's value as their default; data has to be given again. */
function componentInput(input: unknown): Record<string, unknown> {
  const members = membersOf(input)
  const type = dataTypeOf(members['jobInputType'])
  return type === undefined ? { type: 'string', default: members['value'] ?? null } : { type }
}
