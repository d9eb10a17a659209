import { invalid, jobProperties, nameOf, workspaceOf, type JobProperties } from '@fulcrum/contract'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource, type StoredResource } from '../../kernel/resources/index.ts'
import { membersOf, textOf } from './component-members.ts'
import { jobId } from './job-ids.ts'

/** Jobs that name another job as `sourceJobId` are its copy, with what they say themselves on top. */

type Properties = Readonly<Record<string, unknown>>

/** Maps of which single entries are replaced; other members are replaced whole. */
const mergedMembers = ['inputs', 'outputs', 'settings', 'tags', 'properties', 'environmentVariables']
/** What says how and when the source was submitted, not what it does. */
const ownMembers = new Set(['isArchived', 'sourceJobId', 'services', 'status'])
const longestChain = 10

/**
 * The source job that the properties name, by id, `azureml:` reference or name.
 * @throws InvalidRequestContent there is no such job in the workspace
 */
export async function requireSourceJob(
  db: Executor,
  workspaceId: string,
  properties: Properties,
  target: string,
): Promise<StoredResource | undefined> {
  const given = textOf(properties['sourceJobId'])
  if (given === undefined) return undefined
  const reference = given.replace(/^azureml:/i, '')
  const owner = workspaceOf(reference)
  const name = nameOf(reference)
  const job =
    owner === undefined || owner.toLowerCase() === workspaceId.toLowerCase()
      ? await findResource(db, jobId(workspaceId, name))
      : undefined
  if (job !== undefined) return job
  throw invalid(`sourceJobId names the job '${name}', which does not exist in this workspace.`, { target })
}

/** Properties of a new job: those of its source with its own on top. Without a source, or with steps of its own, they stay. */
export async function withSourceJob(db: Executor, workspaceId: string, properties: JobProperties): Promise<JobProperties> {
  if (textOf(properties['sourceJobId']) === undefined || hasWork(properties)) return properties
  const copy = jobProperties.parse(await copyOfSource(db, workspaceId, properties))
  if (copy.jobType === properties.jobType) return copy
  throw invalid(`sourceJobId names a job of type ${copy.jobType}; the source of a pipeline is a pipeline.`, {
    target: 'properties.sourceJobId',
  })
}

/**
 * The definition as a copy of its source, of the source's type: clients that schedule a job by reference call each one a pipeline.
 * @throws InvalidRequestContent the source is missing, or one job is the source of the other in a circle
 */
export async function copyOfSource(db: Executor, workspaceId: string, definition: Properties): Promise<Properties> {
  let copy = definition
  for (let length = 0; length < longestChain; length += 1) {
    const source = await requireSourceJob(db, workspaceId, copy, 'properties.sourceJobId')
    if (source === undefined) return definition
    copy = { ...overlay(source.properties, copy), sourceJobId: source.properties['sourceJobId'] }
    if (hasWork(copy)) return { ...copy, sourceJobId: definition['sourceJobId'] }
  }
  throw invalid(`sourceJobId leads over more than ${longestChain} copies to no job with work of its own.`, {
    target: 'properties.sourceJobId',
  })
}

function hasWork(properties: Properties): boolean {
  return (
    Object.keys(membersOf(properties['jobs'])).length > 0 ||
    textOf(properties['componentId']) !== undefined ||
    (properties['jobType'] !== undefined && String(properties['jobType']).toLowerCase() !== 'pipeline')
  )
}

function overlay(source: Properties, own: Properties): Properties {
  const base = Object.entries(source).filter(([name]) => !ownMembers.has(name))
  const given = Object.entries(own).filter(([name, value]) => !isUnsaid(name, value))
  const merged = mergedMembers
    .filter((name) => name in source || name in own)
    .map((name) => [name, { ...membersOf(source[name]), ...membersOf(own[name]) }])
  return { ...Object.fromEntries(base), ...Object.fromEntries(given), ...Object.fromEntries(merged) }
}

/** Nothing, and what clients fill in without having looked at the source. */
function isUnsaid(name: string, value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true
  if (name === 'jobType') return true
  if (name === 'experimentName') return value === 'Default'
  return name === 'jobs' && Object.keys(membersOf(value)).length === 0
}
