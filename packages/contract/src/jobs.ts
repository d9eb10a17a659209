import { z } from 'zod'
import { resourceKind } from './kind.ts'
import { operation } from './operation.ts'
import { stringMap } from './string-map.ts'

/** Jobs, components and schedules, in Azure's shapes: camelCase outside, snake_case in nodes and component specs. */

const workspaceBase =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}'
const machineLearning = 'Microsoft.MachineLearningServices/workspaces'
const jobBase = `${workspaceBase}/jobs/{jobName}`
const scheduleBase = `${workspaceBase}/schedules/{scheduleName}`
const jobType = `${machineLearning}/jobs`

const tags = z.record(z.string(), z.string())
const texts = stringMap

export const jobTypes = ['Command', 'Pipeline', 'Sweep', 'AutoML', 'Spark', 'Labeling', 'FineTuning'] as const
export type JobType = (typeof jobTypes)[number]

/** Accepts a member without regard to case and stores it as listed. */
function anyCase<const Choice extends string>(choices: readonly Choice[]) {
  return z.string().transform((text, context): Choice => {
    const found = choices.find((choice) => choice.toLowerCase() === text.toLowerCase())
    if (found !== undefined) return found
    context.addIssue({ code: 'custom', message: `'${text}' is not one of ${choices.join(', ')}.` })
    return z.NEVER
  })
}

export const jobInputSchema = z.looseObject({
  jobInputType: z.string().nullish(),
  uri: z.string().nullish(),
  value: z.union([z.string(), z.number(), z.boolean()]).nullish(),
  mode: z.string().nullish(),
})
export type JobInput = z.infer<typeof jobInputSchema>

export const jobOutputSchema = z.looseObject({
  jobOutputType: z.string().nullish(),
  uri: z.string().nullish(),
  mode: z.string().nullish(),
  assetName: z.string().nullish(),
  assetVersion: z.string().nullish(),
})
export type JobOutput = z.infer<typeof jobOutputSchema>

export const jobProperties = z.looseObject({
  jobType: anyCase(jobTypes),
  displayName: z.string().nullish(),
  experimentName: z.string().nullish(),
  description: z.string().nullish(),
  isArchived: z.boolean().nullish(),
  tags: tags.nullish(),
  properties: texts.nullish(),
  computeId: z.string().nullish(),
  componentId: z.string().nullish(),
  codeId: z.string().nullish(),
  environmentId: z.string().nullish(),
  command: z.string().nullish(),
  environmentVariables: texts.nullish(),
  inputs: z.record(z.string(), jobInputSchema.nullable()).nullish(),
  outputs: z.record(z.string(), jobOutputSchema.nullable()).nullish(),
  limits: z.looseObject({ timeout: z.string().nullish() }).nullish(),
  resources: z.looseObject({ instanceCount: z.number().int().nullish() }).nullish(),
  distribution: z.looseObject({ distributionType: z.string().nullish() }).nullish(),
  settings: z.looseObject({}).nullish(),
  jobs: z.record(z.string(), z.looseObject({})).nullish(),
})
export type JobProperties = z.infer<typeof jobProperties>

export const componentVersionProperties = z.looseObject({
  componentSpec: z.looseObject({
    type: z.string().nullish(),
    name: z.string().nullish(),
    command: z.string().nullish(),
    code: z.string().nullish(),
    environment: z.union([z.string(), z.looseObject({})]).nullish(),
    inputs: z.record(z.string(), z.looseObject({})).nullish(),
    outputs: z.record(z.string(), z.looseObject({})).nullish(),
    is_deterministic: z.boolean().nullish(),
    jobs: z.record(z.string(), z.looseObject({})).nullish(),
  }),
  description: z.string().nullish(),
  isAnonymous: z.boolean().nullish(),
  isArchived: z.boolean().nullish(),
  tags: tags.nullish(),
  properties: texts.nullish(),
})

export const componentContainerProperties = z.looseObject({
  description: z.string().nullish(),
  isArchived: z.boolean().nullish(),
  tags: tags.nullish(),
  properties: texts.nullish(),
})

export const scheduleProperties = z.looseObject({
  displayName: z.string().nullish(),
  description: z.string().nullish(),
  isEnabled: z.boolean().nullish(),
  tags: tags.nullish(),
  properties: texts.nullish(),
  trigger: z.looseObject({
    triggerType: anyCase(['Cron', 'Recurrence']),
    expression: z.string().nullish(),
    frequency: z.string().nullish(),
    interval: z.number().int().min(1).nullish(),
    schedule: z
      .looseObject({
        hours: z.array(z.number().int().min(0).max(23)).nullish(),
        minutes: z.array(z.number().int().min(0).max(59)).nullish(),
        weekDays: z.array(z.string()).nullish(),
        monthDays: z.array(z.number().int()).nullish(),
      })
      .nullish(),
    startTime: z.string().nullish(),
    endTime: z.string().nullish(),
    timeZone: z.string().nullish(),
  }),
  action: z.looseObject({ actionType: anyCase(['CreateJob', 'CreateMonitor', 'InvokeBatchEndpoint', 'ImportData']) }),
})
export type ScheduleProperties = z.infer<typeof scheduleProperties>

export const componentExample = {
  properties: {
    componentSpec: {
      name: 'train',
      version: '1',
      type: 'command',
      command: 'python train.py --data ${{inputs.data}} --model ${{outputs.model}}',
      environment: 'azureml:AzureML-minimal@latest',
      inputs: { data: { type: 'uri_folder' } },
      outputs: { model: { type: 'uri_folder' } },
    },
  },
}

