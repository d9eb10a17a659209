import { createHash } from 'node:crypto'
import { BlobSASPermissions, ContainerSASPermissions, generateBlobSASQueryParameters } from '@azure/storage-blob'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStorageFixture, type StorageFixture } from './blob-client.fixture.ts'
import { Crc64 } from './blob/crc64.ts'

const minute = 60_000
const inMs = (milliseconds: number) => new Date(Date.now() + milliseconds)
const xml = (body: string) => ({ body, headers: { 'content-type': 'application/xml' } })
const text = (body: string, headers: Record<string, string> = {}) => ({
  body,
  headers: { 'content-type': 'text/plain', ...headers },
})
const blocks = (count: number) => `<BlockList>${'<Latest>MQ==</Latest>'.repeat(count)}</BlockList>`
const md5 = (body: string) => createHash('md5').update(body).digest('base64')

interface Hostile {
  readonly body?: string
  readonly headers?: Record<string, string>
}

/** What is sent with a good signature for the container, below `/store/{account}/mine/`: the path and query, and what is answered. */
const requests: readonly [why: string, method: string, path: string, request: Hostile, status: number, code: string][] = [
  ['an encoded path that leaves', 'PUT', '%2e%2e%2fetc', text('x'), 400, 'InvalidResourceName'],
  ['a path encoded twice', 'PUT', 'a/%252e%252e/b', text('x'), 400, 'InvalidResourceName'],
  ['a fullwidth path that leaves', 'PUT', `${encodeURIComponent('．．／')}a`, text('x'), 400, 'InvalidResourceName'],
  ['a NUL', 'PUT', 'a%00.txt', text('x'), 400, 'InvalidResourceName'],
  ['a backslash', 'PUT', 'a%5c..%5cb', text('x'), 400, 'InvalidResourceName'],
  ['a reserved name', 'PUT', 'con.txt', text('x'), 400, 'InvalidResourceName'],
  ['a very long name', 'PUT', 'x/'.repeat(600), text('x'), 400, 'InvalidResourceName'],
  ['a block of a path that leaves', 'PUT', '%2e%2e%2fa?comp=block&blockid=MQ==', text('x'), 400, 'InvalidResourceName'],
  ['a list of a path that leaves', 'PUT', '%2e%2e%2fa?comp=blocklist', xml(blocks(0)), 400, 'InvalidResourceName'],
  ['a wrong MD5', 'PUT', 'wrong', text('x', { 'content-md5': md5('y') }), 400, 'Md5Mismatch'],
  ['an MD5 that is none', 'PUT', 'wrong', text('x', { 'content-md5': 'nonsense' }), 400, 'InvalidMd5'],
  ['a wrong CRC', 'PUT', 'wrong', text('x', { 'x-ms-content-crc64': 'AAAAAAAAAAA=' }), 400, 'Crc64Mismatch'],
  ['a wrong MD5 of a block', 'PUT', 'wrong?comp=block&blockid=MQ==', text('x', { 'content-md5': md5('y') }), 400, 'Md5Mismatch'],
  ['a block id that is none', 'PUT', 'wrong?comp=block&blockid=***', text('x'), 400, 'InvalidQueryParameterValue'],
  ['a block without an id', 'PUT', 'wrong?comp=block', text('x'), 400, 'MissingRequiredQueryParameter'],
  ['a huge block list', 'PUT', 'wrong?comp=blocklist', xml(blocks(50_001)), 400, 'BlockListTooLong'],
  ['a block list beyond all bounds', 'PUT', 'wrong?comp=blocklist', xml('x'.repeat(9_000_000)), 413, 'RequestBodyTooLarge'],
  ['XML that does not close', 'PUT', 'wrong?comp=blocklist', xml('<BlockList><Latest>MQ=='), 400, 'InvalidXmlDocument'],
  ['XML with a DTD', 'PUT', 'wrong?comp=blocklist', xml('<!DOCTYPE a [<!ENTITY b "c">]><BlockList/>'), 400, 'InvalidXmlDocument'],
  [
    'XML with an unknown entity',
    'PUT',
    'wrong?comp=blocklist',
    xml('<BlockList><Latest>&b;</Latest></BlockList>'),
    400,
    'InvalidXmlDocument',
  ],
  ['XML nested deeply', 'PUT', 'wrong?comp=blocklist', xml('<a>'.repeat(10_000)), 400, 'InvalidXmlDocument'],
  ['XML of something else', 'PUT', 'wrong?comp=blocklist', xml('<Other/>'), 400, 'InvalidXmlDocument'],
  ['unknown blocks', 'PUT', 'wrong?comp=blocklist', xml(blocks(1)), 400, 'InvalidBlockList'],
  [
    'too many tags',
    'PUT',
    'wrong',
    text('x', { 'x-ms-tags': Array.from({ length: 11 }, (_, index) => `t${index}=1`).join('&') }),
    400,
    'InvalidTag',
  ],
  ['metadata with a bad name', 'PUT', 'wrong', text('x', { 'x-ms-meta-a-b': '1' }), 400, 'InvalidMetadata'],
  ['metadata without end', 'PUT', 'wrong', text('x', { 'x-ms-meta-a': 'x'.repeat(9_000) }), 400, 'MetadataTooLarge'],
  ['a page blob', 'PUT', 'wrong', text('', { 'x-ms-blob-type': 'PageBlob' }), 400, 'UnsupportedOperation'],
  ['an unknown tier', 'PUT', 'wrong', text('x', { 'x-ms-access-tier': 'Lukewarm' }), 400, 'InvalidHeaderValue'],
  ['a condition that is no date', 'PUT', 'wrong', text('x', { 'if-modified-since': 'tomorrow' }), 400, 'InvalidHeaderValue'],
  ['a condition on tags that is none', 'GET', 'there', { headers: { 'x-ms-if-tags': "a = 'b' AND" } }, 400, 'InvalidHeaderValue'],
  [
    'a copy from elsewhere',
    'PUT',
    'wrong',
    text('', { 'x-ms-copy-source': 'http://169.254.169.254/store/a/b/c' }),
    404,
    'CannotVerifyCopySource',
  ],
  ['a copy from no URL', 'PUT', 'wrong', text('', { 'x-ms-copy-source': 'file:///etc/passwd' }), 400, 'InvalidHeaderValue'],
  ['an undelete', 'PUT', 'there?comp=undelete', text(''), 400, 'UnsupportedOperation'],
  ['an unknown operation', 'PUT', 'there?comp=nonsense', text('x'), 400, 'InvalidQueryParameterValue'],
  ['a version', 'GET', 'there?versionid=1', {}, 400, 'UnsupportedOperation'],
  ['a range behind the end', 'GET', 'there', { headers: { 'x-ms-range': 'bytes=5-' } }, 416, 'InvalidRange'],
  ['a backward range', 'GET', 'there', { headers: { 'x-ms-range': 'bytes=4-2' } }, 416, 'InvalidRange'],
  ['an MD5 of no range', 'GET', 'there', { headers: { 'x-ms-range-get-content-md5': 'true' } }, 400, 'InvalidHeaderValue'],
  ['a page size of none', 'GET', '?restype=container&comp=list&maxresults=0', {}, 400, 'OutOfRangeQueryParameterValue'],
  ['a marker of nobody', 'GET', '?restype=container&comp=list&marker=nonsense', {}, 400, 'InvalidQueryParameterValue'],
  [
    'anonymous access',
    'PUT',
    '?restype=container&comp=acl',
    { ...xml(''), headers: { 'x-ms-blob-public-access': 'blob', 'content-type': 'text/xml' } },
    409,
    'PublicAccessNotPermitted',
  ],
  ['policies by a signature', 'PUT', '?restype=container&comp=acl', xml('<SignedIdentifiers/>'), 403, 'AuthorizationFailure'],
]

