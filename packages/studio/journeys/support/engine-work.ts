import { until } from '@fulcrum/testkit'
import { ended, type World } from './world.ts'

/** What the engine's pages show, made as a user would: names of jobs and schedules below the workspace of the world. */
export interface EngineWork {
  readonly pipeline: string
  /** The job of the step that failed. */
  readonly failedStep: string
  readonly sweep: string
  readonly schedule: string
}

interface Steps {
  readonly nodes: readonly { readonly name: string; readonly jobName: string }[]
}

/** A pipeline whose last step fails, a sweep of two trials, and a schedule. @throws Error naming the request that did not succeed */
export async function doEngineWork({ workspace, ana }: World): Promise<EngineWork> {
  const put = async (path: string, properties: unknown) => {
    const answer = await ana.api.put(`${workspace}/${path}?api-version=2025-12-01`, { properties })
    if (answer.status >= 300) throw new Error(`PUT ${path} answered ${answer.status}: ${answer.text}`)
  }
  const outputs = { out: { type: 'uri_folder' } }
  await put('jobs/nightly-1', {
    jobType: 'Pipeline',
    displayName: 'Nightly churn',
    jobs: {
      prepare: { type: 'command', command: 'echo rows > ${{outputs.out}}/a.txt', outputs },
      train: {
        type: 'command',
        command: 'cat ${{inputs.data}}/a.txt; echo "KeyError: tenure"; exit 3',
        inputs: { data: '${{parent.jobs.prepare.outputs.out}}' },
        outputs,
      },
    },
  })
  await put('jobs/tune-1', {
    jobType: 'Sweep',
    displayName: 'Tune churn',
    samplingAlgorithm: { samplingAlgorithmType: 'Grid' },
    objective: { goal: 'minimize', primaryMetric: 'loss' },
    limits: { jobLimitsType: 'Sweep', maxTotalTrials: 2, maxConcurrentTrials: 2, timeout: 'PT5M' },
    searchSpace: { depth: ['choice', [[2, 4]]] },
    trial: { command: 'echo ${{search_space.depth}}' },
  })
  await put('schedules/nightly', {
    displayName: 'Every night',
    trigger: { triggerType: 'Cron', expression: '0 3 * * *', timeZone: 'W. Europe Standard Time' },
    action: { actionType: 'CreateJob', jobDefinition: { jobType: 'Command', command: 'echo hello', experimentName: 'churn' } },
  })
  const steps = await until(
    'the failed step',
    async () => {
      const pipeline = await ana.api.get(`${workspace}/jobs/nightly-1?api-version=2025-12-01`)
      const { properties } = pipeline.json<{ properties: { status?: string } }>()
      if (properties.status !== 'Failed') return undefined
      return (await ana.api.get(`${workspace}/jobs/nightly-1/steps?api-version=2025-12-01`)).json<Steps>()
    },
    120_000,
  )
  await ended(ana.api, `${workspace}/jobs/tune-1`)
  const failedStep = steps.nodes.find(({ name }) => name === 'train')?.jobName ?? ''
  return { pipeline: 'nightly-1', failedStep, sweep: 'tune-1', schedule: 'nightly' }
}
