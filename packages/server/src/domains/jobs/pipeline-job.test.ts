import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../../../testkit/src/until.ts'
import { submitJob } from './submit.ts'
import { makeWorkspace, startJobPlatform, type JobPlatform } from './test-platform.ts'

let platform: JobPlatform
beforeAll(async () => {
  platform = await startJobPlatform()
})
afterAll(() => platform[Symbol.asyncDispose]())

async function run(name: string, properties: Record<string, unknown>) {
  const { ctx, actor, workspaceId } = platform
  await submitJob(ctx, actor, { workspaceId, name, body: { properties: { jobType: 'Pipeline', ...properties } } })
  return until(
    `end of ${name}`,
    async () => {
      const job = await ctx.resources.find(`${workspaceId}/jobs/${name}`)
      return ['Completed', 'Failed', 'Canceled'].includes(String(job?.status['status'])) ? job : undefined
    },
    40_000,
  )
}

async function stepsOf(name: string) {
  const rows = await platform.ctx.db.kysely
    .selectFrom('steps')
    .innerJoin('jobs', 'jobs.id', 'steps.job_id')
    .select(['steps.name', 'steps.outcome', 'steps.reuse_decision', 'steps.resource_id', 'steps.outputs'])
    .where('jobs.resource_id', '=', `${platform.workspaceId}/jobs/${name}`.toLowerCase())
    .orderBy('steps.id')
    .execute()
  return new Map(rows.map((row) => [row.name, row]))
}

const chain = (word: string) => ({
  inputs: { word: { jobInputType: 'literal', value: word } },
  outputs: { result: { jobOutputType: 'uri_folder' } },
  jobs: {
    first: {
      type: 'command',
      command: 'echo ${{inputs.word}} > ${{outputs.out}}/a.txt',
      inputs: { word: '${{parent.inputs.word}}' },
      outputs: { out: { type: 'uri_folder' } },
    },
    second: {
      type: 'command',
      command: 'wc -c < ${{inputs.data}}/a.txt > ${{outputs.out}}/b.txt',
      inputs: { data: '${{parent.jobs.first.outputs.out}}' },
      outputs: { out: { type: 'literal', value: '${{parent.outputs.result}}' } },
    },
  },
})

it('passes outputs on, and takes over equal work from an earlier pipeline', async () => {
  const first = await run('chain-1', chain('tree'))
  expect(first.status).toMatchObject({
    status: 'Completed',
    outputs: { result: { uri: 'azureml://datastores/workspaceblobstore/paths/azureml/chain-1/result/' } },
  })
  expect([...(await stepsOf('chain-1')).values()].map((step) => step.outcome)).toEqual(['Completed', 'Completed'])

  await run('chain-2', chain('tree'))
  const again = await stepsOf('chain-2')
  expect([...again.values()].map((step) => step.outcome)).toEqual(['Reused', 'Reused'])
  const child = await platform.ctx.resources.require(again.get('second')?.resource_id ?? '')
  expect(child.status['properties']).toMatchObject({ 'azureml.isreused': 'true' })

  // Another word of the same length: the second step's input differs in bytes, so both run, and the difference is named.
  await run('chain-3', chain('wood'))
  const changed = await stepsOf('chain-3')
  expect(changed.get('first')?.reuse_decision).toMatchObject({
    reused: false,
    reason: 'fields-differ',
    differences: [{ field: 'inputs.word', now: 'wood', before: 'tree' }],
  })
})

it('stops what depends on a failed step and says which step failed', async () => {
  const steps = {
    bad: { type: 'command', command: 'exit 4', outputs: { out: {} } },
    after: { type: 'command', command: 'cat ${{inputs.data}}', inputs: { data: '${{parent.jobs.bad.outputs.out}}' } },
    beside: { type: 'command', command: 'sleep 0.1' },
  }
  const job = await run('fails', { settings: { continue_on_step_failure: true }, jobs: steps })
  expect(job.status).toMatchObject({ status: 'Failed' })
  expect(JSON.stringify(job.status['error'])).toContain("Step 'bad'")
  const outcomes = await stepsOf('fails')
  expect([outcomes.get('after')?.outcome, outcomes.get('beside')?.outcome]).toEqual(['Skipped', 'Completed'])
})

