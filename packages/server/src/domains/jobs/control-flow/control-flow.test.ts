import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../../../../testkit/src/until.ts'
import { submitJob } from '../submit.ts'
import { startJobPlatform, type JobPlatform } from '../test-platform.ts'

let platform: JobPlatform
beforeAll(async () => {
  platform = await startJobPlatform()
})
afterAll(() => platform[Symbol.asyncDispose]())

async function run(name: string, properties: Record<string, unknown>) {
  const { ctx, actor, workspaceId } = platform
  await submitJob(ctx, actor, { workspaceId, name, body: { properties: { jobType: 'Pipeline', ...properties } } })
  const job = await until(
    `end of ${name}`,
    async () => {
      const found = await ctx.resources.find(`${workspaceId}/jobs/${name}`)
      return ['Completed', 'Failed', 'Canceled'].includes(String(found?.status['status'])) ? found : undefined
    },
    120_000,
  )
  const rows = await ctx.db.kysely
    .selectFrom('steps')
    .innerJoin('jobs', 'jobs.id', 'steps.job_id')
    .select(['steps.name', 'steps.outcome', 'steps.outputs', 'steps.error', 'steps.resource_id'])
    .where('jobs.resource_id', '=', `${workspaceId}/jobs/${name}`.toLowerCase())
    .execute()
  const steps = new Map(rows.map((row) => [row.name, row]))
  return {
    job,
    steps,
    outcomes: Object.fromEntries(rows.map((row) => [row.name, row.outcome])),
    why: JSON.stringify(rows.map((row) => row.error)),
  }
}

const literal = (value: string) => ({ job_input_type: 'literal', value })
const command = (text: string, inputs: Record<string, unknown> = {}, outputs: Record<string, unknown> = {}) => ({
  type: 'command',
  command: text,
  inputs,
  outputs,
})

/** Counts up by one and says whether it is below the limit. */
const counter = {
  type: 'command',
  command:
    'expr ${{inputs.n}} + 1 > ${{outputs.next}}; test ${{inputs.n}} -lt 2 && echo True > ${{outputs.more}} || echo false > ${{outputs.more}}; $[[cat ${{inputs.seen}}/list > ${{outputs.all}}/list;]] echo ${{inputs.n}} >> ${{outputs.all}}/list',
  inputs: { n: { type: 'integer' }, seen: { type: 'uri_folder', optional: true } },
  outputs: { next: { type: 'integer' }, more: { type: 'boolean' }, all: { type: 'uri_folder' } },
}

it('runs the block that a control output chooses and says why the other and what needs it were skipped', async () => {
  const { job, outcomes, steps, why } = await run('choice', {
    jobs: {
      ask: command('echo ${{inputs.word}}; echo False > ${{outputs.flag}}', { word: 'x' }, { flag: { type: 'boolean' } }),
      yes: command('echo yes', {}, { out: {} }),
      afterYes: command('cat ${{inputs.data}}', { data: '${{parent.jobs.yes.outputs.out}}' }),
      no: command('echo ${{inputs.text}} > ${{outputs.out}}/x', { text: 'was-${{parent.jobs.ask.outputs.flag}}' }, { out: {} }),
      afterNo: command('grep was-false ${{inputs.data}}/x', { data: '${{parent.jobs.no.outputs.out}}' }),
      choose: {
        type: 'if_else',
        condition: '${{parent.jobs.ask.outputs.flag}}',
        true_block: '${{parent.jobs.yes}}',
        false_block: ['${{parent.jobs.no}}'],
      },
    },
  })
  expect(outcomes, why).toEqual({
    ask: 'Completed',
    choose: 'Completed',
    yes: 'Skipped',
    afterYes: 'Skipped',
    no: 'Completed',
    afterNo: 'Completed',
  })
  expect(job.status['status']).toBe('Completed')
  const skipped = await platform.ctx.resources.require(steps.get('afterYes')?.resource_id ?? '')
  expect(skipped.status).toMatchObject({
    status: 'Canceled',
    properties: { 'fulcrum.skipped': "The condition of 'choose' was false." },
  })
})

