import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import type { Context } from './context.ts'
import { ensureServerCertificate, listenTls, type CertifiedKey } from './kernel/tls/index.ts'

const certificateLock = 7_180_020
const checkEveryMs = 6 * 3_600_000

/** The listener with TLS. */
export interface HttpsListener extends AsyncDisposable {
  readonly port: number
}

/** Lets the app answer with TLS as well. Several api processes share one certificate; each looks for a newer one now and then. */
export async function listenWithCertificate(ctx: Context, app: FastifyInstance): Promise<HttpsListener> {
  await app.ready()
  let shown = await currentCertificate(ctx)
  const { http, https } = ctx.config
  const listener = await listenTls(shown, { host: http.host, port: https.port }, (request, response) =>
    app.routing(request, response),
  )
  const timer = setInterval(() => {
    currentCertificate(ctx).then(
      (current) => {
        if (current.certificate === shown.certificate) return
        shown = current
        listener.renew(current)
        ctx.log.info('A new certificate is shown')
      },
      (error: unknown) => ctx.log.error({ err: error }, 'The certificate could not be renewed; the old one is shown'),
    )
  }, checkEveryMs)
  timer.unref()
  return {
    port: listener.port,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await listener.close()
    },
  }
}

/** One process at a time makes certificates. */
async function currentCertificate(ctx: Context): Promise<CertifiedKey> {
  return ctx.db.transaction(async (tx) => {
    await sql`select pg_advisory_xact_lock(${certificateLock})`.execute(tx)
    return ensureServerCertificate(ctx.config, ctx.clock.now())
  })
}
