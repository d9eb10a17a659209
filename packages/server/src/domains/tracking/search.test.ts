import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorkspaceFixture, type WorkspaceFixture } from '../../../test/workspace-fixture.ts'

describe('searching runs', () => {
  let server: TestServer
  let workspace: WorkspaceFixture
  let base: string
  beforeAll(async () => {
    server = await startTestServer({ engine: false })
    workspace = await createWorkspaceFixture(server)
    base = `${workspace.mlflow}/api/2.0/mlflow`
    const runs = [
      { name: 'one', auc: 0.7, depth: '3', team: 'a' },
      { name: 'two', auc: 0.8, depth: '10', team: 'b' },
      { name: 'three', auc: 'NaN', depth: '3' },
      { name: 'four', depth: '100%' },
    ]
    for (const [index, { name, auc, depth, team }] of runs.entries()) {
      const created = await workspace.api.post(`${base}/runs/create`, {
        experiment_id: '0',
        run_name: name,
        start_time: 1000 + index,
        tags: team === undefined ? [] : [{ key: 'team', value: team }],
      })
      const runId = created.json<{ run: { info: { run_id: string } } }>().run.info.run_id
      await workspace.api.post(`${base}/runs/log-batch`, {
        run_id: runId,
        params: [{ key: 'depth', value: depth }],
        metrics:
          auc === undefined
            ? []
            : [
                { key: 'auc', value: auc, timestamp: 1, step: 0 },
                { key: 'test r2', value: index, timestamp: 1, step: 0 },
              ],
      })
    }
  })
  afterAll(() => server.close())

  const search = async (body: Record<string, unknown>) => {
    const response = await workspace.api.post(`${base}/runs/search`, { experiment_ids: ['0'], ...body })
    return {
      status: response.status,
      ...response.json<{ message?: string; next_page_token?: string; runs?: { info: { run_name: string } }[] }>(),
    }
  }
  const names = async (filter: string, orderBy: string[] = []): Promise<string[]> => {
    const found = await search({ filter, order_by: orderBy })
    if (found.runs === undefined) throw new Error(found.message)
    return found.runs.map(({ info }) => info.run_name)
  }

  it.each([
    ['', ['four', 'three', 'two', 'one']],
    ['metrics.auc > 0.75', ['two']],
    ['metrics.auc < 1', ['two', 'one']],
    ['metrics.auc != 0.7', ['three', 'two']],
    ["metrics.auc >= 0.7 AND params.depth = '3'", ['one']],
    ["metric.auc = 0.8 OR param.depth = '100%'", ['four', 'two']],
    ["(tags.team = 'a' or tags.team = 'b') and not metrics.auc > 0.75", ['one']],
    ["tags.team != 'a'", ['two']],
    ['tags.team IS NULL', ['four', 'three']],
    ['tags.team IS NOT NULL', ['two', 'one']],
    ["params.depth LIKE '10%'", ['four', 'two']],
    ["run_name ILIKE 'T%'", ['three', 'two']],
    ["run_name LIKE 'T%'", []],
    ["attributes.status = 'RUNNING' and start_time <= 1001", ['two', 'one']],
    ['metrics.`test r2` = 1', ['two']],
    ['metrics."test r2" = 1', ['two']],
  ])('%s', async (filter, expected) => {
    expect(await names(filter)).toEqual(expected)
  })

  it('puts NaN and missing values last in either direction', async () => {
    expect(await names('', ['metrics.auc DESC'])).toEqual(['two', 'one', 'three', 'four'])
    expect(await names('', ['metrics.auc ASC'])).toEqual(['one', 'two', 'three', 'four'])
    expect(await names('', ['params.depth', 'start_time'])).toEqual(['two', 'four', 'one', 'three'])
  })

  it.each([
    ["metrics.auc > '1'", 'Expected numeric value type for metric'],
    ["statuss = 'x'", "Invalid attribute key 'statuss' specified. Valid keys are"],
    ["statuss = 'x'", "Did you mean 'status'?"],
    ["param.a > 'x'", 'Invalid comparator'],
    ["metrics.a = 1 params.b = 'x'", 'Invalid clause(s) in filter string'],
    ['metrics.a = x', 'Invalid comparison clause'],
    ['(metrics.a = 1', "A closing ')' is missing"],
    ["things.a = 'x'", 'Invalid entity type'],
    ["tags.a = 'open", 'not closed'],
  ])('%s is refused with a reason', async (filter, reason) => {
    const found = await search({ filter })
    expect(found.status).toBe(400)
    expect(found.message).toContain(reason)
  })

  it('visits each run once, page by page, in every order', async () => {
    for (const order of [[], ['metrics.auc DESC'], ['params.depth ASC', 'metrics.auc'], ['run_name DESC']]) {
      const whole = await names('', order)
      const visited: string[] = []
      let token: string | undefined
      do {
        const page = await search({ order_by: order, max_results: 1, ...(token === undefined ? {} : { page_token: token }) })
        visited.push(...(page.runs ?? []).map(({ info }) => info.run_name))
        token = page.next_page_token
      } while (token !== undefined && visited.length < 10)
      expect(visited).toEqual(whole)
    }
    const first = await search({ max_results: 1 })
    expect((await search({ max_results: 1, filter: 'metrics.auc > 0', page_token: first.next_page_token })).status).toBe(400)
  })

  it('holds values apart from SQL', async () => {
    expect(await names("params.depth = '3'' or 1=1'").catch((error: Error) => error.message)).toContain('Invalid clause(s)')
    expect(await names(`tags."team' = 'a" = 'x'`)).toEqual([])
    expect(await names("params.`depth' or '1'='1` = 'x'")).toEqual([])
  })
})
