import { allOperations, expandPath, type Operation } from '@fulcrum/contract'
import { startTestServer, type TestApi, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roleIds } from '../../src/kernel/authz/index.ts'

/** Generated from the operation table: what holds for every operation, so that a new one is covered on the day it is declared. */

/** Without a token: liveness, discovery, public keys, and the doors that check a credential of their own in body or header. */
const publicOperations = [
  'auth.signIn',
  'issuer.configuration',
  'issuer.keys',
  'issuer.managedIdentityToken',
  'mlflow.server.health',
  'mlflow.server.info',
  'mlflow.server.studio',
  'mlflow.server.version',
  // Answer 404 with an empty body: what MLflow's client falls back on.
  'mlflow.unknown.delete',
  'mlflow.unknown.get',
  'mlflow.unknown.patch',
  'mlflow.unknown.post',
  'mlflow.unknown.put',
  // What clients ask before they have a token; the token endpoint checks secrets, codes and refresh tokens itself.
  'oauth.configuration',
  'oauth.configurationV1',
  'oauth.deviceCode',
  'oauth.devicePage',
  'oauth.instanceDiscovery',
  'oauth.keys',
  'oauth.token',
  'oauth.tokenV1',
  'platform.cloudMetadata',
  'platform.health',
  'platform.openApi',
  // Its signature is the credential.
  'runHistory.log',
  'workspaces.discovery',
]

const subscription = '/subscriptions/00000000-0000-0000-0000-000000000001'

/** A path whose parameters name nothing that exists. */
function pathOf(operation: Operation): string {
  const params = Object.fromEntries([...operation.path.matchAll(/\{(\w+)\*?\}/g)].map((match) => [match[1] ?? '', 'nothing']))
  return expandPath(operation.path.replace('/{scope*}', subscription), {
    ...params,
    subscriptionId: subscription.split('/')[2] ?? '',
  })
}

const call = (api: TestApi, operation: Operation, body?: unknown) =>
  api.request(operation.method, pathOf(operation), body === undefined ? {} : { body })
const isProtected = (operation: Operation) => operation.action !== 'public'
const needsRole = (operation: Operation) =>
  isProtected(operation) && operation.action !== 'authenticated' && operation.filtered !== true
const isWrite = (operation: Operation) => !/\/read$/i.test(operation.action)

describe('every operation', () => {
  let server: TestServer
  let nobody: TestApi
  let reader: TestApi

  beforeAll(async () => {
    server = await startTestServer({ engine: false })
    nobody = server.api(await server.tokenOf(await server.createUser('nobody')))
    const readerId = await server.createUser('reader')
    await server.grant(readerId, roleIds.reader, subscription)
    reader = server.api(await server.tokenOf(readerId))
  })
  afterAll(() => server.close())

  it('is declared: a table with nothing in it proves nothing', () => {
    expect(allOperations.length).toBeGreaterThan(60)
    expect(new Set(allOperations.map((operation) => operation.id)).size).toBe(allOperations.length)
    for (const operation of allOperations) expect(operation.summary, operation.id).toMatch(/\w{3,}.*\.$/)
  })

  it('that is public is on the list of public operations', () => {
    const found = allOperations.filter((operation) => operation.action === 'public').map((operation) => operation.id)
    expect(found.toSorted()).toEqual(publicOperations.toSorted())
  })

  it.each(allOperations.filter(isProtected))('$id answers 401 without a token', async (operation) => {
    expect((await call(server.api(), operation)).status).toBe(401)
  })

  it.each(allOperations.filter(needsRole))('$id answers a stranger as if nothing were there', async (operation) => {
    const response = await call(nobody, operation, operation.example)
    expect(response.status).toBe(404)
    expect(JSON.stringify(response.text)).not.toContain('AuthorizationFailed')
  })

  it.each(
    allOperations.filter(
      (operation) => needsRole(operation) && isWrite(operation) && operation.plane === 'control' && operation.dialect === 'arm',
    ),
  )('$id refuses a reader with 403', async (operation) => {
    const response = await call(reader, operation, operation.example)
    expect([response.status, response.text]).toEqual([403, expect.stringContaining('AuthorizationFailed')])
  })

  it.each(
    allOperations.filter(
      (operation) => operation.body !== undefined && operation.bodyKind !== 'stream' && operation.dialect === 'arm',
    ),
  )('$id refuses a body that is not an object with 400', async (operation) => {
    const response = await call(server.admin, operation, ['not', 'an', 'object'])
    expect(response.status).toBe(400)
    expect(response.json()).toMatchObject({
      error: { code: expect.any(String), message: expect.any(String), target: expect.any(String) },
    })
  })

  it.each(allOperations.filter((operation) => operation.example !== undefined && operation.body !== undefined))(
    '$id accepts its own example',
    (operation) => {
      expect(operation.body?.safeParse(operation.example)).toMatchObject({ success: true })
    },
  )

  it.each(allOperations.filter((operation) => operation.dialect === 'arm'))(
    '$id never answers 5xx to nonsense',
    async (operation) => {
      const response = await server.admin.request(operation.method, `${pathOf(operation)}?$top=-1&$skipToken=x.y`, {
        body: '{"properties":{"a":[[[]]]},',
      })
      expect(response.status).toBeLessThan(500)
    },
  )
})
