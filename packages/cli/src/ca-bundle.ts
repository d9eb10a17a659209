import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { rootCertificates } from 'node:tls'
import type { CliEnvironment } from './environment.ts'

/** Where distributions keep the authorities that the host trusts. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/opt/homebrew/etc/openssl@3/cert.pem',
]
const trustVariables = ['REQUESTS_CA_BUNDLE', 'SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'] as const

export interface TrustFiles {
  /** The instance's authority, everything the host trusts, and what the shell was told to trust: for tools whose variable replaces their own list. */
  readonly bundle: string
  /** For tools whose variable adds to their own list. */
  readonly additions: string
}

/**
 * Writes `tls/bundle.pem` below the data directory, so that programs that are told to trust this instance still reach
 * other hosts.
 * @param authorityPath the instance's authority
 */
export async function writeTrustFiles(environment: CliEnvironment, authorityPath: string): Promise<TrustFiles> {
  const bundle = join(environment.dataDirectory, 'tls', 'bundle.pem')
  const own = new Set([bundle, authorityPath])
  const told = trustVariables.map((name) => environment.inherited[name]).filter(isForeign(own))
  const authority = await readFile(authorityPath, 'utf8')
  const system = (await Promise.all(systemBundles.map(readText))).find((text) => text !== '') ?? rootCertificates.join('\n')
  const blocks = [authority, system, ...(await Promise.all([...new Set(told)].map(readText)))].flatMap(certificatesOf)
  await writeWhole(bundle, `${[...new Set(blocks)].join('\n')}\n`)
  const hasAdditions = isForeign(own)(environment.inherited['NODE_EXTRA_CA_CERTS'])
  return { bundle, additions: hasAdditions ? bundle : authorityPath }
}

function isForeign(own: ReadonlySet<string>) {
  return (path: string | undefined): path is string => path !== undefined && path !== '' && !own.has(path)
}

function certificatesOf(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

async function writeWhole(path: string, text: string): Promise<void> {
  if ((await readText(path)) === text) return
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}`
  await writeFile(temporary, text, { mode: 0o644 })
  await rename(temporary, path)
}
