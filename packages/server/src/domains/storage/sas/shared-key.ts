import type { SignedRequest } from '../../../kernel/http/index.ts'

/**
 * The text that `Authorization: SharedKey account:signature` signs; pure.
 * @see https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
 */

type Signable = Pick<SignedRequest, 'method' | 'url' | 'headers'>
type Order = (left: string, right: string) => number

const byCode: Order = (left, right) => (left < right ? -1 : left > right ? 1 : 0)
/** Azure's service and its clients sort as .NET does in English: hyphens count last, underscores before digits. */
const byWords: Order = (left, right) => byCode(wordKey(left), wordKey(right)) || byCode(left, right)
const wordKey = (name: string): string => name.replaceAll('-', '').replaceAll('_', '\u0001')

const remaining = [
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
]
/** The documented order, and that of the JavaScript client. */
const languageOrders = [
  ['content-encoding', 'content-language'],
  ['content-language', 'content-encoding'],
]

/** Every text that Azure's clients may have signed for a request; they differ in the order of headers only. */
export function sharedKeyTexts(account: string, request: Signable): string[] {
  const resource = canonicalResource(account, request.url)
  const texts = languageOrders.flatMap((languages) =>
    [byWords, byCode].map((order) => {
      const standard = [...languages, ...remaining].map((name) => headerText(request.headers, name))
      return `${[request.method.toUpperCase(), ...standard].join('\n')}\n${canonicalHeaders(request.headers, order)}${resource}`
    }),
  )
  return [...new Set(texts)]
}

function headerText(headers: SignedRequest['headers'], name: string): string {
  const value = headers[name]
  if (typeof value !== 'string') return ''
  return name === 'content-length' && value === '0' ? '' : value
}

function canonicalHeaders(headers: SignedRequest['headers'], order: Order): string {
  return Object.keys(headers)
    .filter((name) => name.startsWith('x-ms-'))
    .toSorted(order)
    .map((name) => `${name}:${String(headers[name]).trimStart()}\n`)
    .join('')
}

function canonicalResource(account: string, url: string): string {
  const at = url.indexOf('?')
  const path = at < 0 ? url : url.slice(0, at)
  const values = new Map<string, string[]>()
  for (const [name, value] of new URLSearchParams(at < 0 ? '' : url.slice(at + 1).replaceAll('+', '%2B'))) {
    const key = name.toLowerCase()
    values.set(key, [...(values.get(key) ?? []), value])
  }
  const lines = [...values].toSorted(([left], [right]) => byCode(left, right))
  return `/${account}${path}${lines.map(([name, list]) => `\n${name}:${list.toSorted(byCode).join(',')}`).join('')}`
}
