import { allKinds, type ResourceKind } from '@fulcrum/contract'
import type { TestApi, TestResponse } from '@fulcrum/testkit'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bodyOf, createContractWorld, itemPath, type ContractWorld } from './contract-world.ts'

/**
 * Generated from the table of kinds: what is malformed is refused with a message that says what is wrong, and leaves
 * nothing. Names of blobs and signatures: `domains/storage/hostile.test.ts`. Files of the command line: `cli/src/yaml/yaml.test.ts`.
 */

type Body = Record<string, unknown> & { readonly properties?: Record<string, unknown> }

const writable = allKinds.filter((kind) => kind.verbs.includes('put'))
/** `x` below so many objects. */
const nested = (levels: number): string => `${'{"a":'.repeat(levels)}"x"${'}'.repeat(levels)}`

/** A value of a type that the member cannot have. */
function wrongTypeFor(value: unknown): unknown {
  if (typeof value === 'string') return { not: ['a', 'text'] }
  if (typeof value === 'number' || typeof value === 'boolean') return { not: 'a value' }
  return 'no object and no list'
}

describe('malformed', () => {
  let world: ContractWorld
  let foreign: Foreign
  beforeAll(async () => {
    world = await createContractWorld()
    foreign = foreignBodies(world)
    const put = await world.server.admin.put(`${world.otherWorkspace}/onlineEndpoints/mine`, {
      location: 'local',
      properties: { authMode: 'Key' },
    })
    expect(put.status).toBeLessThan(300)
    const batch = await world.server.admin.put(`${world.otherWorkspace}/batchEndpoints/mine`, {
      location: 'local',
      properties: { authMode: 'AADToken' },
    })
    expect(batch.status).toBeLessThan(300)
  })
  afterAll(() => world.server.close())

  /** Rows of every table but that of events, in which refusals are. */
  async function rowCounts(): Promise<Record<string, number>> {
    const { kysely } = world.server.ctx.db
    const { rows } = await sql<{ name: string }>`select tablename as name from pg_tables where schemaname = 'public'`.execute(
      kysely,
    )
    const counts: Record<string, number> = {}
    for (const { name } of rows.filter((row) => row.name !== 'events')) {
      const counted = await sql<{ count: string }>`select count(*) from ${sql.table(name)}`.execute(kysely)
      counts[name] = Number(counted.rows[0]?.count)
    }
    return counts
  }

  /** Sends a body to a name that is new. */
  async function refused(kind: ResourceKind, body: unknown, api: TestApi = world.server.admin): Promise<TestResponse> {
    const before = await rowCounts()
    const answer = await api.put(itemPath(world, kind, nameFor(kind)), body)
    expect([400, 404, 409, 413, 422], `${kind.noun} takes ${JSON.stringify(body).slice(0, 400)}: ${answer.text}`).toContain(
      answer.status,
    )
    const { error } = answer.json<{ error: { code: string; message: string } }>()
    expect(error.code).toMatch(/^[A-Z]\w+$/)
    expect(error.message.length).toBeGreaterThan(15)
    expect(await rowCounts()).toEqual(before)
    return answer
  }
  const nameFor = (kind: ResourceKind): string =>
    kind.noun.endsWith('.versions') ? '999' : /role|deny/i.test(kind.noun) ? '00000000-0000-4000-8000-00000000ffff' : 'malformed'

  it.each(writable)('types of $noun', async (kind) => {
    const body = bodyOf(world, kind, 1) as Body
    await refused(kind, { ...body, properties: 'text' })
    await refused(kind, { ...body, tags: 'text' })
    for (const [member, value] of Object.entries(body.properties ?? {})) {
      const answer = await refused(kind, { ...body, properties: { ...body.properties, [member]: wrongTypeFor(value) } })
      expect(answer.text).toContain(member)
    }
  })

  it.each(writable)('depth and size of $noun', async (kind) => {
    const text = JSON.stringify({ ...(bodyOf(world, kind, 1) as Body), deep: 0 })
    const answer = await refused(kind, text.replace('"deep":0', `"deep":${nested(1_000)}`))
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('nested deeper than')])
    const large = await refused(kind, text.replace('"deep":0', `"deep":"${'x'.repeat(10 * 1024 * 1024)}"`))
    expect([large.status, large.text]).toEqual([413, expect.stringContaining('larger than')])
  })

  it.each([
    '../../etc/passwd',
    'azureml://datastores/workspaceblobstore/paths/../../../etc',
    'file:///etc/passwd',
    '/etc/passwd',
  ])('no asset lies at %s', async (place) => {
    for (const [noun, properties] of [
      ['data.versions', { dataType: 'uri_folder', dataUri: place }],
      ['codes.versions', { codeUri: place }],
      ['models.versions', { modelType: 'custom_model', modelUri: place }],
      ['environments.versions', { build: { contextUri: place, dockerfilePath: 'Dockerfile' } }],
    ] as const)
      await refused(kindOf(noun), { properties })
  })

  it.each(Object.keys(foreignKinds))('ids of a foreign workspace in %s', async (noun) => {
    for (const [path, body] of foreign[noun] ?? []) {
      const before = await rowCounts()
      const answer = await world.stranger.put(`${world.otherWorkspace}/${path}`, body)
      expect([400, 403, 404], `${path} takes ${JSON.stringify(body)}: ${answer.text}`).toContain(answer.status)
      expect(answer.text).toMatch(/workspaces\/parent|parent/)
      expect(await rowCounts()).toEqual(before)
    }
  })
})

