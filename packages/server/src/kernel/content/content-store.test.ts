import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { buffer } from 'node:stream/consumers'
import { isAppError } from '@fulcrum/contract'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ContentStore } from './content-store.ts'

let root = ''
let store: ContentStore

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fulcrum-content-'))
  store = await ContentStore.open({ directory: join(root, 'content'), durable: true })
})

afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

const sha256 = (bytes: Uint8Array | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (isAppError(error) ? error.code : error),
  )
const textOf = async (digest: string, range = {}) => (await buffer(await store.open(digest, range))).toString()

async function* chunks(count: number, piece: Uint8Array) {
  for (let index = 0; index < count; index += 1) yield piece
}

async function unfinished(): Promise<string[]> {
  const incoming = join(root, 'content', 'incoming')
  const names = await Promise.all((await readdir(incoming)).map((owner) => readdir(join(incoming, owner))))
  return names.flat()
}

async function listed() {
  const found = []
  for await (const item of store.list()) found.push(item)
  return found
}

describe('put', () => {
  it('names the content by its SHA-256 and gives it back', async () => {
    const stored = await store.put(Buffer.from('hello'))
    expect(stored).toEqual({ digest: sha256('hello'), sizeBytes: 5 })
    expect(await textOf(stored.digest)).toBe('hello')
    expect(await readFile(join(root, 'content/sha256/2c', stored.digest.slice(9)), 'utf8')).toBe('hello')
  })

  it('stores empty content', async () => {
    const stored = await store.put(new Uint8Array())
    expect(stored).toEqual({ digest: sha256(''), sizeBytes: 0 })
    expect(await textOf(stored.digest)).toBe('')
  })

  it('streams: 256 MiB pass with little memory', async () => {
    const piece = randomBytes(1 << 20)
    const before = process.memoryUsage().rss
    const stored = await store.put(chunks(256, piece))
    expect(stored.sizeBytes).toBe(256 << 20)
    expect(process.memoryUsage().rss - before).toBeLessThan(128 << 20)
    expect(await store.verify(stored.digest)).toBe(true)
  })

  it('is idempotent, also for the same content at the same time', async () => {
    const results = await Promise.all(Array.from({ length: 20 }, () => store.put(chunks(3, Buffer.from('same')))))
    expect(new Set(results.map((result) => result.digest)).size).toBe(1)
    expect(await listed()).toHaveLength(1)
    expect(await unfinished()).toEqual([])
  })

  it('leaves nothing when the source fails, is too large, is not what was expected or is aborted', async () => {
    const failing = (async function* () {
      yield Buffer.from('first half')
      throw new Error('connection lost')
    })()
    await expect(store.put(failing)).rejects.toThrow('connection lost')
    expect(await codeOf(store.put(chunks(3, Buffer.from('12345')), { maximumBytes: 14 }))).toBe('PayloadTooLarge')
    expect((await store.put(chunks(3, Buffer.from('12345')), { maximumBytes: 15 })).sizeBytes).toBe(15)
    expect(await codeOf(store.put(Buffer.from('a'), { expectedDigest: sha256('b') }))).toBe('DigestChanged')
    await expect(store.put(Buffer.from('c'), { signal: AbortSignal.abort() })).rejects.toThrow('aborted')
    expect(await listed()).toHaveLength(1)
    expect(await unfinished()).toEqual([])
  })

  it('stores files and read-only objects', async () => {
    await writeFile(join(root, 'data.bin'), 'from a file')
    const { digest } = await store.putFile(join(root, 'data.bin'))
    expect(await textOf(digest)).toBe('from a file')
    expect((await stat(join(root, 'content/sha256', digest.slice(7, 9), digest.slice(9)))).mode & 0o777).toBe(0o444)
  })
})

describe('putMany', () => {
  it('stores 1,000 small bodies in order', async () => {
    const bodies = Array.from({ length: 1000 }, (_, index) => Buffer.from(`body ${index}`))
    const results = await store.putMany(bodies)
    expect(results.map((result) => result.digest)).toEqual(bodies.map((body) => sha256(body)))
    expect(await listed()).toHaveLength(1000)
  })

  it('fails as a whole when one source fails, without waiting for the rest', async () => {
    let pulled = 0
    async function* sources() {
      for (let index = 0; index < 10_000; index += 1) {
        pulled += 1
        yield index === 20 ? failing() : Buffer.from(String(index))
      }
    }
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('x')
      throw new Error('disk unplugged')
    }
    await expect(store.putMany(sources())).rejects.toThrow('disk unplugged')
    expect(pulled).toBeLessThan(200)
    expect(await unfinished()).toEqual([])
  })
})

describe('open', () => {
  it('reads ranges, cut at the end of the content', async () => {
    const { digest } = await store.put(Buffer.from('0123456789'))
    expect(await textOf(digest, { start: 3, endExclusive: 6 })).toBe('345')
    expect(await textOf(digest, { start: 8 })).toBe('89')
    expect(await textOf(digest, { endExclusive: 99 })).toBe('0123456789')
    expect(await textOf(digest, { start: 10 })).toBe('')
    expect(await textOf(digest, { start: 4, endExclusive: 4 })).toBe('')
    expect(await codeOf(store.open(digest, { start: 11 }))).toBe('InvalidRequestContent')
    expect(await codeOf(store.open(digest, { start: 5, endExclusive: 2 }))).toBe('InvalidRequestContent')
    expect(await codeOf(store.open(digest, { start: -1 }))).toBe('InvalidRequestContent')
  })

  it('answers ResourceNotFound for missing content and refuses names that are no digests', async () => {
    const missing = sha256('never stored')
    expect(await codeOf(store.open(missing))).toBe('ResourceNotFound')
    expect(await codeOf(store.stat(missing))).toBe('ResourceNotFound')
    expect(await codeOf(store.materialise(missing, join(root, 'x')))).toBe('ResourceNotFound')
    expect(await store.has(missing)).toBe(false)
    for (const name of ['', 'sha256:', '../../etc/passwd', `${missing}/..`, missing.toUpperCase()]) {
      expect(await codeOf(store.open(name))).toBe('InvalidRequestContent')
    }
  })

  it('keeps a stream whole when the content is removed after opening', async () => {
    const body = randomBytes(1 << 20)
    const { digest } = await store.put(body)
    const stream = await store.open(digest)
    expect(await store.remove(digest)).toBe(true)
    expect((await buffer(stream)).equals(body)).toBe(true)
    expect(await store.remove(digest)).toBe(false)
    expect(await store.has(digest)).toBe(false)
  })
})

