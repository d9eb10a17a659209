import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { CertifiedKey } from './certificates.ts'

export interface TlsListener {
  readonly port: number
  /** Shows another certificate to new connections. */
  renew(certified: CertifiedKey): void
  close(): Promise<void>
}

/** What Fastify's own server has: idle connections live longer than those of load balancers; uploads take as long as they take. */
const keepAliveTimeoutMs = 76_000

/** Listens with TLS 1.2 or newer; requests go to the same handler as those of the plain listener. Port 0 takes a free one. */
export async function listenTls(
  certified: CertifiedKey,
  address: { host: string; port: number },
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TlsListener> {
  const server: Server = createServer(
    {
      cert: certified.certificate,
      key: certified.key,
      minVersion: 'TLSv1.2',
      keepAliveTimeout: keepAliveTimeoutMs,
      requestTimeout: 0,
    },
    handle,
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: address.host, port: address.port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    renew: (renewed) => server.setSecureContext({ cert: renewed.certificate, key: renewed.key, minVersion: 'TLSv1.2' }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
