import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startTestServer, until, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { putBlob } from '../../src/domains/storage/index.ts'
import { areas } from './areas.ts'
import type { Members, Trial, Variant } from './types.ts'

/** Every row of docs/azure-compatibility.md, tried. */

const variants = areas.flatMap((area) =>
  area.variants.map((variant) => ({ ...variant, title: `${area.title}: ${variant.name}` })),
)
const packages = join(import.meta.dirname, '../../..')

let server: TestServer
let group: string
let workspace: string
beforeAll(async () => {
  server = await startTestServer()
  const { ctx, admin } = server
  group = `/subscriptions/${ctx.config.subscriptionId}/resourceGroups/compatibility`
  workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/compatibility`
  await admin.put(group, { location: 'local' })
  for (const place of [workspace, registryOf()])
    expect((await admin.put(place, { location: 'local', properties: {} })).status).toBeLessThan(300)
  for (const [name, text] of Object.entries({
    'files/a.csv': 'a\n1\n',
    'files/score.py': 'pass\n',
    'files/MLmodel': 'flavors: {}\n',
  }))
    await putBlob(ctx, { workspaceId: workspace, name, source: Buffer.from(text) })
})
afterAll(() => server.close())

const registryOf = () => `${group}/providers/Microsoft.MachineLearningServices/registries/compatibility`
const idOf = ({ below, path }: Variant) => `${{ group, registry: registryOf(), workspace }[below ?? 'workspace']}/${path}`

/** What a GET has to give for what was written. */
function expected(value: unknown, shown: Members = {}): unknown {
  if (Array.isArray(value)) return value.map((item) => expected(item))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, member]) => [name, name in shown ? shown[name] : expected(member)] as const)
  return Object.fromEntries(entries)
}

it('has a row for every job type, compute type and the like once', () => {
  expect(new Set(variants.map((variant) => `${variant.below}/${variant.path.toLowerCase()}`)).size).toBe(variants.length)
  expect(variants.length).toBeGreaterThan(90)
})

describe('is accepted and round-trips', () => {
  it.each(variants)('$title', async (variant) => {
    const written = await server.admin.put(idOf(variant), variant.body)
    expect([200, 201, 202], written.text).toContain(written.status)
    const read = await server.admin.get(idOf(variant))
    expect(read.status, read.text).toBe(200)
    const { properties, kind } = read.json<{ properties: Members; kind?: string }>()
    expect(properties).toMatchObject(expected(variant.body.properties, variant.shown) as object)
    if (variant.body.kind !== undefined) expect(kind).toBe(variant.body.kind)
    expect(read.text).not.toContain('"secret"')
  })
})

async function endOf(jobId: string): Promise<Members & { error?: { code: string; message: string } }> {
  return until(`end of ${jobId}`, async () => {
    const { properties } = (await server.admin.get(jobId)).json<{ properties: Members }>()
    return ['Completed', 'Failed', 'Canceled'].includes(String(properties['status'])) ? properties : undefined
  })
}

const isTried = (variant: Variant): boolean => variant.runs === 'yes' && variant.path.startsWith('jobs/')

describe('runs', () => {
  it.each(variants.filter((variant) => variant.runs === 'yes' && !(isTried(variant) && variant.provenBy === undefined)))(
    '$title: has a test that runs it',
    (variant) => {
      const file = variant.runs === 'yes' ? (variant.provenBy ?? '') : ''
      expect(file).not.toBe('')
      expect(existsSync(join(packages, file)), file).toBe(true)
    },
  )

  it.each(variants.filter((variant) => isTried(variant) && !('provenBy' in variant)))('$title: to its end', async (variant) => {
    const job = await endOf(idOf(variant))
    expect(job, JSON.stringify(job.error)).toMatchObject({ status: 'Completed' })
  })
})

/** A job that uses what does not run. @returns its properties */
function userOf(when: Trial, id: string): Members {
  const command = { jobType: 'Command', command: 'true' }
  const name = id.split('/').at(-1) ?? ''
  switch (when) {
    case 'compute':
      return { ...command, computeId: id }
    case 'environment':
      return { ...command, environmentId: id }
    case 'input':
      return { ...command, inputs: { d: { jobInputType: 'uri_file', uri: `azureml://datastores/${name}/paths/a.csv` } } }
    default:
      return { jobType: 'Pipeline', jobs: { step: { componentId: id } } }
  }
}

describe('does not run, and says so at once', () => {
  const refused = variants.flatMap((variant) => (variant.runs === 'refused' ? [variant] : []))
  it.each(refused)('$title', async (variant) => {
    const id = idOf(variant)
    if (variant.when.startsWith('POST ')) {
      const answer = await server.admin.post(`${id}/${variant.when.slice('POST '.length)}`, {})
      expect(answer.status, answer.text).toBe(400)
      expect(answer.json()).toMatchObject({ error: { code: 'NotSupported', message: expect.stringContaining(variant.message) } })
      return
    }
    const jobId = variant.when === 'job' ? id : `${workspace}/jobs/use-${refused.indexOf(variant)}`
    if (variant.when !== 'job') {
      const submitted = await server.admin.put(jobId, { properties: userOf(variant.when, id) })
      expect([200, 201], submitted.text).toContain(submitted.status)
    }
    const job = await endOf(jobId)
    expect(job['status']).toBe('Failed')
    expect(job.error?.message).toContain(variant.message)
    expect(job.error?.code).toBe('NotSupported')
  })
})
