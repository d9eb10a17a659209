import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { createAuthority, createServerCertificate, isFresh, isSignedBy, type CertifiedKey } from './certificates.ts'

const authorityMarginDays = 400
const serverMarginDays = 30

/** Certificates of the HTTPS listener lie below the data directory; `ca.pem` is what clients trust. */
export function authorityPath(dataDirectory: string): string {
  return join(dataDirectory, 'tls', 'ca.pem')
}

/**
 * The certificate the server shows: the user's own if configured, else one signed by the instance's own authority.
 * Authority and certificate are made once and again before they expire or when the hosts change. Call it under a lock
 * when several processes share the data directory; files are replaced whole.
 */
export async function ensureServerCertificate(
  config: Pick<Config, 'dataDirectory' | 'https' | 'http' | 'allowedHosts'>,
  now: Date,
): Promise<CertifiedKey> {
  if (config.https.certificate !== undefined) {
    const { certificatePath, keyPath } = config.https.certificate
    return { certificate: await readFile(certificatePath, 'utf8'), key: await readFile(keyPath, 'utf8') }
  }
  const directory = join(config.dataDirectory, 'tls')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const authority = await ensureAuthority(directory, now)
  const hosts = servedHosts(config)
  const known = await readPair(directory, 'server')
  if (
    known !== undefined &&
    isFresh(known.certificate, { now, marginDays: serverMarginDays, hosts }) &&
    isSignedBy(known.certificate, authority.certificate)
  )
    return known
  const created = await createServerCertificate(now, authority, hosts)
  await writePair(directory, 'server', created)
  return created
}

async function ensureAuthority(directory: string, now: Date): Promise<CertifiedKey> {
  const known = await readPair(directory, 'ca')
  if (known !== undefined && isFresh(known.certificate, { now, marginDays: authorityMarginDays })) return known
  const created = await createAuthority(now, known?.key)
  await writePair(directory, 'ca', created)
  return created
}

/** Loopback under each of its names, the address we listen on, and the hosts we may be reached under. */
export function servedHosts(config: Pick<Config, 'http' | 'allowedHosts'>): string[] {
  const listening = isIP(config.http.host) !== 0 && !/^(0\.0\.0\.0|::)$/.test(config.http.host) ? [config.http.host] : []
  return [...new Set(['localhost', '127.0.0.1', '::1', ...listening, ...config.allowedHosts])]
}

async function readPair(directory: string, name: string): Promise<CertifiedKey | undefined> {
  const [certificate, key] = await Promise.all([readText(directory, `${name}.pem`), readText(directory, `${name}.key`)])
  return certificate === undefined || key === undefined ? undefined : { certificate, key }
}

async function readText(directory: string, name: string): Promise<string | undefined> {
  return readFile(join(directory, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

/** The key first: a reader that finds a certificate finds its key as well. */
async function writePair(directory: string, name: string, pair: CertifiedKey): Promise<void> {
  for (const [file, text, mode] of [
    [`${name}.key`, pair.key, 0o600],
    [`${name}.pem`, pair.certificate, 0o644],
  ] as const) {
    const temporary = join(directory, `.${file}.${process.pid}`)
    await writeFile(temporary, text, { mode })
    await rename(temporary, join(directory, file))
  }
}