it('shows the failed step first, with its last lines and the likely reason, not the ones that were cancelled for it', async () => {
  const steps = {
    beside: { type: 'command', command: 'sleep 30' },
    bad: { type: 'command', command: 'echo before; python3 -c "import no_such_package_here"' },
  }
  const job = await run('fails-first', { jobs: steps })
  expect(job.status['error']).toMatchObject({
    code: 'UserError',
    message: expect.stringContaining("Step 'bad'"),
    likelyReason: expect.stringContaining("'no_such_package_here' is missing"),
    lastLogLines: expect.arrayContaining(['before']),
  })
  expect((await stepsOf('fails-first')).get('beside')?.outcome).toBe('Canceled')
})

it('refuses circles, unknown steps and unknown computes with the nearest right name', async () => {
  const step = (source: string) => ({
    type: 'command',
    command: 'echo ${{inputs.data}}',
    inputs: { data: `\${{parent.jobs.${source}.outputs.out}}` },
    outputs: { out: {} },
  })
  await expect(run('circle', { jobs: { left: step('right'), right: step('left') } })).rejects.toThrow(
    /depend on each other in a circle/,
  )
  await expect(
    run('typo', { jobs: { left: { type: 'command', command: 'true', outputs: { out: {} } }, right: step('lefd') } }),
  ).rejects.toThrow(/Did you mean 'left'/)
  await expect(
    run('compute', { computeId: 'azureml:locall', jobs: { one: { type: 'command', command: 'true' } } }),
  ).rejects.toThrow(/Did you mean 'local'/)
})

it('does not take components or code of another workspace', async () => {
  const other = await makeWorkspace(platform.ctx, platform.actor, 'beta')
  await platform.ctx.resources.put(
    platform.actor,
    `${other}/components/secret/versions/1`,
    { properties: { componentSpec: { type: 'command', command: 'echo secret' } } },
    { type: 'Microsoft.MachineLearningServices/workspaces/components/versions' },
  )
  await expect(
    run('theft', { jobs: { one: { type: 'command', componentId: `${other}/components/secret/versions/1` } } }),
  ).rejects.toThrow(/was not found/)
  await expect(
    run('code-theft', { jobs: { one: { type: 'command', command: 'ls', code: `azureml:${other}/codes/c/versions/1` } } }),
  ).rejects.toThrow(/was not found/)
})

it('runs registered components with defaults and optional inputs', async () => {
  const component = {
    type: 'command',
    command: 'echo n=${{inputs.n}} $[[--lr ${{inputs.lr}}]] > ${{outputs.out}}/x.txt',
    inputs: { n: { type: 'integer', default: '7' }, lr: { type: 'number', optional: true } },
    outputs: { out: { type: 'uri_folder' } },
  }
  await platform.ctx.resources.put(
    platform.actor,
    `${platform.workspaceId}/components/count/versions/1`,
    { properties: { componentSpec: component } },
    { type: 'Microsoft.MachineLearningServices/workspaces/components/versions' },
  )
  const job = await run('component', { jobs: { one: { type: 'command', componentId: 'azureml:count@latest' } } })
  expect(job.status).toMatchObject({ status: 'Completed' })
})

it('gives a nested pipeline the defaults of its component, and no value to what is optional', async () => {
  const inner = {
    type: 'pipeline',
    inputs: { word: { type: 'string', default: 'birch' }, note: { type: 'string', optional: true }, count: { type: 'integer' } },
    outputs: { said: { type: 'uri_folder' } },
    jobs: {
      say: {
        type: 'command',
        component: {
          type: 'command',
          command: 'echo ${{inputs.word}} ${{inputs.count}} $[[note=${{inputs.note}}]] > ${{outputs.out}}/x.txt',
          inputs: { word: { type: 'string' }, count: { type: 'integer' }, note: { type: 'string', optional: true } },
          outputs: { out: { type: 'uri_folder' } },
        },
        inputs: {
          word: '${{parent.inputs.word}}',
          count: '${{parent.inputs.count}}',
          note: { job_input_type: 'literal', value: '${{parent.inputs.note}}' },
        },
        outputs: { out: '${{parent.outputs.said}}' },
      },
    },
  }
  await platform.ctx.resources.put(
    platform.actor,
    `${platform.workspaceId}/components/nested/versions/1`,
    { properties: { componentSpec: inner } },
    { type: 'Microsoft.MachineLearningServices/workspaces/components/versions' },
  )
  const outer = (inputs: Record<string, unknown>, check: string) => ({
    jobs: {
      flow: { type: 'pipeline', componentId: 'azureml:nested:1', inputs },
      check: {
        type: 'command',
        command: `test "$(cat \${{inputs.said}}/x.txt)" = "${check}"`,
        inputs: { said: '${{parent.jobs.flow.outputs.said}}' },
        outputs: {},
      },
    },
  })
  const job = await run('nested-defaults', outer({ count: 3 }, 'birch 3'))
  expect(job.status, JSON.stringify(job.status['error'])).toMatchObject({ status: 'Completed' })
  const given = await run('nested-given', outer({ count: 4, word: 'oak', note: 'tall' }, 'oak 4 note=tall'))
  expect(given.status, JSON.stringify(given.status['error'])).toMatchObject({ status: 'Completed' })
  await expect(run('nested-missing', outer({}, ''))).rejects.toMatchObject({
    message: expect.stringContaining("Step 'flow' gives no value to input 'count' (integer)"),
    target: 'properties.jobs.flow.inputs.count',
  })
})

