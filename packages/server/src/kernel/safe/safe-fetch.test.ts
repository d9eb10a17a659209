import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { isAppError } from '@fulcrum/contract'
import { afterEach, describe, expect, it } from 'vitest'
import { firstInvalidRange, type FetchPurpose, isAllowedAddress, parseExternalUrl, type Resolve } from './external-address.ts'
import { fetchExternal, type FetchRequest } from './safe-fetch.ts'

const webhook: FetchPurpose = { name: 'webhook', allowHttp: true }
const local: FetchPurpose = { ...webhook, allowedRanges: ['127.0.0.0/8'] }

const codeOf = async (action: () => unknown): Promise<unknown> => {
  try {
    await action()
    return 'accepted'
  } catch (error) {
    return isAppError(error) ? error.code : error
  }
}

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function listen(handler: RequestListener): Promise<{ url: string; port: number; requests: string[] }> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.headers.host} ${request.url}`)
    handler(request, response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/hook`, port, requests }
}

describe('addresses', () => {
  it.each(
    `127.0.0.1 0.0.0.0 169.254.169.254 10.1.2.3 172.16.0.1 192.168.1.1 100.64.0.1 198.18.0.1 224.0.0.1
[::1] [::] [fd00::1] [fe80::1] [fec0::1] [ff02::1] [2001:db8::1] [::ffff:127.0.0.1] [::127.0.0.1]
[64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [2002:7f00:1::] [2001:0:4136:e378:8000:63bf:80ff:fffe] [::ffff:0:127.0.0.1]`.split(/\s+/),
  )('case 23: http://%s/ is refused with AddressNotAllowed', async (host) => {
    expect(await codeOf(() => parseExternalUrl(`http://${host}/`, webhook))).toBe('AddressNotAllowed')
    expect(await codeOf(() => fetchExternal(`http://${host}/`, webhook))).toBe('AddressNotAllowed')
  })

  it.each(['2130706433', '0x7f.1', '017700000001', '127.1', '①②⑦.0.0.1', '0177.0.0.01', '127.0.0.1.', '%31%32%37.0.0.1', '0'])(
    'case 24: http://%s/ means a private address and is refused',
    async (host) => {
      expect(await codeOf(() => parseExternalUrl(`http://${host}/`, webhook))).toBe('AddressNotAllowed')
    },
  )

  it.each([
    [25, 'http://ok.example@127.0.0.1/'],
    [25, 'http://user:password@ok.example/'],
    [28, 'ftp://ok.example/'],
    [28, 'data:text/plain,x'],
    [28, 'javascript:alert(1)'],
    [11, 'file:///etc/passwd'],
    [11, 'FILE://localhost/etc/passwd'],
    [12, 'http://ok.example/#/../../'],
    [12, 'http://ok.example/#'],
    [13, 'http:///#/../../etc'],
    [28, 'gopher://ok.example/'],
    [28, '//ok.example/'],
    [28, ''],
  ])('case %i: %s is refused with InvalidUri', async (_, url) => {
    expect(await codeOf(() => parseExternalUrl(url, webhook))).toBe('InvalidUri')
  })

  it('hides credentials in its message', () => {
    expect(() => parseExternalUrl('http://user:canary@ok.example/', webhook)).toThrow(/^(?!.*canary)/)
  })

  it('accepts public addresses, also wrapped ones, and what the operator opened, and nothing beside it', () => {
    for (const address of ['8.8.8.8', '2606:4700::1', '::ffff:8.8.8.8', '64:ff9b::808:808', '2002:808:808::1']) {
      expect([address, isAllowedAddress(address, webhook)]).toEqual([address, true])
    }
    const opened = { ...webhook, allowedRanges: ['10.2.0.0/16', 'fd12::/16'] }
    expect(['10.2.255.255', '::ffff:10.2.0.1', 'fd12::1'].map((address) => isAllowedAddress(address, opened))).toEqual([
      true,
      true,
      true,
    ])
    expect(['10.3.0.0', 'fd13::1', '127.0.0.1', 'name'].map((address) => isAllowedAddress(address, opened))).toEqual([
      false,
      false,
      false,
      false,
    ])
    expect(firstInvalidRange(['10.0.0.0/8', '10.0.0.0/33'])).toBe('10.0.0.0/33')
  })

  it('holds scheme and port to the purpose', async () => {
    const strict = { name: 'issuer', allowHttp: false, ports: [443] }
    expect(parseExternalUrl('https://ok.example/a?b=c', strict).href).toBe('https://ok.example/a?b=c')
    expect(await codeOf(() => parseExternalUrl('http://ok.example/', strict))).toBe('InvalidUri')
    expect(await codeOf(() => parseExternalUrl('https://ok.example:22/', strict))).toBe('InvalidUri')
  })
})