it('decides by an input of the pipeline and by a constant, and refuses what is neither true nor false', async () => {
  const jobs = (condition: unknown) => ({
    inputs: { go: { jobInputType: 'literal', value: 'True' } },
    jobs: {
      one: command('true'),
      two: command('true'),
      choose: { type: 'if_else', condition, true_block: '${{parent.jobs.one}}', false_block: '${{parent.jobs.two}}' },
    },
  })
  expect((await run('by-input', jobs('${{parent.inputs.go}}'))).outcomes).toMatchObject({ one: 'Completed', two: 'Skipped' })
  expect((await run('by-constant', jobs(false))).outcomes).toMatchObject({ one: 'Skipped' })
  await expect(run('by-nonsense', jobs('perhaps'))).rejects.toThrow(/must be true or false, but is 'perhaps'/)
})

it('repeats a body while its condition holds, each iteration fed by the one before', async () => {
  const { job, outcomes, steps, why } = await run('loop', {
    outputs: { result: { jobOutputType: 'uri_folder' } },
    jobs: {
      body: { type: 'command', component: counter, inputs: { n: literal('0') }, outputs: { all: '${{parent.outputs.result}}' } },
      count: {
        type: 'do_while',
        body: '${{parent.jobs.body}}',
        condition: 'more',
        mapping: { '${{parent.jobs.body.outputs.next}}': ['n'], all: '${{parent.jobs.body.inputs.seen}}' },
        limits: { max_iteration_count: 10 },
      },
      after: command('test ${{inputs.n}} = 3 && test "$(tr -d "\\n" < ${{inputs.data}}/list)" = 012', {
        n: '${{parent.jobs.body.outputs.next}}',
        data: '${{parent.jobs.count.outputs.all}}',
      }),
    },
  })
  expect(outcomes, why).toEqual({
    count: 'Completed',
    'count/0/body': 'Completed',
    'count/1/body': 'Completed',
    'count/2/body': 'Completed',
    after: 'Completed',
  })
  expect(steps.get('count')?.outputs['next']?.value).toBe('3')
  expect(JSON.stringify(job.status['outputs'])).toContain('result')
})

it('repeats a pipeline for each item, no more at once than allowed, and gathers data as a table and values as a list', async () => {
  const inner = {
    type: 'pipeline',
    inputs: { n: { type: 'integer' }, word: { type: 'string', default: 'oak' } },
    outputs: { text: { type: 'uri_folder' }, square: { type: 'integer' } },
    jobs: {
      write: {
        ...command(
          'echo ${{inputs.word}}${{inputs.n}} > ${{outputs.out}}/a.txt',
          { word: '${{parent.inputs.word}}', n: '${{parent.inputs.n}}' },
          { out: '${{parent.outputs.text}}' },
        ),
      },
      even: command(
        'expr ${{inputs.n}} % 2 = 0 > /dev/null && echo true > ${{outputs.is}} || echo false > ${{outputs.is}}',
        { n: '${{parent.inputs.n}}' },
        { is: { type: 'boolean' } },
      ),
      evenOnly: command('echo even ${{inputs.n}}', { n: '${{parent.inputs.n}}' }),
      choose: { type: 'if_else', condition: '${{parent.jobs.even.outputs.is}}', true_block: '${{parent.jobs.evenOnly}}' },
      square: {
        ...command(
          'expr ${{inputs.n}} "*" ${{inputs.n}} > ${{outputs.result}}',
          { n: '${{parent.inputs.n}}' },
          { result: { type: 'integer', value: '${{parent.outputs.square}}' } },
        ),
      },
    },
  }
  const { outcomes, why, steps } = await run('each', {
    outputs: { table: { jobOutputType: 'mltable' } },
    jobs: {
      body: { type: 'pipeline', component: inner },
      each: {
        type: 'parallel_for',
        body: '${{parent.jobs.body}}',
        items: '[{"n": 1}, {"n": 2}, {"n": 3}]',
        max_concurrency: 2,
        outputs: { text: { value: '${{parent.outputs.table}}', type: 'literal' } },
      },
      after: command(
        `test "$(cat \${{inputs.table}}/*/a.txt | tr "\\n" ,)" = oak1,oak2,oak3, && grep -q ./2 \${{inputs.table}}/MLTable && test '\${{inputs.squares}}' = '["1","4","9"]'`,
        {
          table: '${{parent.jobs.each.outputs.text}}',
          squares: '${{parent.jobs.each.outputs.square}}',
        },
      ),
    },
  })
  expect(steps.get('each')?.outputs['square']?.value, why).toBe('["1","4","9"]')
  expect(outcomes, why).toMatchObject({
    after: 'Completed',
    'each/0/evenOnly': 'Skipped',
    'each/1/evenOnly': 'Completed',
    'each/2/write': 'Completed',
    each: 'Completed',
  })
})