describe('hostile requests', () => {
  let fixture: StorageFixture
  beforeAll(async () => {
    fixture = await startStorageFixture()
    for (const name of ['mine', 'other']) await fixture.service.createContainer(name)
    await fixture.service.getContainerClient('mine').uploadBlockBlob('there', 'there', 5)
  })
  afterAll(() => fixture[Symbol.asyncDispose]())

  const sas = (more: Record<string, unknown> = {}) =>
    generateBlobSASQueryParameters(
      { containerName: 'mine', permissions: ContainerSASPermissions.parse('racwdlt'), expiresOn: inMs(10 * minute), ...more },
      fixture.credential,
    ).toString()
  const send = async (method: string, path: string, request: Hostile, signature = sas(), container = 'mine') => {
    const url = `/store/${fixture.accountName}.blob.core.windows.net/${container}/${path}${path.includes('?') ? '&' : '?'}${signature}`
    const answer = await fixture.server.api().request(method, url, { headers: {}, ...request })
    if (method !== 'HEAD' && answer.status >= 400) expect(answer.text).toMatch(/^<\?xml .*<Code>\w+<\/Code><Message>/s)
    return [answer.status, answer.headers['x-ms-error-code']]
  }
  const everything = async () => {
    const names: string[] = []
    for (const container of ['mine', 'other']) {
      const options = { includeUncommitedBlobs: true, includeSnapshots: true }
      for await (const { name } of fixture.service.getContainerClient(container).listBlobsFlat(options))
        names.push(`${container}/${name}`)
    }
    return names
  }

  it.each(requests)('%s (%s %s) is refused and leaves nothing', async (...[, method, path, request, status, code]) => {
    expect(await send(method, path, request)).toEqual([status, code])
    expect(await everything()).toEqual(['mine/there'])
  })

  it.each<[string, () => string, string, string]>([
    ['expired', () => sas({ expiresOn: inMs(-minute) }), 'mine', 'AuthenticationFailed'],
    ['not valid yet', () => sas({ startsOn: inMs(5 * minute) }), 'mine', 'AuthenticationFailed'],
    ['for another container', () => sas(), 'other', 'AuthenticationFailed'],
    [
      'for reading only',
      () => sas({ permissions: ContainerSASPermissions.parse('rl') }),
      'mine',
      'AuthorizationPermissionMismatch',
    ],
    [
      'for another blob',
      () => sas({ blobName: 'there', permissions: BlobSASPermissions.parse('rcw') }),
      'mine',
      'AuthenticationFailed',
    ],
    ['changed', () => sas().replace(/sp=\w+/, 'sp=racwdxltmeop'), 'mine', 'AuthenticationFailed'],
    ['with a later expiry', () => sas().replace(/se=\d{4}/, 'se=2999'), 'mine', 'AuthenticationFailed'],
    ['without an expiry', () => sas().replace(/se=[^&]+&/, ''), 'mine', 'AuthenticationFailed'],
    ['of another version', () => sas().replace(/sv=[\d-]+/, 'sv=2015-04-05'), 'mine', 'AuthenticationFailed'],
    ['with a policy that is not there', () => `${sas()}&si=nobody`, 'mine', 'AuthenticationFailed'],
    ['turned into an account signature', () => `${sas()}&ss=b&srt=sco`, 'mine', 'AuthenticationFailed'],
    ['turned into a delegated one', () => `${sas()}&skoid=system`, 'mine', 'AuthenticationFailed'],
  ])('a signature that is %s writes nothing', async (_why, signature, container, code) => {
    expect(await send('PUT', 'new', text('x'), signature(), container)).toEqual([403, code])
    expect(await everything()).toEqual(['mine/there'])
  })

  it('refuses an old SharedKey request, one of another account, and one that was changed', async () => {
    const request = (authorization: string, date: Date) =>
      fixture.server.api().request('GET', `/store/${fixture.accountName}.blob.core.windows.net/mine/there`, {
        headers: { authorization, 'x-ms-date': date.toUTCString(), 'x-ms-version': '2021-12-02' },
      })
    for (const [authorization, date] of [
      [`SharedKey ${fixture.accountName}:${'A'.repeat(43)}=`, new Date()],
      [`SharedKey ${fixture.accountName}:${'A'.repeat(43)}=`, inMs(-60 * minute)],
      [`SharedKey other:${'A'.repeat(43)}=`, new Date()],
      [`SharedKey nonsense`, new Date()],
    ] as const) {
      const answer = await request(authorization, date)
      expect([authorization, answer.status, answer.headers['x-ms-error-code']]).toEqual([
        authorization,
        403,
        'AuthenticationFailed',
      ])
    }
  })
})

it('the CRC is the one that Azure computes', () => {
  // The check value of CRC-64 with this polynomial (catalogued as NVME) over the digits 1 to 9.
  const check = Buffer.alloc(8)
  check.writeBigUInt64LE(0xae8b14860a799888n)
  expect(new Crc64().update(Buffer.from('123456789')).digest()).toBe(check.toString('base64'))
  const long = Buffer.from('the quick brown fox '.repeat(50))
  expect(new Crc64().update(long.subarray(0, 37)).update(long.subarray(37)).digest()).toBe(new Crc64().update(long).digest())
})