export const jobKinds = [
  resourceKind({
    type: `${machineLearning}/components`,
    noun: 'components',
    title: 'Component',
    properties: componentContainerProperties,
    example: { properties: {} },
  }),
  resourceKind({
    type: `${machineLearning}/components/versions`,
    noun: 'components.versions',
    title: 'Component version',
    properties: componentVersionProperties,
    example: componentExample,
  }),
  resourceKind({
    type: jobType,
    noun: 'jobs',
    title: 'Job',
    verbs: ['list', 'get', 'put', 'patch', 'delete'],
    properties: jobProperties,
    example: { properties: { jobType: 'Command', command: 'echo hello', experimentName: 'first' } },
  }),
  resourceKind({
    type: `${machineLearning}/schedules`,
    noun: 'schedules',
    title: 'Schedule',
    longRunning: true,
    properties: scheduleProperties,
    example: {
      properties: {
        trigger: { triggerType: 'Cron', expression: '0 6 * * 1', timeZone: 'UTC' },
        action: { actionType: 'CreateJob', jobDefinition: { jobType: 'Command', command: 'echo hello' } },
      },
    },
  }),
]

const logQuery = z.looseObject({
  offset: z.coerce.number().int().min(0).optional(),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(64 * 1024 * 1024)
    .optional(),
})

const read = (id: string, path: string, summary: string) =>
  operation({ id, method: 'GET', path, summary, action: `${jobType}/read`, scope: jobBase })

export const jobOperations = {
  cancel: operation({
    id: 'jobs.cancel',
    method: 'POST',
    path: `${jobBase}/cancel`,
    summary: 'Asks a job to end; idempotent. A job that has ended stays as it is.',
    action: `${jobType}/cancel/action`,
    success: [200, 202],
  }),
  rerun: operation({
    id: 'jobs.rerun',
    method: 'POST',
    path: `${jobBase}/rerun`,
    summary:
      'Submits a job again as a new one; with `fromFailed` a pipeline takes over the steps that completed, despite force flags.',
    action: `${jobType}/write`,
    scope: jobBase,
    body: z.looseObject({ name: z.string().nullish(), fromFailed: z.boolean().nullish() }).optional(),
    example: { fromFailed: true },
    success: [201],
  }),
  logs: read('jobs.logs', `${jobBase}/logs`, 'Lists the logs of a job with their sizes.'),
  log: operation({
    id: 'jobs.log',
    method: 'GET',
    path: `${jobBase}/logs/{path*}`,
    summary:
      'The bytes of a log from `offset` on, while the job runs and after (`x-log-complete` says which); with `/stream` behind its path as server-sent events.',
    action: `${jobType}/read`,
    scope: jobBase,
    query: logQuery,
  }),
  steps: operation({
    id: 'jobs.steps',
    method: 'GET',
    path: `${jobBase}/steps`,
    summary:
      'The graph of a job: nodes with status and phases with times, and edges. With `top`, a job of more steps is answered in groups; with `group`, the steps of one of them, a page (`skip`, `limit`) at a time.',
    action: `${jobType}/read`,
    scope: jobBase,
    query: z.looseObject({
      top: z.coerce.number().int().min(1).optional(),
      group: z.string().optional(),
      skip: z.coerce.number().int().min(0).optional(),
      limit: z.coerce.number().int().min(1).max(1000).optional(),
    }),
  }),
  explain: read(
    'jobs.explain',
    `${jobBase}/explain`,
    'Why each step ran or was reused: the fields of its key and what differs from the nearest earlier run.',
  ),
  execution: read(
    'jobs.execution',
    `${jobBase}/execution`,
    'What a job was really run with: interpreter and packages, how inputs and outputs were given, isolation, processes.',
  ),
  outputs: read('jobs.outputs', `${jobBase}/outputs`, 'The outputs of a job with the URIs under which they are stored.'),
  miniBatches: read(
    'jobs.miniBatches',
    `${jobBase}/miniBatches`,
    'How far the parallel steps of a job are: mini-batches done, failed and to come, and the last errors.',
  ),
  leaderboard: read(
    'jobs.leaderboard',
    `${jobBase}/leaderboard`,
    'The trials of an AutoML job, the best first by its primary metric, with what of the job is not honoured and what the best model goes by.',
  ),
  usages: operation({
    id: 'jobs.usages',
    method: 'GET',
    path: '/subscriptions/{subscriptionId}/providers/Microsoft.MachineLearningServices/locations/{location}/usages',
    summary: 'Job slots of this host in use, in the form of Azure quota usages.',
    action: 'Microsoft.MachineLearningServices/locations/usages/read',
    scope: '/subscriptions/{subscriptionId}',
  }),
  triggerSchedule: operation({
    id: 'schedules.trigger',
    method: 'POST',
    path: `${scheduleBase}/trigger`,
    summary: 'Fires a schedule now.',
    action: `${machineLearning}/schedules/write`,
    body: z.looseObject({ scheduleTime: z.string().nullish() }).optional(),
    example: {},
  }),
  scheduleFires: operation({
    id: 'schedules.fires',
    method: 'GET',
    path: `${scheduleBase}/fires`,
    summary: 'When a schedule fired, newest first, with the job that it made or the reason why it made none.',
    action: `${machineLearning}/schedules/read`,
    scope: scheduleBase,
    query: z.looseObject({ $top: z.coerce.number().int().min(1).max(1_000).default(100) }),
  }),
  scheduleUpcomingFires: operation({
    id: 'schedules.upcomingFires',
    method: 'GET',
    path: `${scheduleBase}/upcomingFires`,
    summary: 'The next times at which a schedule fires, as UTC; none while it is disabled or when it has ended.',
    action: `${machineLearning}/schedules/read`,
    scope: scheduleBase,
    query: z.looseObject({ count: z.coerce.number().int().min(1).max(100).default(10) }),
  }),
}