describe('materialise', () => {
  it('links read-only or copies, and never replaces a file', async () => {
    const { digest } = await store.put(Buffer.from('weights'))
    const object = await stat(join(root, 'content/sha256', digest.slice(7, 9), digest.slice(9)))
    expect(await store.materialise(digest, join(root, 'job/inputs/linked'), { mode: 'hardlink' })).toBe('hardlink')
    expect((await stat(join(root, 'job/inputs/linked'))).ino).toBe(object.ino)
    expect(await store.materialise(digest, join(root, 'job/copied'), { mode: 'copy' })).toBe('copy')
    await writeFile(join(root, 'job/copied'), 'changed')
    expect(await textOf(digest)).toBe('weights')
    expect(await codeOf(store.materialise(digest, join(root, 'job/copied')))).toBe('Conflict')
    expect(await codeOf(store.materialise(digest, join(root, 'job/copied'), { mode: 'hardlink' }))).toBe('Conflict')
  })

  it('copies across file systems', async ({ skip }) => {
    const other = await mkdtemp('/dev/shm/fulcrum-content-').catch(() => undefined)
    if (other === undefined) return skip('this host has no second file system at /dev/shm')
    try {
      const { digest } = await store.put(Buffer.from('weights'))
      expect(await store.materialise(digest, join(other, 'x'), { mode: 'hardlink' })).toBe('copy')
      expect(await readFile(join(other, 'x'), 'utf8')).toBe('weights')
    } finally {
      await rm(other, { recursive: true })
    }
  })
})

describe('concatenate', () => {
  it('joins blocks in order, repeated ones too, and refuses missing ones', async () => {
    const first = await store.put(Buffer.from('ab'))
    const second = await store.put(Buffer.from('cd'))
    const joined = await store.concatenate([second.digest, first.digest, second.digest])
    expect(joined).toEqual({ digest: sha256('cdabcd'), sizeBytes: 6 })
    expect(await textOf(joined.digest)).toBe('cdabcd')
    expect((await store.concatenate([])).sizeBytes).toBe(0)
    expect(await codeOf(store.concatenate([first.digest, sha256('missing')]))).toBe('ResourceNotFound')
  })
})

describe('list and verify', () => {
  it('shows when content was last put, so that a second put protects it from collection', async () => {
    const { digest } = await store.put(Buffer.from('kept'))
    const before = (await store.stat(digest)).lastPutAt.getTime()
    await expect.poll(() => Date.now()).toBeGreaterThan(before + 5)
    await store.put(Buffer.from('kept'))
    expect((await store.stat(digest)).lastPutAt.getTime()).toBeGreaterThan(before)
    expect((await listed()).map((item) => [item.digest, item.sizeBytes])).toEqual([[digest, 4]])
  })

  it('detects content that was changed on disk', async () => {
    const { digest } = await store.put(Buffer.from('honest'))
    const path = join(root, 'content/sha256', digest.slice(7, 9), digest.slice(9))
    await rm(path)
    await writeFile(path, 'forged')
    expect(await store.verify(digest)).toBe(false)
  })
})

describe('crash', () => {
  it('leaves whole objects only when the writer is killed, and tidies up at the next start', async () => {
    const directory = join(root, 'content')
    const script = `
      const { ContentStore } = await import(${JSON.stringify(join(import.meta.dirname, 'content-store.ts'))})
      const { randomBytes } = await import('node:crypto')
      const store = await ContentStore.open({ directory: ${JSON.stringify(directory)}, durable: true })
      async function* endless() { for (;;) yield randomBytes(65536) }
      void store.put(endless())
      async function* bodies() { for (;;) yield randomBytes(20000) }
      void store.putMany(bodies())
      for (;;) console.log((await store.put(randomBytes(100000))).digest)
    `
    for (let round = 0; round < 3; round += 1) {
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const acknowledged: string[] = []
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged.push(line)
        if (acknowledged.length === 10 + round * 7) child.kill('SIGKILL')
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      expect(child.signalCode).toBe('SIGKILL')
      expect((await unfinished()).length).toBeGreaterThan(0)
      store = await ContentStore.open({ directory, durable: true })
      expect(await unfinished()).toEqual([])
      for (const digest of acknowledged) expect(await store.has(digest)).toBe(true)
      const found = await listed()
      expect(found.length).toBeGreaterThanOrEqual(acknowledged.length)
      for (const item of found) expect(await store.verify(item.digest)).toBe(true)
    }
  })

  it('leaves the unfinished files of a living neighbour alone', async () => {
    const neighbour = join(root, 'content/incoming', `${process.ppid}-0123456789ab`)
    await mkdir(neighbour)
    await writeFile(join(neighbour, 'half'), 'being written')
    await ContentStore.open({ directory: join(root, 'content'), durable: true })
    expect(await readFile(join(neighbour, 'half'), 'utf8')).toBe('being written')
  })
})