it('registers named outputs as the next version of a data asset', async () => {
  const version = (number: number) => platform.ctx.resources.find(`${platform.workspaceId}/data/letters/versions/${number}`)
  const jobs = (letter: string) => ({
    write: { type: 'command', command: `echo ${letter} > \${{outputs.out}}/x`, outputs: { out: '${{parent.outputs.letters}}' } },
  })
  for (const [index, letter] of ['a', 'b'].entries()) {
    const job = await run(`letters-${letter}`, {
      outputs: { letters: { jobOutputType: 'uri_folder', assetName: 'letters' } },
      jobs: jobs(letter),
    })
    expect(job.status, JSON.stringify(job.status['error'])).toMatchObject({ status: 'Completed' })
    expect((await version(index + 1))?.properties).toMatchObject({
      dataUri: `azureml://datastores/workspaceblobstore/paths/azureml/letters-${letter}/letters/`,
    })
  }
  expect(await version(3)).toBeUndefined()
})

it('runs no more jobs at once on a compute than it has nodes', async () => {
  const { ctx, actor, workspaceId } = platform
  const compute = { computeType: 'AmlCompute', properties: { vmSize: 'small', scaleSettings: { maxNodeCount: 1 } } }
  await ctx.resources.put(
    actor,
    `${workspaceId}/computes/narrow`,
    { location: 'local', properties: compute },
    { type: 'Microsoft.MachineLearningServices/workspaces/computes' },
  )
  const one = { type: 'command', command: 'sleep 0.1' }
  const job = await run('narrow', {
    computeId: `${workspaceId}/computes/narrow`,
    settings: { force_rerun: true },
    jobs: { a: one, b: one, c: one },
  })
  expect(job.status).toMatchObject({ status: 'Completed' })
  const events = await ctx.db.kysely
    .selectFrom('job_events')
    .innerJoin('steps', 'steps.id', 'job_events.step_id')
    .innerJoin('jobs', 'jobs.id', 'steps.job_id')
    .select('job_events.to_state')
    .where('jobs.resource_id', 'like', '%/jobs/narrow')
    .where('job_events.to_state', 'in', ['Launching', 'Completed'])
    .orderBy('job_events.sequence')
    .execute()
  expect(events.map((event) => event.to_state)).toEqual([
    'Launching',
    'Completed',
    'Launching',
    'Completed',
    'Launching',
    'Completed',
  ])
})

it('leaves nothing of a pipeline behind that is deleted, and everything of the others', async () => {
  const { ctx, actor, workspaceId } = platform
  await run('kept', chain('kept'))
  await run('gone', chain('gone'))
  const count = async () => {
    const { kysely } = ctx.db
    const steps = await kysely
      .selectFrom('steps')
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow()
    const edges = await kysely
      .selectFrom('edges')
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow()
    return { steps: steps.n, edges: edges.n }
  }
  const before = await count()
  const { size } = await stepsOf('gone')
  await ctx.resources.delete(actor, `${workspaceId}/jobs/gone`, { type: 'Microsoft.MachineLearningServices/workspaces/jobs' })
  expect((await stepsOf('gone')).size).toBe(0)
  expect((await stepsOf('kept')).size).toBe(size)
  expect(await count()).toEqual({ steps: before.steps - size, edges: before.edges - 1 })
})
