import 'reflect-metadata'
import { webcrypto, X509Certificate as NodeCertificate } from 'node:crypto'
import { isIP } from 'node:net'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

/** A certificate and its private key (PKCS #8), both as PEM. */
export interface CertifiedKey {
  readonly certificate: string
  readonly key: string
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const dayMs = 86_400_000
const authorityDays = 3_650
/** Clients refuse leaf certificates of private authorities that live longer than 825 days, some longer than 398. */
const serverDays = 397
/** A client whose clock is a little behind must not find a certificate of the future. */
const backdatedMs = 3_600_000

/** An authority of our own. Given its `key`, a new certificate of the same authority: what it signed stays valid. */
export async function createAuthority(now: Date, key?: string): Promise<CertifiedKey> {
  const keys = key === undefined ? await newKeys() : await importKeys(key)
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=Fulcrum local authority,O=Fulcrum',
    ...validity(now, authorityDays),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: pem(certificate), key: key ?? (await exportKey(keys.privateKey)) }
}

/** A server certificate for host names and addresses, signed by the authority. */
export async function createServerCertificate(
  now: Date,
  authority: CertifiedKey,
  hosts: readonly string[],
): Promise<CertifiedKey> {
  const keys = await newKeys()
  const issuer = new X509Certificate(authority.certificate)
  const signer = await importKeys(authority.key)
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: 'CN=Fulcrum,O=Fulcrum',
    issuer: issuer.subject,
    ...validity(now, serverDays),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: signer.privateKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }))),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  })
  return { certificate: pem(certificate), key: await exportKey(keys.privateKey) }
}

/** Whether a certificate serves all `hosts` and lives for `marginDays` more. */
export function isFresh(certificate: string, wanted: { now: Date; marginDays: number; hosts?: readonly string[] }): boolean {
  const parsed = new NodeCertificate(certificate)
  const remainingMs = Date.parse(parsed.validTo) - wanted.now.getTime()
  if (remainingMs < wanted.marginDays * dayMs || Date.parse(parsed.validFrom) > wanted.now.getTime()) return false
  return (wanted.hosts ?? []).every((host) => (isIP(host) === 0 ? parsed.checkHost(host) : parsed.checkIP(host)) !== undefined)
}

/** Whether `authority` signed `certificate`. */
export function isSignedBy(certificate: string, authority: string): boolean {
  return new NodeCertificate(certificate).verify(new NodeCertificate(authority).publicKey)
}

function validity(now: Date, days: number) {
  return { notBefore: new Date(now.getTime() - backdatedMs), notAfter: new Date(now.getTime() + days * dayMs) }
}

/** 16 random bytes; the first bit stays 0, since serial numbers are positive. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return Buffer.from(bytes).toString('hex')
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

/** The pair of a private key in PEM. */
async function importKeys(key: string): Promise<webcrypto.CryptoKeyPair> {
  const der = Buffer.from(key.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  const privateKey = await webcrypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign'])
  const { kty, crv, x, y } = await webcrypto.subtle.exportKey('jwk', privateKey)
  const publicJwk = Object.fromEntries(Object.entries({ kty, crv, x, y }).filter(([, value]) => value !== undefined))
  const publicKey = await webcrypto.subtle.importKey('jwk', publicJwk, algorithm, true, ['verify'])
  return { privateKey, publicKey }
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return block('PRIVATE KEY', Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)))
}

function pem(certificate: X509Certificate): string {
  return block('CERTIFICATE', Buffer.from(certificate.rawData))
}

function block(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