function kindOf(noun: string): ResourceKind {
  const kind = allKinds.find((candidate) => candidate.noun === noun)
  if (kind === undefined) throw new Error(`There is no kind '${noun}'.`)
  return kind
}

type Foreign = Readonly<Record<string, readonly (readonly [path: string, body: unknown])[]>>
const foreignKinds = { jobs: 1, schedules: 1, components: 1, onlineDeployments: 1, batchDeployments: 1 }

/** What names things of the workspace in which the sender has no rights. */
function foreignBodies({ workspace }: ContractWorld): Foreign {
  const command = { jobType: 'Command', command: 'true' }
  const ids = {
    codeId: `${workspace}/codes/parent/versions/1`,
    environmentId: `${workspace}/environments/parent/versions/1`,
    computeId: `${workspace}/computes/parent`,
    componentId: `${workspace}/components/parent/versions/1`,
  }
  const jobs: Record<string, unknown>[] = [
    { ...command, codeId: ids.codeId },
    { ...command, environmentId: ids.environmentId },
    { ...command, computeId: ids.computeId },
    { ...command, inputs: { d: { jobInputType: 'uri_folder', uri: `azureml:${workspace}/data/parent/versions/1` } } },
    {
      ...command,
      inputs: { d: { jobInputType: 'uri_folder', uri: `azureml:/${workspace}/datastores/workspaceblobstore/paths/m/` } },
    },
    { jobType: 'Pipeline', jobs: { a: { type: 'command', componentId: ids.componentId } } },
  ]
  const trigger = { triggerType: 'Cron', expression: '0 6 * * 1', timeZone: 'UTC' }
  const online = { endpointComputeType: 'Managed' }
  const model = `${workspace}/models/parent/versions/1`
  return {
    jobs: jobs.map((properties) => ['jobs/foreign', { properties }]),
    schedules: jobs.map((jobDefinition) => [
      'schedules/foreign',
      { properties: { trigger, action: { actionType: 'CreateJob', jobDefinition }, isEnabled: false } },
    ]),
    components: [{ code: ids.codeId }, { environment: ids.environmentId }].map((member) => [
      'components/foreign/versions/1',
      { properties: { componentSpec: { type: 'command', command: 'true', environment: 'azureml:e:1', ...member } } },
    ]),
    onlineDeployments: [
      { model },
      { environmentId: ids.environmentId },
      { codeConfiguration: { codeId: ids.codeId, scoringScript: 'score.py' } },
    ].map((member) => [
      'onlineEndpoints/mine/deployments/foreign',
      { location: 'local', sku: { name: 'Default', capacity: 1 }, properties: { ...online, ...member } },
    ]),
    batchDeployments: [
      { model: { referenceType: 'Id', assetId: model } },
      { environmentId: ids.environmentId },
      { codeConfiguration: { codeId: ids.codeId, scoringScript: 'score.py' } },
    ].map((member) => [
      'batchEndpoints/mine/deployments/foreign',
      { location: 'local', properties: { compute: 'local', miniBatchSize: 10, ...member } },
    ]),
  }
}