describe('fetchExternal', () => {
  it('sends the request and gives back status, headers and body', async () => {
    const { url, port, requests } = await listen((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () =>
        response.writeHead(201, { 'X-Seen': String(request.headers['x-signature']) }).end(Buffer.concat(chunks)),
      )
    })
    const response = await fetchExternal(url, local, { method: 'POST', headers: { 'x-signature': 'abc' }, body: 'hello' })
    expect([response.status, response.headers['x-seen'], response.body.toString()]).toEqual([201, 'abc', 'hello'])
    expect(requests).toEqual([`POST 127.0.0.1:${port} /hook`])
  })

  it('case 26: refuses a name with a private address among public ones, and does not connect', async () => {
    const { port, requests } = await listen((_, response) => response.end())
    const resolve: Resolve = async () => [
      { address: '8.8.8.8', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]
    expect(await codeOf(() => fetchExternal(`http://ok.example:${port}/`, webhook, { resolve }))).toBe('AddressNotAllowed')
    expect(await codeOf(() => fetchExternal(`http://ok.example:${port}/`, webhook, { resolve: async () => [] }))).toBe(
      'AddressNotAllowed',
    )
    expect(requests).toEqual([])
  })

  it('case 26: resolves once and connects to the checked address, so that rebinding has no second answer to give', async () => {
    const { port, requests } = await listen((_, response) => response.end('reached'))
    let asked = 0
    const resolve: Resolve = async () => {
      asked += 1
      return [{ address: asked === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }]
    }
    const response = await fetchExternal(`http://ok.example:${port}/x`, local, { resolve })
    expect([asked, response.body.toString(), requests]).toEqual([1, 'reached', [`GET ok.example:${port} /x`]])
  })

  it.each(['http://127.0.0.1:CANARY/', 'file:///etc/passwd', 'gopher://127.0.0.1/', '/elsewhere'])(
    'case 27: does not follow a redirect to %s',
    async (location) => {
      const canary = await listen((_, response) => response.end())
      const { url, requests } = await listen((_, response) =>
        response.writeHead(302, { location: location.replace('CANARY', String(canary.port)) }).end(),
      )
      expect(await codeOf(() => fetchExternal(url, local))).toBe('AddressNotAllowed')
      expect([requests.length, canary.requests]).toEqual([1, []])
    },
  )

  const limited = (url: string, limits: FetchRequest['limits']) =>
    codeOf(() => fetchExternal(url, local, { limits: limits ?? {} }))

  it('case 30: cuts an endless body, and accepts one exactly at the limit', async () => {
    const endless = await listen((_, response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536)));
        response.once('drain', more)
      }
      more()
    })
    expect(await limited(endless.url, { maximumBytes: 1_000_000 })).toBe('PayloadTooLarge')
    const exact = await listen((_, response) => response.end(Buffer.alloc(1000)))
    expect(await limited(exact.url, { maximumBytes: 1000 })).toBe('accepted')
    expect(await limited(exact.url, { maximumBytes: 999 })).toBe('PayloadTooLarge')
  })

  it('case 30: cuts a compressed bomb, and decompresses what is within the limit', async () => {
    const { url } = await listen((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(5_000_000))),
    )
    expect(await limited(url, { maximumBytes: 1_000_000 })).toBe('PayloadTooLarge')
    expect((await fetchExternal(url, local)).body.length).toBe(5_000_000)
  })

  it('case 30: cuts huge headers and an answer that never ends', async () => {
    const headers = await listen((_, response) => response.writeHead(200, { 'x-big': 'a'.repeat(40_000) }).end())
    expect(await limited(headers.url, {})).toBe('PayloadTooLarge')
    const silent = await listen(() => undefined)
    expect(await limited(silent.url, { totalTimeoutMs: 100 })).toBe('ServiceUnavailable')
    const slow = await listen((_, response) => response.write('first'))
    expect(await limited(slow.url, { totalTimeoutMs: 100 })).toBe('ServiceUnavailable')
  })

  it('case 31: refuses line breaks in headers before connecting', async () => {
    const { url, requests } = await listen((_, response) => response.end())
    const hostile: Record<string, string>[] = [{ a: 'b\r\nX-Evil: 1' }, { 'a\r\nb': 'c' }, { a: 'b\u0000' }]
    for (const headers of hostile) {
      expect(await codeOf(() => fetchExternal(url, local, { headers }))).toBe('InvalidRequestContent')
    }
    expect(requests).toEqual([])
  })

  it('reports a refused connection, and the caller’s own abort as such', async () => {
    const { url } = await listen((_, response) => response.end())
    const [server] = servers.splice(0)
    await new Promise((resolve) => server!.close(resolve))
    expect(await codeOf(() => fetchExternal(url, local))).toBe('ServiceUnavailable')
    await expect(fetchExternal(url, local, { signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow('stopped')
  })
})
