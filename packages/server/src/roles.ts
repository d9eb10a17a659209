import { createApp, registerDomains } from './app.ts'
import { createContext } from './context.ts'
import { createDomains } from './domains/index.ts'
import { startEngine } from './engine.ts'
import { listenWithCertificate } from './https.ts'
import type { Config } from './kernel/config/index.ts'
import { studioDirectory } from './paths.ts'
import { studioFiles } from './studio-files.ts'

/** The `api` role: ARM and data planes, studio files, live events. Any number may run. */
export async function runApi(config: Config): Promise<void> {
  await using ctx = await createContext(config)
  await ctx.db.waitUntilReady()
  const domains = createDomains(ctx)
  registerDomains(ctx, domains)
  const app = createApp(ctx, domains, [studioFiles(studioDirectory)])
  await app.listen({ host: config.http.host, port: config.http.port })
  await using https = await listenWithCertificate(ctx, app)
  ctx.log.info({ role: 'api', port: config.http.port, httpsPort: https.port }, 'Answering')
  await untilTold()
  app.server.closeAllConnections()
  await app.close()
}

/** The `engine` role: controllers, steps, schedules, timers. Any number may run. */
export async function runEngine(config: Config): Promise<void> {
  await using ctx = await createContext(config)
  await ctx.db.waitUntilReady()
  const domains = createDomains(ctx)
  registerDomains(ctx, domains)
  await using engine = startEngine(ctx, domains)
  await engine.ready
  ctx.log.info({ role: 'engine' }, 'Working')
  await untilTold()
}

const endings = ['SIGTERM', 'SIGINT', 'disconnect'] as const

/** Resolves on SIGTERM, SIGINT, or when the supervisor that started us is gone. */
export async function untilTold(): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      // A listener for `disconnect` keeps the channel to the parent open, and so the process alive.
      for (const ending of endings) process.off(ending, end)
      resolve()
    }
    for (const ending of endings) process.on(ending, end)
  })
}
