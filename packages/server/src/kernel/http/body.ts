import { AppError, invalid } from '@fulcrum/contract'
import type { Readable } from 'node:stream'

const defaultLimitBytes = 4 * 1024 * 1024
const maximumDepth = 100

/** Reads a JSON body with limits on bytes and depth; an empty body is `undefined`. */
export async function readJson(stream: Readable, limitBytes = defaultLimitBytes): Promise<unknown> {
  const text = (await readAll(stream, limitBytes)).toString('utf8')
  if (text.trim() === '') return undefined
  let value: unknown
  try {
    value = JSON.parse(text, refusePrototypeKeys)
  } catch (error) {
    if (error instanceof AppError) throw error
    throw invalid(`The request body is not valid JSON: ${error instanceof Error ? error.message : 'unreadable'}`, {
      target: 'body',
    })
  }
  if (depthOf(text) > maximumDepth)
    throw invalid(`The request body is nested deeper than ${maximumDepth} levels.`, { target: 'body' })
  return value
}

export async function readAll(stream: Readable, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of stream) {
    const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as string)
    sizeBytes += buffer.length
    if (sizeBytes > limitBytes) throw new AppError('PayloadTooLarge', `The request body is larger than ${limitBytes} bytes.`)
    chunks.push(buffer)
  }
  return Buffer.concat(chunks)
}

function refusePrototypeKeys(key: string, value: unknown): unknown {
  if (key === '__proto__')
    throw invalid("The request body has a member named '__proto__', which is not allowed.", { target: 'body' })
  return value
}

/** Deepest nesting of brackets outside strings. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index]
    if (inString) {
      if (character === '\\') index += 1
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === '{' || character === '[') deepest = Math.max(deepest, (depth += 1))
    else if (character === '}' || character === ']') depth -= 1
  }
  return deepest
}
