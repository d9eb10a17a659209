import { request } from 'node:http'
import type { Readable } from 'node:stream'

/** An answer of the gateway, unread. */
export interface ForwardedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly stream: Readable
}

/** Calls a gateway of this instance. @param url below the address that the gateway itself reported */
export function callGateway(
  url: string,
  call: { method: string; headers: Record<string, string>; body: Readable | undefined; signal: AbortSignal },
): Promise<ForwardedAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: call.method, headers: call.headers, signal: call.signal }, (response) => {
      const headers = Object.fromEntries(
        Object.entries(response.headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      )
      resolve({ status: response.statusCode ?? 502, headers, stream: response })
    })
    outgoing.once('error', reject)
    if (call.body === undefined) outgoing.end()
    else call.body.pipe(outgoing)
  })
}
