import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createKey, open, seal, SealBrokenError, unwrapKey, wrapKey } from './envelope.ts'
import { loadRootKey, openWithRoot, sealWithRoot } from './root-key.ts'

describe('seal and open', () => {
  const key = createKey()
  const context = ['secret', 'workspace-a', 'password', '1']

  it('gives back what was sealed, empty values too, and never the same bytes twice', () => {
    for (const text of ['', 'hunter2', 'ü'.repeat(100_000)]) {
      expect(open(key, seal(key, Buffer.from(text), context), context).toString()).toBe(text)
    }
    expect(seal(key, Buffer.from('x'), context).equals(seal(key, Buffer.from('x'), context))).toBe(false)
    expect(seal(key, Buffer.from('hunter2'), context).includes('hunter2')).toBe(false)
  })

  it.each([
    ['another scope', ['secret', 'workspace-b', 'password', '1']],
    ['another name', ['secret', 'workspace-a', 'passwort', '1']],
    ['another version', ['secret', 'workspace-a', 'password', '2']],
    ['parts split elsewhere', ['secret', 'workspace-apassword', '', '1']],
    ['fewer parts', ['secret', 'workspace-a', 'password']],
  ])('does not open for %s', (_, other) => {
    expect(() => open(key, seal(key, Buffer.from('x'), context), other)).toThrow(SealBrokenError)
  })

  it('does not open when any byte changed, when cut, or under another key', () => {
    const sealed = seal(key, Buffer.from('hunter2'), context)
    for (let index = 0; index < sealed.length; index += 1) {
      const altered = Buffer.from(sealed)
      altered[index]! ^= 1
      expect(() => open(key, altered, context)).toThrow(SealBrokenError)
    }
    for (const length of [0, 10, 28, sealed.length - 1]) {
      expect(() => open(key, sealed.subarray(0, length), context)).toThrow(SealBrokenError)
    }
    expect(() => open(createKey(), sealed, context)).toThrow(SealBrokenError)
  })

  it('wraps keys, and does not mistake a sealed value for a wrapped key', () => {
    const inner = createKey()
    expect(unwrapKey(key, wrapKey(key, inner, context), context).equals(inner)).toBe(true)
    expect(() => unwrapKey(key, seal(key, inner, context), context)).toThrow(SealBrokenError)
  })
})

describe('the root key file', () => {
  let directory = ''
  let path = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fulcrum-root-key-'))
    path = join(directory, 'keys/root.key')
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  it('is created once with mode 0600, also by starters at the same time', async () => {
    const roots = await Promise.all(Array.from({ length: 10 }, () => loadRootKey(path)))
    expect(new Set(roots.map((root) => root.key.toString('hex'))).size).toBe(1)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(join(directory, 'keys'))).toEqual(['root.key'])
    expect((await loadRootKey(path)).id).toBe(roots[0]!.id)
  })

  it('is refused when others may read it, or when it is something else; it is never overwritten', async () => {
    await loadRootKey(path)
    await chmod(path, 0o640)
    await expect(loadRootKey(path)).rejects.toThrow(`chmod 600 '${path}'`)
    await chmod(path, 0o600)
    await writeFile(path, 'garbage')
    await expect(loadRootKey(path)).rejects.toThrow('is not a Fulcrum root key')
    expect(await readFile(path, 'utf8')).toBe('garbage')
  })

  it('seals values of the platform as text', async () => {
    const root = await loadRootKey(path)
    const sealed = sealWithRoot(root, Buffer.from('private key'), ['signing-key', 'k1'])
    expect(openWithRoot(root, sealed, ['signing-key', 'k1']).toString()).toBe('private key')
    expect(() => openWithRoot(root, sealed, ['signing-key', 'k2'])).toThrow(SealBrokenError)
  })
})
