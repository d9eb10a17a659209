import type { PlatformEvent } from '@fulcrum/contract'
import type { Client } from './types.ts'
import { parseJson } from './errors.ts'

export type PlatformStreamEvent = PlatformEvent

/** One message of a server-sent stream. */
export interface StreamMessage {
  readonly id: string | undefined
  readonly event: string
  readonly data: string
}

/** Splits a byte stream into server-sent messages. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
export async function* parseEventStream(stream: ReadableStream<Uint8Array>): AsyncGenerator<StreamMessage, void, undefined> {
  const decoder = new TextDecoder()
  const reader = stream.getReader()
  let pending = ''
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      pending += decoder.decode(value, { stream: true }).replaceAll('\r\n', '\n')
      const blocks = pending.split('\n\n')
      pending = blocks.pop() ?? ''
      for (const block of blocks) {
        const message = messageOf(block)
        if (message !== undefined) yield message
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function messageOf(block: string): StreamMessage | undefined {
  const data: string[] = []
  let id: string | undefined
  let event = 'message'
  for (const line of block.split('\n')) {
    const [, field, value] = /^([a-z]+): ?(.*)$/.exec(line) ?? []
    if (field === 'data') data.push(value ?? '')
    else if (field === 'id') id = value
    else if (field === 'event') event = value ?? 'message'
  }
  return data.length === 0 ? undefined : { id, event, data: data.join('\n') }
}

/** Follows `/events/stream`; connects again from the last id after a loss. */
export async function* readEventStream(
  fetchPath: Client['fetch'],
  delay: Client['delay'],
  options: { after?: number; signal?: AbortSignal | undefined },
): AsyncGenerator<PlatformStreamEvent, void, undefined> {
  const { signal } = options
  const isAborted = (): boolean => signal?.aborted === true
  let cursor = options.after
  while (!isAborted()) {
    try {
      const response = await fetchPath('GET', '/events/stream', {
        query: { after: cursor },
        headers: { accept: 'text/event-stream' },
        signal,
      })
      if (response.body === null) return
      for await (const message of parseEventStream(response.body)) {
        cursor = message.id === undefined ? cursor : Number(message.id)
        if (message.event === 'message') yield parseJson(message.data) as PlatformStreamEvent
      }
    } catch (error) {
      if (isAborted()) return
      // A refusal (AppError) is final; a lost connection is not.
      if (!(error instanceof TypeError)) throw error
    }
    if (!isAborted()) await delay(1000, signal).catch(() => undefined)
  }
}
