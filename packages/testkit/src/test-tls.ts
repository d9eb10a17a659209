import type { RequestListener } from 'node:http'
import { ensureServerCertificate, listenTls, type Config } from '@fulcrum/server'

interface TestListener {
  serve(listen: RequestListener): void
  close(): Promise<void>
}

/** A TLS listener on a free port, if wanted. The port is part of addresses that a server hands out, so it is taken before the server is made. */
export async function withTls(config: Config, isWanted: boolean): Promise<{ tls: TestListener | undefined; config: Config }> {
  if (!isWanted) return { tls: undefined, config }
  let handle: RequestListener = (_request, response) => void response.writeHead(503).end()
  const certified = await ensureServerCertificate(config, new Date())
  const listener = await listenTls(certified, { host: '127.0.0.1', port: 0 }, (request, response) => handle(request, response))
  const serve = (listen: RequestListener): void => {
    handle = listen
  }
  return {
    tls: { serve, close: () => listener.close() },
    config: { ...config, https: { ...config.https, port: listener.port } },
  }
}
