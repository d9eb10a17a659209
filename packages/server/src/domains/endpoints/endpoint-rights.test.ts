import { mkdir, readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@fulcrum/contract'
import { until } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roleIds } from '../../kernel/authz/index.ts'
import { systemActor } from '../../kernel/auth/index.ts'
import { compareDeployments, registerDeploymentGuard, setTraffic } from './index.ts'
import { removeUnusedCode } from './plan-deployment.ts'
import { startServingFixture, type ServingFixture } from './serving.fixture.ts'

describe('who may deploy and score', () => {
  let serving: ServingFixture
  let endpoint: string
  beforeAll(async () => {
    serving = await startServingFixture()
    endpoint = await serving.createEndpoint('guarded', { authMode: 'aad_token' })
    for (const name of ['blue', 'green']) await serving.deploy(endpoint, name)
  })
  afterAll(() => serving[Symbol.asyncDispose]())

  it('asks every guard in the write of a deployment', async () => {
    registerDeploymentGuard(serving.server.ctx, async (_tx, request) => {
      if (request.deploymentName === 'forbidden')
        throw new AppError('GateRequired', `${request.what} with digest ${request.digest} has not passed.`)
    })
    const answer = await serving.server.admin.put(`${endpoint}/deployments/forbidden`, {
      location: 'local',
      properties: { codeConfiguration: { codeId: 'azureml:score:1', scoringScript: 'score.py' } },
    })
    expect(answer.status).toBe(403)
    expect(answer.json<{ error: { code: string } }>().error.code).toBe('GateRequired')
    expect((await serving.server.admin.get(`${endpoint}/deployments/forbidden`)).status).toBe(404)
    expect(await serving.deploy(endpoint, 'green')).toBe('Succeeded')
  })

  it('lets people with the right to score in by their own token, and nobody else', async () => {
    const { server } = serving
    await serving.setTraffic(endpoint, { blue: 100 })
    const person = await server.createUser('scorer')
    const token = await server.tokenOf(person)
    const stranger = await server.tokenOf(await server.createUser('nobody'))
    expect((await serving.score(endpoint, token, {})).status).toBe(401)
    await server.grant(person, roleIds.owner, endpoint)
    // A refusal is remembered for a few seconds.
    await until('the right to count', async () => (await serving.score(endpoint, token, {})).status === 200)
    expect((await serving.score(endpoint, stranger, {})).status).toBe(401)
    expect((await server.admin.post(`${endpoint}/listKeys`)).status).toBe(400)
  })

  it('removes code that no deployment is started from, and only that', async () => {
    const { ctx } = serving.server
    const root = join(ctx.config.dataDirectory, 'serving', 'code')
    await mkdir(join(root, 'left-over'))
    const longAgo = new Date(0)
    for (const name of await readdir(root)) await utimes(join(root, name), longAgo, longAgo)
    const plans = await ctx.db.kysely.selectFrom('serving_deployments').select('plan').execute()
    await removeUnusedCode(ctx)
    const kept = (await readdir(root)).map((name) => join(root, name))
    expect(kept.toSorted()).toEqual(plans.map((row) => row.plan.codeDirectory).toSorted())
  })

  it('moves traffic for a rollout and compares the deployments by what they answered', async () => {
    const { ctx, tokenOf, createUser, grant } = serving.server
    await setTraffic(ctx, systemActor, endpoint, { traffic: { blue: 50, green: 50 } })
    const person = await createUser('caller')
    await grant(person, roleIds.owner, endpoint)
    const token = await tokenOf(person)
    await until('both to answer', async () => {
      const answer = await serving.score(endpoint, token, {})
      return answer.status === 200 && answer.headers['azureml-model-deployment'] === 'green'
    })
    const since = ctx.clock.now().getTime()
    for (let count = 0; count < 4; count += 1)
      await serving.score(endpoint, token, { fail: true }, { 'azureml-model-deployment': 'green' })
    const figures = await until('the failures to be counted', async () => {
      const compared = await compareDeployments(ctx, endpoint, ['blue', 'green'], since)
      return (compared['green']?.errorRate ?? 0) > 0 ? compared : undefined
    })
    expect(figures['blue']?.errorRate).toBe(0)
    expect(figures['green']?.requests).toBeGreaterThanOrEqual(4)
    expect(figures['green']?.p99Ms).toBeGreaterThan(0)
  })
})
