import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  BlobSASPermissions,
  BlobServiceClient,
  BlockBlobClient,
  ContainerClient,
  ContainerSASPermissions,
  generateAccountSASQueryParameters,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
  type BlobSASSignatureValues,
  type UserDelegationKey,
} from '@azure/storage-blob'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roleIds } from '../../kernel/authz/index.ts'
import { codeOf, noRetries, startStorageFixture, type StorageFixture } from './blob-client.fixture.ts'

const minute = 60_000
const textOf = async (client: { downloadToBuffer(): Promise<Buffer> }) => (await client.downloadToBuffer()).toString()
const inMs = (milliseconds: number) => new Date(Date.now() + milliseconds)

describe('signatures made by the client library', () => {
  let fixture: StorageFixture
  const containerName = 'signed'

  beforeAll(async () => {
    fixture = await startStorageFixture()
    await fixture.service.createContainer(containerName)
    await fixture.service.createContainer('other')
    for (const name of ['a.txt', 'folder/b.txt', 'folder-2/c.txt', 'ünï code/d e+f.txt'])
      await fixture.service.getContainerClient(containerName).uploadBlockBlob(name, name, Buffer.byteLength(name))
  })
  afterAll(() => fixture[Symbol.asyncDispose]())

  const signed = (
    values: Partial<BlobSASSignatureValues> & Pick<BlobSASSignatureValues, 'permissions'>,
    key?: UserDelegationKey,
  ) => {
    const whole = { containerName, expiresOn: inMs(10 * minute), ...values } as BlobSASSignatureValues
    return key === undefined
      ? generateBlobSASQueryParameters(whole, fixture.credential).toString()
      : generateBlobSASQueryParameters(whole, key, fixture.accountName).toString()
  }
  const container = (sas: string, name = containerName) =>
    new ContainerClient(`${fixture.blobUrl}/${name}?${sas}`, undefined, noRetries)
  const blob = (name: string, sas: string, inside = containerName) => container(sas, inside).getBlockBlobClient(name)

  it('accepts a key in the Authorization header, and no other', async () => {
    expect(await textOf(fixture.service.getContainerClient(containerName).getBlobClient('ünï code/d e+f.txt'))).toBe(
      'ünï code/d e+f.txt',
    )
    const wrong = new StorageSharedKeyCredential(fixture.accountName, Buffer.alloc(64, 1).toString('base64'))
    expect(await codeOf(new BlobServiceClient(fixture.blobUrl, wrong, noRetries).getProperties())).toBe(
      '403 AuthenticationFailed',
    )
  })

  it('ends what was signed with a key when that is regenerated, and leaves the other key', async () => {
    const keys = (await fixture.server.admin.post(`${fixture.accountId}/listKeys`)).json<{ keys: { value: string }[] }>().keys
    const second = new StorageSharedKeyCredential(fixture.accountName, keys[1]?.value ?? '')
    const service = new BlobServiceClient(fixture.blobUrl, second, noRetries)
    expect(await codeOf(service.getProperties())).toBe('ok')
    expect((await fixture.server.admin.post(`${fixture.accountId}/regenerateKey`, { keyName: 'key2' })).status).toBe(200)
    expect(await codeOf(service.getProperties())).toBe('403 AuthenticationFailed')
    expect(await codeOf(fixture.service.getProperties())).toBe('ok')
  })

  it.each(['2018-11-09', '2020-02-10', '2020-12-06', '2021-12-02', undefined])(
    'accepts a container signature of version %s',
    async (version) => {
      const permissions = ContainerSASPermissions.parse('rl')
      const sas = signed({ permissions, ...(version === undefined ? {} : { version }) })
      expect(await textOf(blob('folder/b.txt', sas))).toBe('folder/b.txt')
      const names: string[] = []
      for await (const { name } of container(sas).listBlobsFlat()) names.push(name)
      expect(names).toContain('a.txt')
      expect(await codeOf(blob('new.txt', sas).upload('x', 1))).toBe('403 AuthorizationPermissionMismatch')
      expect(await codeOf(blob('a.txt', sas, 'other').getProperties())).toBe('403 AuthenticationFailed')
    },
  )

  it('keeps a blob signature to its blob, and a folder signature to its folder', async () => {
    const permissions = BlobSASPermissions.parse('r')
    const one = signed({ permissions, blobName: 'a.txt' })
    expect(await textOf(blob('a.txt', one))).toBe('a.txt')
    expect(await codeOf(blob('folder/b.txt', one).downloadToBuffer())).toBe('403 AuthenticationFailed')
    const folder = signed({ permissions, blobName: 'folder', isDirectory: true })
    expect(await textOf(blob('folder/b.txt', folder))).toBe('folder/b.txt')
    expect(await codeOf(blob('folder-2/c.txt', folder).downloadToBuffer())).toBe('403 AuthenticationFailed')
  })

  it('keeps to times, addresses, protocols and response headers', async () => {
    const permissions = BlobSASPermissions.parse('r')
    const read = (more: Partial<BlobSASSignatureValues>) =>
      blob('a.txt', signed({ permissions, blobName: 'a.txt', ...more })).download()
    expect(await codeOf(read({ startsOn: inMs(-minute), ipRange: { start: '127.0.0.1' } }))).toBe('ok')
    expect(await codeOf(read({ startsOn: inMs(10 * minute), expiresOn: inMs(20 * minute) }))).toBe('403 AuthenticationFailed')
    expect(await codeOf(read({ expiresOn: inMs(-minute) }))).toBe('403 AuthenticationFailed')
    expect(await codeOf(read({ ipRange: { start: '10.0.0.1', end: '10.0.0.9' } }))).toBe('403 AuthorizationSourceIPMismatch')
    expect(await codeOf(read({ ipRange: { start: '127.0.0.0', end: '127.0.0.9' } }))).toBe('ok')
    expect(await codeOf(read({ protocol: SASProtocol.Https }))).toBe('403 AuthorizationProtocolMismatch')
    expect((await read({ contentType: 'text/csv', cacheControl: 'no-cache' })).contentType).toBe('text/csv')
  })

  it('lets a signature that may only create make a blob, and not replace it', async () => {
    const sas = signed({ permissions: BlobSASPermissions.parse('c'), blobName: 'once.txt' })
    expect(await codeOf(blob('once.txt', sas).upload('1', 1))).toBe('ok')
    expect(await codeOf(blob('once.txt', sas).upload('2', 1))).toBe('403 UnauthorizedBlobOverwrite')
  })

  it('takes permissions and times from a stored access policy, and ends with it', async () => {
    const client = fixture.service.getContainerClient(containerName)
    const accessPolicy = { permissions: 'r', startsOn: inMs(-minute), expiresOn: inMs(10 * minute) }
    await client.setAccessPolicy(undefined, [{ id: 'readers', accessPolicy }])
    expect((await client.getAccessPolicy()).signedIdentifiers).toMatchObject([
      { id: 'readers', accessPolicy: { permissions: 'r' } },
    ])
    const sas = generateBlobSASQueryParameters({ containerName, identifier: 'readers' }, fixture.credential).toString()
    expect(await textOf(blob('a.txt', sas))).toBe('a.txt')
    expect(await codeOf(blob('new.txt', sas).upload('x', 1))).toBe('403 AuthorizationPermissionMismatch')
    await client.setAccessPolicy(undefined, [])
    expect(await codeOf(blob('a.txt', sas).getProperties())).toBe('403 AuthenticationFailed')
  })

  it('keeps an account signature to its services, levels and permissions', async () => {
    const account = (permissions: string, resourceTypes: string, services = 'b') => {
      const values = {
        permissions: AccountSASPermissions.parse(permissions),
        resourceTypes: AccountSASResourceTypes.parse(resourceTypes).toString(),
        services: AccountSASServices.parse(services).toString(),
        expiresOn: inMs(10 * minute),
      }
      return new BlobServiceClient(
        `${fixture.blobUrl}?${generateAccountSASQueryParameters(values, fixture.credential)}`,
        undefined,
        noRetries,
      )
    }
    const listed: string[] = []
    for await (const { name } of account('l', 's').listContainers()) listed.push(name)
    expect(listed).toEqual(['other', 'signed'])
    expect(await codeOf(account('rl', 's').getContainerClient(containerName).getBlobClient('a.txt').getProperties())).toBe(
      '403 AuthorizationResourceTypeMismatch',
    )
    expect(await textOf(account('r', 'o').getContainerClient(containerName).getBlobClient('a.txt'))).toBe('a.txt')
    expect(await codeOf(account('r', 'o', 'q').getContainerClient(containerName).getBlobClient('a.txt').getProperties())).toBe(
      '403 AuthorizationServiceMismatch',
    )
    expect(await codeOf(account('c', 'c').createContainer('made-by-sas'))).toBe('ok')
    expect(await codeOf(account('r', 'sco').createContainer('refused'))).toBe('403 AuthorizationPermissionMismatch')
  })

  it('gives a delegation key to a token; what is signed with it ends at the rights of its owner, and with them', async () => {
    const { server } = fixture
    const userId = await server.createUser('delegate')
    const user = server.api(await server.tokenOf(userId))
    const body = `<KeyInfo><Start>${new Date().toISOString().slice(0, 19)}Z</Start><Expiry>${inMs(60 * minute)
      .toISOString()
      .slice(0, 19)}Z</Expiry></KeyInfo>`
    const ask = () =>
      user.request('POST', `/store/${fixture.accountName}.blob.core.windows.net/?restype=service&comp=userdelegationkey`, {
        body,
        headers: { 'content-type': 'application/xml', 'x-ms-version': '2021-12-02' },
      })
    expect((await ask()).status).toBe(403)
    await server.grant(userId, roleIds.storageBlobDataReader, fixture.accountId)
    const xml = (await ask()).text
    const member = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? ''
    const key: UserDelegationKey = {
      signedObjectId: member('SignedOid'),
      signedTenantId: member('SignedTid'),
      signedStartsOn: new Date(member('SignedStart')),
      signedExpiresOn: new Date(member('SignedExpiry')),
      signedService: member('SignedService'),
      signedVersion: member('SignedVersion'),
      value: member('Value'),
    }
    expect(key.signedObjectId).toBe(userId)
    const permissions = ContainerSASPermissions.parse('rwl')
    for (const version of ['2018-11-09', '2020-02-10', '2021-12-02', '2025-07-05', undefined]) {
      const sas = signed({ permissions, ...(version === undefined ? {} : { version }) }, key)
      expect([version, await codeOf(blob('a.txt', sas).getProperties())]).toEqual([version, 'ok'])
    }
    const sas = signed({ permissions }, key)
    // The signature says write; the role of its owner does not.
    expect(await codeOf(blob('a.txt', sas).upload('x', 1))).toBe('403 AuthorizationPermissionMismatch')
    expect(await codeOf(blob('a.txt', sas.replace('sp=rwl', 'sp=rwdl')).getProperties())).toBe('403 AuthenticationFailed')
    fixture.shiftClock(61 * minute)
    expect(await codeOf(blob('a.txt', sas).getProperties())).toBe('403 AuthenticationFailed')
    fixture.shiftClock(0)
    await server.ctx.db.kysely.updateTable('principals').set({ enabled: false }).where('id', '=', userId).execute()
    expect(await codeOf(blob('a.txt', sas).getProperties())).toBe('403 AuthenticationFailed')
  })

  it('signs a snapshot for itself', async () => {
    const client = fixture.service.getContainerClient(containerName).getBlockBlobClient('a.txt')
    const { snapshot = '' } = await client.createSnapshot()
    const sas = signed({ permissions: BlobSASPermissions.parse('r'), blobName: 'a.txt', snapshotTime: snapshot })
    const url = `${fixture.blobUrl}/${containerName}/a.txt?snapshot=${encodeURIComponent(snapshot)}&${sas}`
    expect(await textOf(new BlockBlobClient(url, undefined, noRetries))).toBe('a.txt')
    expect(await codeOf(blob('a.txt', sas).getProperties())).toBe('403 AuthenticationFailed')
  })
})
