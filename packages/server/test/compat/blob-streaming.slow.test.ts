import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { BlobServiceClient } from '@azure/storage-blob'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../../testkit/src/until.ts'
import { environmentOfRoles, flagsOfRole } from '../../src/supervisor/children.ts'
import { noRetries, startStorageFixture, type StorageFixture } from '../../src/domains/storage/blob-client.fixture.ts'

/** A server process of its own, built as it is shipped, takes and gives 1 GiB without holding it. */

const sizeBytes = 1024 ** 3
const mostResidentMegabytes = 150
const root = resolve(import.meta.dirname, '../../../..')
const program = join(root, '.cache', 'blob-streaming')

let fixture: StorageFixture
let server: ChildProcess
let service: BlobServiceClient
let digest = ''

beforeAll(async () => {
  fixture = await startStorageFixture()
  const entryPoints = [join(root, 'packages/server/src/main.ts')]
  const options = { bundle: true, platform: 'node', format: 'esm', target: 'node20', splitting: true, logLevel: 'error' } as const
  const alias = { '@fulcrum/contract': join(root, 'packages/contract/src/index.ts') }
  await build({ ...options, entryPoints, outdir: program, packages: 'external', alias })
  const [port, securePort] = [await freePort(), await freePort()]
  const { config } = fixture.server.ctx
  server = spawn(process.execPath, [...flagsOfRole('api'), join(program, 'main.js'), 'api'], {
    env: {
      ...environmentOfRoles,
      PATH: process.env['PATH'] ?? '',
      FULCRUM_HOME: config.dataDirectory,
      FULCRUM_DATABASE_URL: config.databaseUrl,
      FULCRUM_HTTP_PORT: String(port),
      FULCRUM_HTTPS_PORT: String(securePort),
      FULCRUM_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}/store/${fixture.accountName}.blob.core.windows.net`
  service = new BlobServiceClient(url, fixture.credential, noRetries)
  await until('the server process answers', () => service.getProperties().then(Boolean, () => false))
  await service.createContainer('big')
  const hash = createHash('sha256')
  for (const chunk of chunks()) hash.update(chunk)
  digest = hash.digest('hex')
}, 300_000)

afterAll(async () => {
  const ended = new Promise((done) => server.once('exit', done))
  server.kill('SIGTERM')
  await ended
  await fixture[Symbol.asyncDispose]()
  await rm(program, { recursive: true, force: true })
})

/** The same bytes each time, a MiB at once; no two pieces alike. */
function* chunks(): Generator<Buffer> {
  const megabyte = 1024 * 1024
  for (let index = 0; index < sizeBytes / megabyte; index += 1) {
    const chunk = Buffer.alloc(megabyte, index % 251)
    chunk.writeUInt32LE(index, 0)
    yield chunk
  }
}

/** The most resident memory of the server process while something is done. */
async function watched(what: string, work: () => Promise<void>): Promise<number> {
  const read = () => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(server.pid)]).toString()) / 1024
  const before = read()
  let most = before
  const timer = setInterval(() => (most = Math.max(most, read())), 100)
  const since = Date.now()
  await work().finally(() => clearInterval(timer))
  const seconds = (Date.now() - since) / 1_000
  process.stdout.write(
    `${what}: 1 GiB in ${seconds.toFixed(1)} s (${Math.round(1024 / seconds)} MiB/s), server ${Math.round(before)} MB before, at most ${Math.round(most)} MB\n`,
  )
  return most
}

async function digestOf(stream: NodeJS.ReadableStream | undefined): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of stream ?? []) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

it('takes 1 GiB in one request', async () => {
  const blob = service.getContainerClient('big').getBlockBlobClient('single.bin')
  const most = await watched('put blob', async () => {
    await blob.upload(() => Readable.from(chunks()), sizeBytes)
  })
  expect((await blob.getProperties()).contentLength).toBe(sizeBytes)
  expect(most).toBeLessThan(mostResidentMegabytes)
})

it('takes 1 GiB in blocks and joins them', async () => {
  const blob = service.getContainerClient('big').getBlockBlobClient('blocks.bin')
  const most = await watched('put block list', async () => {
    await blob.uploadStream(Readable.from(chunks(), { objectMode: false }), 8 * 1024 * 1024, 4)
  })
  expect((await blob.getBlockList('committed')).committedBlocks).toHaveLength(128)
  expect(most).toBeLessThan(mostResidentMegabytes)
})

it('gives 1 GiB back, the same bytes', async () => {
  const container = service.getContainerClient('big')
  const found: string[] = []
  const most = await watched('get blob', async () => {
    found.push(await digestOf((await container.getBlobClient('single.bin').download()).readableStreamBody))
  })
  found.push(await digestOf((await container.getBlobClient('blocks.bin').download()).readableStreamBody))
  expect(found).toEqual([digest, digest])
  expect(most).toBeLessThan(mostResidentMegabytes)
})

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const listener = createServer()
    listener.once('error', failed)
    listener.listen(0, '127.0.0.1', () => {
      const address = listener.address()
      listener.close(() => found(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
