import { z } from 'zod'
import { operation } from './operation.ts'
import { stringMap } from './string-map.ts'

/** Azure's run history as its clients read it: job details with log links, metadata with outputs, children, tags. No api-version. */

const workspaceBase =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}'
const history = `/history/v1.0${workspaceBase}`
const jobType = 'Microsoft.MachineLearningServices/workspaces/jobs'
const jobBase = `${workspaceBase}/jobs/{jobName}`

/** A run is addressed alone, below its experiment's name, or below its id; all mean the same. */
const addressesOfRun = (rest: string) => ({
  path: `${history}/runs/{jobName}${rest}`,
  aliases: [
    `${history}/experiments/{experimentName}/runs/{jobName}${rest}`,
    `${history}/experimentids/{experimentId}/runs/{jobName}${rest}`,
  ],
})

const read = (id: string, rest: string, summary: string) =>
  operation({ id, method: 'GET', ...addressesOfRun(rest), summary, action: `${jobType}/read`, scope: jobBase })

export const runHistoryOperations = {
  run: read('runHistory.get', '', 'A job as a run: status, times, tags, properties and typed outputs.'),
  details: read(
    'runHistory.details',
    '/details',
    'What `jobs.stream` polls: status, error and a signed link for each log. The first look at a job that has just ended says Finalizing, so that its logs are printed.',
  ),
  children: operation({
    id: 'runHistory.children',
    method: 'GET',
    ...addressesOfRun('/children'),
    summary: 'The children of a pipeline or sweep as runs, a page at a time.',
    action: `${jobType}/read`,
    scope: jobBase,
    query: z.looseObject({
      $top: z.coerce.number().int().min(1).max(5000).optional(),
      $continuationToken: z.string().max(200).optional(),
    }),
  }),
  serviceInstances: read(
    'runHistory.serviceInstances',
    '/serviceinstances/{nodeIndex}',
    'Interactive services of a job and where they listen; who submitted the job gets their tokens.',
  ),
  update: operation({
    id: 'runHistory.update',
    method: 'PATCH',
    ...addressesOfRun(''),
    summary:
      'Changes the display name, description, tags or properties of a job, or archives it (`hidden`); tags and properties are added.',
    action: `${jobType}/write`,
    scope: jobBase,
    body: z.looseObject({
      displayName: z.string().nullish(),
      description: z.string().nullish(),
      hidden: z.boolean().nullish(),
      tags: stringMap.nullish(),
      properties: stringMap.nullish(),
    }),
    example: { tags: { quality: 'good' } },
  }),
  data: operation({
    id: 'runHistory.data',
    method: 'POST',
    path: `${history}/rundata`,
    summary: 'Metadata of one run, with its outputs as asset ids.',
    action: `${jobType}/read`,
    scope: workspaceBase,
    body: z.looseObject({ runId: z.string().min(1) }),
    example: { runId: 'job-1', selectRunMetadata: true },
  }),
  token: operation({
    id: 'runHistory.token',
    method: 'GET',
    path: `${history}/experimentids/{experimentId}/runs/{jobName}/token`,
    summary: 'A fresh token for a running job, for who submitted it and for the job itself.',
    action: `${jobType}/read`,
    scope: jobBase,
  }),
  log: operation({
    id: 'runHistory.log',
    method: 'GET',
    path: `${history}/runs/{jobName}/logs/{path*}`,
    summary: 'A log by the signed link of the details, while the job runs and after.',
    action: 'public',
    scope: '/',
    query: z.looseObject({ se: z.string().max(40), sig: z.string().max(200) }),
  }),
}
