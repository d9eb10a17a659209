import { createHash, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { link, mkdir, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorCodeOf, fsyncDirectory } from '../safe/durable.ts'
import { createKey, type Key, open as openSealed, type SealContext, seal } from './envelope.ts'

/** The key above all others. Whoever has it and the database has every secret; without it no secret can be read again. */
export interface RootKey {
  /** First 16 hexadecimal digits of the key's SHA-256; recorded beside what it wraps, so that a wrong key file is recognised. */
  readonly id: string
  readonly key: Key
}

const linePattern = /^fulcrum-root-key-v1 ([A-Za-z0-9+/]{43}=)\s*$/

/**
 * Reads the root key, creating it the first time. The file has mode 0600, is durable before this returns, and is never replaced:
 * of two processes that start at once, both use the file that was there first.
 * @throws Error when the file is readable by others or is not a key; its message says how to mend it
 */
export async function loadRootKey(path: string): Promise<RootKey> {
  const existing = await readKeyFile(path)
  if (existing !== undefined) return existing
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporaryPath = `${path}.${randomBytes(8).toString('hex')}`
  const handle = await open(temporaryPath, 'wx', 0o600)
  try {
    await handle.writeFile(`fulcrum-root-key-v1 ${createKey().toString('base64')}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  try {
    await link(temporaryPath, path)
  } catch (error) {
    if (errorCodeOf(error) !== 'EEXIST') throw error
  } finally {
    await rm(temporaryPath)
  }
  await fsyncDirectory(dirname(path))
  const created = await readKeyFile(path)
  if (created === undefined) throw new Error(`The root key file '${path}' vanished while it was created.`)
  return created
}

/** Seals a value of the platform itself (a signing key, say) as text. */
export function sealWithRoot(root: RootKey, plaintext: Uint8Array, context: SealContext): string {
  return `${root.id}.${seal(root.key, plaintext, ['root', ...context]).toString('base64url')}`
}

/** @throws SealBrokenError */
export function openWithRoot(root: RootKey, sealed: string, context: SealContext): Buffer {
  return openSealed(root.key, Buffer.from(sealed.slice(sealed.indexOf('.') + 1), 'base64url'), ['root', ...context])
}

async function readKeyFile(path: string): Promise<RootKey | undefined> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    if (errorCodeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (handle === undefined) return undefined
  try {
    const mode = (await handle.stat()).mode & 0o777
    if ((mode & 0o077) !== 0) {
      throw new Error(`The root key file '${path}' has mode ${mode.toString(8)}; others may read it. Run: chmod 600 '${path}'`)
    }
    const [, encoded] = linePattern.exec(await handle.readFile('utf8')) ?? []
    if (encoded === undefined) {
      throw new Error(
        `'${path}' is not a Fulcrum root key. Restore it from your backup; without it no stored secret can be read.`,
      )
    }
    const key = Buffer.from(encoded, 'base64')
    return { id: createHash('sha256').update(key).digest('hex').slice(0, 16), key }
  } finally {
    await handle.close()
  }
}
