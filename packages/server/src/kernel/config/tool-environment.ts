import { homedir } from 'node:os'

const passed = /^(?:(?:PIP|UV)_[A-Z_]+|(?:https?|all|no)_proxy|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|TMPDIR)$/i

/**
 * Variables that package installers need to reach their index as the host is set up to: proxies, certificates, pip's and uv's own
 * settings, and the home directory with their caches. Nothing else of our environment.
 */
export function toolEnvironment(environment: Readonly<Record<string, string | undefined>> = process.env): Record<string, string> {
  const found = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && passed.test(entry[0]),
  )
  return { HOME: homedir(), ...Object.fromEntries(found) }
}
