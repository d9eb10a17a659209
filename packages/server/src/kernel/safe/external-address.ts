import { lookup } from 'node:dns/promises'
import { type AppError, invalid } from '@fulcrum/contract'
import ipaddr from 'ipaddr.js'

/** What one use of outgoing requests may reach. */
export interface FetchPurpose {
  /** Names the use in messages, e.g. `webhook`. */
  readonly name: string
  /** False refuses `http:`. */
  readonly allowHttp: boolean
  /** Any port when absent. */
  readonly ports?: readonly number[]
  /** Ranges that the operator opened for this purpose, such as `10.2.0.0/16`; public addresses need none. */
  readonly allowedRanges?: readonly string[]
}

export interface ResolvedAddress {
  readonly address: string
  readonly family: 4 | 6
}

/** All addresses of a name; the system's resolver unless a test gives another. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>

type Address = ipaddr.IPv4 | ipaddr.IPv6

export const systemResolve: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))

/**
 * Checks a URL that a user gave, by form: scheme, no credentials, no fragment, port, and, when its host is an address, the address.
 * The WHATWG parser has already turned `127.1`, `0x7f.1` and `①②⑦.0.0.1` into the address they mean.
 * @throws InvalidUri · AddressNotAllowed
 */
export function parseExternalUrl(text: string, purpose: FetchPurpose): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) throw invalidUri(text, 'it is not an absolute URL')
  const problem = schemeProblem(url, purpose) ?? partsProblem(url, text) ?? portProblem(url, purpose)
  if (problem !== undefined) throw invalidUri(text, problem)
  const literal = hostOf(url)
  if (ipaddr.isValid(literal)) requireAllowed(literal, literal, purpose)
  return url
}

/**
 * The addresses of a URL's host, every one of them allowed. One private address among public ones refuses the name, since the
 * connection might take it.
 * @throws AddressNotAllowed also when the name has no address
 */
export async function resolveAllowed(url: URL, purpose: FetchPurpose, resolve: Resolve): Promise<readonly ResolvedAddress[]> {
  const host = hostOf(url)
  if (ipaddr.isValid(host)) {
    requireAllowed(host, host, purpose)
    return [{ address: host, family: host.includes(':') ? 6 : 4 }]
  }
  const addresses = await resolve(host).catch((error: unknown) => {
    throw invalid(`The host '${host}' cannot be found.`, { code: 'AddressNotAllowed', target: host, cause: error })
  })
  if (addresses.length === 0) throw invalid(`The host '${host}' has no address.`, { code: 'AddressNotAllowed', target: host })
  for (const { address } of addresses) requireAllowed(address, host, purpose)
  return addresses
}

/** Public unicast, or in a range the operator opened. Addresses that wrap an IPv4 address are judged by what they wrap. */
export function isAllowedAddress(text: string, purpose: FetchPurpose): boolean {
  if (!ipaddr.isValid(text)) return false
  const judged = unwrap(ipaddr.parse(text))
  if (judged === undefined) return false
  const inRange = (purpose.allowedRanges ?? []).some((range) => {
    const [network, bits] = ipaddr.parseCIDR(range)
    return network.kind() === judged.kind() && judged.match(network, bits)
  })
  return inRange || judged.range() === 'unicast'
}

/** The first of `ranges` that is no CIDR range, for checking configuration. */
export function firstInvalidRange(ranges: readonly string[]): string | undefined {
  return ranges.find((range) => !ipaddr.isValidCIDR(range))
}

/**
 * The IPv4 address inside a mapped or compatible, NAT64 (RFC 6052), 6to4 (RFC 3056) or Teredo (RFC 4380 §4, inverted) address; the
 * address itself when it wraps none; undefined when what it wraps cannot be told.
 */
function unwrap(address: Address): Address | undefined {
  if (address instanceof ipaddr.IPv4) return address
  const parts = address.parts
  const fromParts = (high: number, low: number): ipaddr.IPv4 => new ipaddr.IPv4([high >> 8, high & 255, low >> 8, low & 255])
  const [, second = 0, third = 0] = parts
  const [high = 0, low = 0] = parts.slice(6)
  if (parts.slice(0, 5).every((part) => part === 0) && (parts[5] === 0xffff || (parts[5] === 0 && (high !== 0 || low > 1)))) {
    return fromParts(high, low)
  }
  const range = address.range()
  if (range === 'rfc6052') return third === 0 ? fromParts(high, low) : undefined
  if (range === '6to4') return fromParts(second, third)
  if (range === 'teredo') return fromParts(high ^ 0xffff, low ^ 0xffff)
  return address
}

function requireAllowed(address: string, host: string, purpose: FetchPurpose): void {
  if (isAllowedAddress(address, purpose)) return
  const shown = address === host ? `The address '${address}'` : `The host '${host}' has the address '${address}', which`
  throw invalid(
    `${shown} is not public, and no range that covers it is open for a ${purpose.name}. ` +
      'An operator can open the range that is needed.',
    { code: 'AddressNotAllowed', target: host },
  )
}

function schemeProblem(url: URL, purpose: FetchPurpose): string | undefined {
  if (url.protocol === 'https:' || (url.protocol === 'http:' && purpose.allowHttp)) return undefined
  return `its scheme is '${url.protocol}'; a ${purpose.name} uses ${purpose.allowHttp ? 'http or https' : 'https'}`
}

function partsProblem(url: URL, text: string): string | undefined {
  if (url.username !== '' || url.password !== '') return 'it contains a user name or password'
  if (url.hash !== '' || text.includes('#')) return 'it contains a fragment'
  return url.hostname === '' ? 'it has no host' : undefined
}

function portProblem(url: URL, purpose: FetchPurpose): string | undefined {
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  if (purpose.ports === undefined || purpose.ports.includes(port)) return undefined
  return `port ${port} is not open for a ${purpose.name}; open are ${purpose.ports.join(', ')}`
}

/** Without the brackets of an IPv6 address and the dot of an absolute name. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
}

function invalidUri(text: string, reason: string): AppError {
  const shown = text.replace(/\/\/[^/@]*@/, '//…@').slice(0, 200)
  return invalid(`The URL '${shown}' is not allowed: ${reason}.`, { code: 'InvalidUri', target: 'url' })
}
