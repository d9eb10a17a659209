import { startTestServer } from '@fulcrum/testkit'
import { expect, it } from 'vitest'

interface Answer {
  readonly total: number
  readonly nodes: readonly { readonly name: string; readonly phases: readonly object[] }[]
  readonly groups?: readonly { readonly id: string; readonly label: string; readonly count: number }[]
  readonly groupEdges?: readonly { readonly source: string; readonly target: string }[]
}

it('answers a large pipeline in groups and pages, a small one step by step', async () => {
  await using server = await startTestServer({ engine: false })
  const { admin, ctx } = server
  const group = `/subscriptions/${ctx.config.subscriptionId}/resourcegroups/rg`
  await admin.put(group, { location: 'local' })
  const workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/mlw`
  expect((await admin.put(workspace, { location: 'local', properties: {} })).status).toBeLessThan(300)
  const part = (name: string, needs: readonly string[]) => ({
    type: 'command',
    command: `echo ${name} ${needs.map((_, index) => `\${{inputs.i${index}}}`).join(' ')}`,
    inputs: Object.fromEntries(needs.map((need, index) => [`i${index}`, `\${{parent.jobs.${need}.outputs.out}}`])),
    outputs: { out: { job_output_type: 'uri_folder' } },
  })
  const jobs = {
    load: part('load', []),
    ...Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`score${index}`, part(`score${index}`, ['load'])])),
    report: part('report', ['score0', 'score39']),
  }
  const written = await admin.put(`${workspace}/jobs/wide`, { properties: { jobType: 'Pipeline', jobs } })
  expect(written.status).toBe(201)
  const steps = async (query: string) => (await admin.get(`${workspace}/jobs/wide/steps${query}`)).json<Answer>()

  const grouped = await steps('?top=20')
  expect(grouped).toMatchObject({ total: 42, nodes: [] })
  expect(grouped.groups?.map(({ label, count }) => [label, count])).toEqual([
    ['load', 1],
    ['score#', 40],
    ['report', 1],
  ])
  expect(grouped.groupEdges).toHaveLength(2)
  const scores = grouped.groups?.[1]?.id ?? ''
  const page = await steps(`?group=${encodeURIComponent(scores)}&skip=30&limit=15`)
  expect(page.nodes.map((node) => node.name)).toEqual(Array.from({ length: 10 }, (_, index) => `score${index + 30}`))
  expect(page.total).toBe(40)
  expect((await admin.get(`${workspace}/jobs/wide/steps?group=nothing`)).status).toBe(404)

  const whole = await steps('?top=100')
  expect(whole.groups).toBeUndefined()
  expect(whole.nodes).toHaveLength(42)
})
