import { setTimeout as delay } from 'node:timers/promises'
import { Client, type ClientConfig } from 'pg'
import type { DatabaseLog } from './log.ts'

export type NotificationHandler = (payload: string) => void

export interface ListenOptions {
  /** Called after the connection was lost and made again: notifications sent in between are gone, so read the tables once. */
  readonly onReconnect?: () => void
}

/** One subscription; `close` ends it. */
export interface Listening extends AsyncDisposable {
  close(): Promise<void>
}

interface Subscription {
  readonly channel: string
  readonly handler: NotificationHandler
  readonly onReconnect: (() => void) | undefined
}

const channelPattern = /^[a-z_][a-z0-9_]{0,62}$/

/** @throws when `channel` is not a plain lower-case SQL name of at most 63 characters */
export function checkChannel(channel: string): string {
  if (!channelPattern.test(channel)) {
    throw new Error(
      `'${channel}' is not a channel name: use lower-case letters, digits and _ (at most 63), for example 'task_ready'.`,
    )
  }
  return channel
}

/** LISTEN over one dedicated connection that is made again by itself after a loss (a pooled connection would forget its channels). */
export class Listener {
  readonly #config: ClientConfig
  readonly #log: DatabaseLog
  readonly #subscriptions = new Set<Subscription>()
  readonly #stopped = new AbortController()
  #client: Promise<Client> | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(config: ClientConfig, log: DatabaseLog) {
    this.#config = config
    this.#log = log
  }

  /** One statement at a time: a client refuses to be given a second while it works on one. */
  #run(client: Client, statement: string): Promise<unknown> {
    const done = this.#last.then(() => client.query(statement))
    this.#last = done.catch(() => undefined)
    return done
  }

  async listen(channel: string, handler: NotificationHandler, options: ListenOptions = {}): Promise<Listening> {
    const subscription = { channel: checkChannel(channel), handler, onReconnect: options.onReconnect }
    this.#subscriptions.add(subscription)
    try {
      const client = await (this.#client ??= this.#connect())
      await this.#run(client, `listen ${channel}`)
    } catch (error) {
      this.#subscriptions.delete(subscription)
      throw error
    }
    const close = async (): Promise<void> => {
      this.#subscriptions.delete(subscription)
      const isLast = ![...this.#subscriptions].some((other) => other.channel === channel)
      const client = isLast ? await this.#client?.catch(() => undefined) : undefined
      if (client !== undefined) await this.#run(client, `unlisten ${channel}`).catch(() => undefined)
    }
    return { close, [Symbol.asyncDispose]: close }
  }

  async close(): Promise<void> {
    this.#stopped.abort()
    this.#subscriptions.clear()
    const client = await this.#client?.catch(() => undefined)
    await client?.end().catch(() => undefined)
  }

  async #connect(): Promise<Client> {
    const client = new Client(this.#config)
    client.on('notification', (message) => this.#deliver(message.channel, message.payload ?? ''))
    client.on('error', (error) => this.#log.warn({ err: error }, 'The listening connection to PostgreSQL was lost'))
    try {
      await client.connect()
      for (const channel of new Set([...this.#subscriptions].map((subscription) => subscription.channel))) {
        await this.#run(client, `listen ${channel}`)
      }
    } catch (error) {
      this.#client = undefined
      await client.end().catch(() => undefined)
      throw error
    }
    client.once('end', () => {
      if (this.#stopped.signal.aborted) return
      this.#client = this.#reconnect()
      this.#client.catch(() => undefined)
    })
    return client
  }

  async #reconnect(): Promise<Client> {
    for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, 2_000)) {
      await delay(waitMs, undefined, { signal: this.#stopped.signal })
      const attempt = this.#connect()
      const client = await attempt.catch(() => undefined)
      if (client === undefined) continue
      for (const subscription of this.#subscriptions) subscription.onReconnect?.()
      return client
    }
  }

  #deliver(channel: string, payload: string): void {
    for (const subscription of this.#subscriptions) {
      if (subscription.channel !== channel) continue
      try {
        subscription.handler(payload)
      } catch (error) {
        this.#log.error({ err: error, channel }, 'A notification handler failed')
      }
    }
  }
}
